"""Server-sent events: JSON values to the bytes of `text/event-stream`."""

from __future__ import annotations

from typing import Any

from pytest_mockopenai.core import jsontext

CONTENT_TYPE = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


def event(data: Any, name: str | None = None) -> bytes:
    """One event; with `name` it has an `event:` line, as the Responses API's events do."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + jsontext.dumps(data) + b"\n\n"
