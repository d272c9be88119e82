"""What all tests share: calls as they would have been recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpcore
import numpy as np
import pytest

from pytest_mockopenai import MockOpenAI
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recorder import Call

# pytester unloads what its inner runs have loaded: numpy cannot be loaded twice, and httpx tells errors of the
# transport that it has loaded itself from those of a second copy.
LOADED = (np, httpcore)
with suppress(ImportError):  # the transport of openai 3
    import httpcore2

    LOADED += (httpcore2,)

PATHS = {"chat.completions": "/v1/chat/completions", "embeddings": "/v1/embeddings", "moderations": "/v1/moderations"}


def make_call(
    index: int = 0,
    *,
    endpoint: str = "chat.completions",
    model: str = "gpt-4o",
    tokens: tuple[int, int] | None = (9, 1),
    retry: int = 0,
    **fields: Any,
) -> Call:
    """A recorded call; `tokens` are prompt and completion tokens, None for a call without usage."""
    headers = (("x-stainless-retry-count", str(retry)),) if retry else ()
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    inquiry = Inquiry(endpoint, Request("POST", PATHS[endpoint], headers, b""), body, model)
    used = Usage(*tokens) if tokens else None
    return Call(index, inquiry, PATHS[endpoint], **{"status": 200, "usage": used, "ended": "done", **fields})


@pytest.fixture(scope="session")
def loaded() -> None:
    """Loads all that a call needs, for tests with pytester: it unloads what its inner runs load, which is slow."""
    with MockOpenAI() as mock:
        mock.client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
        assert mock.cost_details is None or mock.cost


@pytest.fixture
def a_call() -> Callable[..., Call]:
    """Makes a recorded call; see `make_call`."""
    return make_call
