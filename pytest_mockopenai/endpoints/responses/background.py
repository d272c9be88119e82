"""Responses in the background: queued, then in progress, then finished, by the clock."""

from __future__ import annotations

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.lifecycle import Timeline
from pytest_mockopenai.core.usage import Usage

_UNFINISHED = ("queued", "in_progress")


def timeline_of(context: Context, response: JSON) -> Timeline:
    """The statuses of a response made now that will be as `response` in the end: a third of the time it is queued."""
    stages = ("queued", 1), ("in_progress", 2)
    return lifecycle.timeline(context.time, context.job_seconds, *stages, last=response["status"])


def seen(entry: JSON, time: float) -> JSON:
    """A stored response as it is at this time."""
    response, line = entry["response"], entry["timeline"]
    if line is None:
        return dict(response)
    status = lifecycle.status_at(line, time)
    if status == "cancelled" or not lifecycle.ended(line, time):
        return begun(response, status)
    return {**response, "completed_at": lifecycle.since(line, "completed", time)}


def begun(response: JSON, status: str) -> JSON:
    """A response of which nothing is there yet."""
    nothing = dict.fromkeys(("completed_at", "error", "incomplete_details", "moderation", "usage"))
    return {**response, **nothing, "output": [], "status": status, "service_tier": "auto"}


def cancelled(entry: JSON, time: float) -> JSON:
    """The entry of a response that is cancelled now; one that has ended stays as it is."""
    if seen(entry, time)["status"] not in _UNFINISHED:
        return entry
    return {**entry, "timeline": lifecycle.turned(entry["timeline"], time, ("cancelled", time))}


def shown(response: JSON, *, streamed: JSON, usage: Usage | None = None) -> Finished:
    """The reply that shows a response, or streams it as it will be; pollers of an unfinished one come again soon."""
    headers = lifecycle.POLL_SOON if response["status"] in _UNFINISHED else ()
    return Finished(response, usage, streamed, headers)
