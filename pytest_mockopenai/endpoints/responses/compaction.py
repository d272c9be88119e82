"""The item that stands for a conversation that was shortened, and when a response makes one by itself."""

from __future__ import annotations

import base64

from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.items import new_id
from pytest_mockopenai.endpoints.responses.turn import Turn

_BYTES_A_TOKEN = 2  # of what is compacted, encrypted
_MOST_BYTES = 4096


def is_due(context: Context, turn: Turn) -> bool:
    """Whether `context_management` asks to compact an input of so many tokens (ResponseCreateParams)."""
    managed = context.body.get("context_management") or ()
    limits = (entry.get("compact_threshold") for entry in managed if entry["type"] == "compaction")
    return any(limit is not None and turn.input.tokens >= limit for limit in limits)


def compaction_of(context: Context, turn: Turn) -> JSON:
    """The item that stands for a conversation; the longer that is, the longer its `encrypted_content`."""
    serial = context.serial.child("compaction")
    size = min(_MOST_BYTES, 64 + _BYTES_A_TOKEN * turn.input.tokens)
    content = base64.urlsafe_b64encode(bytes.fromhex(serial.child("content").hex(2 * size))).decode()
    return {"id": new_id("compaction", serial), "type": "compaction", "encrypted_content": content}
