"""Ids of events, items and responses, and the `error` event."""

from __future__ import annotations

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import Draw

_LENGTH = 21


def event_id(draw: Draw) -> str:
    """The next id of an event."""
    return "event_" + draw.alphanumeric(_LENGTH)


def new_id(prefix: str, draw: Draw) -> str:
    """The id of a thing: `item`, `resp`, `sess`, `conv`."""
    return f"{prefix}_{draw.child(prefix).alphanumeric(_LENGTH)}"


def error_event(error: Error, asked_by: str | None) -> JSON:
    """An `error` event; `asked_by` is the id of the client's event that it answers."""
    return {"type": "error", "error": {**error.envelope()["error"], "event_id": asked_by}}
