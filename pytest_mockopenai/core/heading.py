"""What the mock looks for in the headers of a request, found once for all requests with the same headers."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pytest_mockopenai.core.handshake import key_of
from pytest_mockopenai.core.wire import Headers, Request

_REMEMBERED = 256


class Heading(NamedTuple):
    """`content_type` as sent; the API `key`; the word that `scenario` asks for; whether it is the SDK (`is_sdk`)."""

    content_type: str | None
    key: str | None
    scenario: str | None
    is_sdk: bool


SCENARIO = "x-test-scenario"


@lru_cache(_REMEMBERED)
def heading_of(headers: Headers) -> Heading:
    """What is found in these headers."""
    request = Request("", "", headers)
    is_sdk = request.header("x-stainless-async") is not None  # openai/_base_client.py: sent by both of its clients
    return Heading(request.header("content-type"), key_of(request), request.header(SCENARIO), is_sdk)
