"""What the mock looks for in the headers of a request, found once for all requests with the same headers."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pytest_mockopenai.core.handshake import key_of
from pytest_mockopenai.core.wire import Headers, Request

_REMEMBERED = 256


class Heading(NamedTuple):
    """`content_type` as sent; the API `key`; the word that `scenario` asks for; whether the client `is_async`."""

    content_type: str | None
    key: str | None
    scenario: str | None
    is_async: bool


SCENARIO = "x-test-scenario"


@lru_cache(_REMEMBERED)
def heading_of(headers: Headers) -> Heading:
    """What is found in these headers."""
    request = Request("", "", headers)
    client = request.header("x-stainless-async") or ""
    return Heading(
        request.header("content-type"), key_of(request), request.header(SCENARIO), client.startswith("async")
    )
