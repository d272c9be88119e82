"""The headers of every reply, and of errors: what clients are told to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.headers import RetryWaits, merged, of_error, standard
from pytest_mockopenai.core.wire import Headers

QUICK = RetryWaits(ms=1)
TRUE = RetryWaits()


def test_standard() -> None:
    assert standard("req_1", 120) == (
        ("x-request-id", "req_1"),
        ("openai-processing-ms", "68"),
        ("openai-version", "2020-10-01"),
        ("openai-organization", "org-mock"),
        ("openai-project", "proj_mock"),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-limit-tokens", "30000000"),
        ("x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-remaining-tokens", "29999880"),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "0s"),
    )


@given(st.integers(0, 10**12))
def test_the_tokens_of_a_minute_add_up(tokens: int) -> None:
    sent = dict(standard("", tokens))
    left = int(sent["x-ratelimit-remaining-tokens"])
    assert left == max(0, int(sent["x-ratelimit-limit-tokens"]) - tokens)


@given(st.integers())
def test_processing_time_is_drawn(seed: int) -> None:
    assert 40 <= int(dict(standard(f"req_{seed}", 0))["openai-processing-ms"]) <= 400


@pytest.mark.parametrize(
    ("error", "quick", "true"),
    [
        (Error(400, "x"), {}, {}),
        (Error(404, "x"), {}, {}),
        (Error(500, "x"), {"retry-after-ms": "1"}, {}),
        (Error(408, "x"), {"retry-after-ms": "1"}, {}),
        (Error(429, "x"), {"retry-after-ms": "1"}, {}),
        (
            Error(429, "x", retry_after=20),
            {"retry-after": "20", "retry-after-ms": "1"},
            {"retry-after": "20", "retry-after-ms": "20000"},
        ),
        (
            Error(503, "x", retry_after=1.2),
            {"retry-after": "2", "retry-after-ms": "1"},
            {"retry-after": "2", "retry-after-ms": "1200"},
        ),
        (
            Error(429, "x", retry_after=0),
            {"retry-after": "1", "retry-after-ms": "1"},
            {"retry-after": "1", "retry-after-ms": "0"},
        ),
        (Error(403, "x", retry_after=5), {"retry-after": "5"}, {"retry-after": "5"}),
    ],
)
def test_waits(error: Error, quick: dict[str, str], true: dict[str, str]) -> None:
    assert dict(of_error(error, QUICK)) == quick
    assert dict(of_error(error, TRUE)) == true


def test_an_errors_own_headers_come_along() -> None:
    error = Error(405, "x", headers=(("allow", "GET"),))
    assert of_error(error, QUICK) == (("allow", "GET"),)


NAMES = st.sampled_from(["a", "A", "b", "B", "c"])
HEADERS = st.lists(st.tuples(NAMES, st.text(max_size=2)), max_size=4).map(tuple)


@given(HEADERS, HEADERS)
def test_merged(base: Headers, over: Headers) -> None:
    both = merged(base, over)
    names = {name.lower() for name, _ in over}
    assert both[len(both) - len(over) :] == over
    assert both[: len(both) - len(over)] == tuple(pair for pair in base if pair[0].lower() not in names)
