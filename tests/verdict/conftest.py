"""Calls as they would have been recorded, for judgements of times without sleeping."""

from __future__ import annotations

from typing import Any

from pytest_mockopenai.core.headers import INNER
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.recorder import Call

START = 1_800_000_000.0
PATH = "/v1/chat/completions"


def call(
    index: int,
    at: float,
    status: int = 200,
    *,
    took: float = 0.1,
    number: int | None = None,
    key: str | None = None,
    inner: bool = False,
    text: str = "Hi",
    sent: Headers = (),
    method: str = "POST",
    **fields: Any,
) -> Call:
    """The call with this index, `at` so many seconds, whose answer was there `took` seconds later.

    `number` is what an SDK says of its attempts, `key` an idempotency key, `inner` calls are the mock's own, `sent` are
    headers of the reply.
    """
    headers: list[tuple[str, str]] = []
    if number is not None:
        headers.append(("X-Stainless-Retry-Count", str(number)))
    if key is not None:
        headers.append(("Idempotency-Key", key))
    if inner:
        headers.append((INNER, "true"))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    inquiry = Inquiry("chat.completions", Request(method, PATH, tuple(headers)), body, "gpt-4o")
    known = {"ended": "done", "finished": START + at + took, **fields}
    return Call(index, inquiry, PATH, status, arrived=START + at, response_headers=sent, **known)


def in_turn(*said: tuple[float, int], **fields: Any) -> list[Call]:
    """Calls at these times that got these statuses, each answered at once."""
    return [call(index, at, status, **{"took": 0.0, **fields}) for index, (at, status) in enumerate(said)]


def told(seconds: float) -> Headers:
    """The headers that tell a client to wait."""
    return (("Retry-After-Ms", str(round(seconds * 1000))), ("retry-after", "77"))
