"""Responses in the background: queued, then in progress, then finished, by the clock."""

from __future__ import annotations

from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers

_QUEUED = 0.1  # seconds in the queue
_WORKING = 0.2  # seconds in progress
_POLL_AFTER: Headers = (("openai-poll-after-ms", "10"),)
_UNFINISHED = ("queued", "in_progress")


def stages_of(context: Context) -> JSON:
    """When a response made now starts and is finished, in Unix seconds."""
    return {"starts": context.time + _QUEUED, "ends": context.time + _QUEUED + _WORKING, "cancelled": False}


def seen(entry: JSON, time: float) -> JSON:
    """A stored response as it is at this time."""
    response, stages = entry["response"], entry["stages"]
    if stages is None:
        return dict(response)
    if stages["cancelled"]:
        return begun(response, "cancelled")
    if time >= stages["ends"]:
        return {**response, "completed_at": int(stages["ends"]) if response["status"] == "completed" else None}
    return begun(response, "queued" if time < stages["starts"] else "in_progress")


def begun(response: JSON, status: str) -> JSON:
    """A response of which nothing is there yet."""
    nothing: JSON = {"completed_at": None, "error": None, "incomplete_details": None, "output": [], "usage": None}
    return {**response, **nothing, "status": status, "service_tier": "auto"}


def cancelled(entry: JSON, time: float) -> JSON:
    """The entry of a response that is cancelled now; one that has ended stays as it is."""
    if seen(entry, time)["status"] not in _UNFINISHED:
        return entry
    return {**entry, "stages": {**entry["stages"], "cancelled": True}}


def shown(response: JSON, *, streamed: JSON, usage: Usage | None = None) -> Finished:
    """The reply that shows a response, or streams it as it will be; pollers of an unfinished one come again soon."""
    headers = _POLL_AFTER if response["status"] in _UNFINISHED else ()
    return Finished(response, usage, streamed, headers)
