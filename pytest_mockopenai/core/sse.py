"""Server-sent events: JSON values to the bytes of `text/event-stream`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from pytest_mockopenai.core import jsontext

CONTENT_TYPE = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


def event(data: Any, name: str | None = None) -> bytes:
    """One event; with `name` it has an `event:` line, as the Responses API's events do."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + jsontext.dumps(data) + b"\n\n"


def data_of(event: bytes) -> bytes:
    """The data of an event that `event` made: what is one message where there are no server-sent events."""
    return event.removesuffix(b"\n\n").partition(b"data: ")[2] if event.startswith(_LINES) else event


_LINES = (b"data: ", b"event: ")


def flattened(event: bytes) -> bytes:
    """An event of the type `error` with the error's fields beside the type; any other as it is.

    So the OpenAPI document and the SDK's type have it (openai/types/responses/response_error_event.py); production
    nests them (goai#88, openai-dotnet#881).
    """
    data = data_of(event)
    value = jsontext.loads(data)
    if value.get("type") != "error":
        return event
    flat = {"type": "error", **value.pop("error"), **value}
    return event.replace(data, jsontext.dumps(flat))


def interleaved(streams: Iterable[Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """One chunk of each choice in turn; each choice ends when it has said all."""
    for row in zip_longest(*streams):
        yield from (chunk for chunk in row if chunk is not None)
