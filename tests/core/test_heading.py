"""What is looked for in headers, found once for equal headers."""

from __future__ import annotations

import pytest

from pytest_mockopenai.core.heading import Heading, heading_of


@pytest.mark.parametrize(
    ("headers", "heading"),
    [
        ((), Heading(None, None, None, is_sdk=False)),
        ((("Content-Type", "text/plain"),), Heading("text/plain", None, None, is_sdk=False)),
        (
            (("Authorization", "Bearer sk-1"), ("x-test-scenario", " cut ")),
            Heading(None, "sk-1", " cut ", is_sdk=False),
        ),
        ((("api-key", "k"), ("X-Stainless-Async", "async:asyncio")), Heading(None, "k", None, is_sdk=True)),
        ((("x-stainless-async", "false"),), Heading(None, None, None, is_sdk=True)),
    ],
)
def test_what_is_found(headers: tuple[tuple[str, str], ...], heading: Heading) -> None:
    assert heading_of(headers) == heading
    assert heading_of(tuple(headers)) is heading_of(headers)
