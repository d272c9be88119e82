"""A batch as it is kept, in plain JSON, and as it is shown at a time.

Its lines are in portions, each of which has its time while the batch is in progress. They run before that (`running`),
and what comes of them shows when its time has come; the lines of a large batch may also be late, and it waits for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import count
from typing import Any

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.lifecycle import Timeline
from pytest_mockopenai.core.uploaded import MONTH, lifetime
from pytest_mockopenai.endpoints.batches.validation import Validated

PORTIONS = 200
"""The most portions of a batch."""

WINDOW = 24 * 3600
"""Seconds that a batch may take."""

NEVER = float("-inf")
"""A time at which a batch is as it was created."""

FINAL = ("completed", "failed", "expired", "cancelled")

_SHARES = (("validating", 1.0), ("in_progress", 7.0), ("finalizing", 2.0))
_CANCELLING = 0.1  # the share of a job's time that it takes to cancel one


def made(context: Context, found: Validated) -> JSON:
    """A batch that is created now."""
    body, id_ = context.body, "batch_" + context.serial.child("id").hex(32)
    line = lifecycle.timeline(context.time, context.job_seconds, *_SHARES, last="completed")
    size = -(-len(found.lines) // PORTIONS) or 1
    entry: JSON = {
        "id": id_,
        "batch": {
            "id": id_,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "created_at": context.now,
            "expires_at": context.now + WINDOW,
            "metadata": body.get("metadata") or None,
        },
        "model": found.model,
        "errors": found.errors,
        "timeline": line,
        "runs": [line[1][1], line[2][1]],
        "stops": None,
        "size": size,
        "portions": 0 if found.errors else -(-len(found.lines) // size),
        "total": len(found.lines),
        "claimed": 0,
        "ran": {},
        "left": 0,
        "ending": False,
        "files": None,
        "lives": lifetime(body, "output_expires_after", MONTH),
        "key": context.serial.child("lines").hex(64),
    }
    if found.errors:
        return {**entry, "timeline": [line[0], ("failed", line[1][1])], "files": {}}
    return _stopped(entry, context.time + WINDOW, ("expired", context.time + WINDOW))


def _stopped(entry: JSON, time: float, *then: tuple[str, float]) -> JSON:
    """What is ahead at this time gives way; the batch stays as it is if it is done by then."""
    if lifecycle.ended(entry["timeline"], time):
        return entry
    return {**entry, "timeline": lifecycle.turned(entry["timeline"], time, *then), "stops": time}


def cancelled(entry: JSON, time: float, seconds: float) -> JSON:
    """The batch that is cancelled now, where a job takes so many seconds; one that has ended stays as it is."""
    if entry["ending"] or status_of(entry, time) in (*FINAL, "cancelling"):
        return entry
    line: Timeline = lifecycle.turned(
        entry["timeline"], time, ("cancelling", time), ("cancelled", time + _CANCELLING * seconds)
    )
    return {**entry, "timeline": line, "stops": time}


def portions_of(entry: JSON, lines: Sequence[bytes]) -> Iterator[bytes]:
    """The lines, portion by portion."""
    for start in range(0, len(lines), entry["size"]):
        yield b"\n".join(lines[start : start + entry["size"]])


# --- how far it has come ----------------------------------------------------------------------------------------------


def due(entry: JSON, time: float = math.inf) -> int:
    """How many portions are to have run by this time; by default, how many are to run at all."""
    begins, ends = entry["runs"]
    time = time if entry["stops"] is None else min(time, entry["stops"])
    if time >= ends:
        return int(entry["portions"])
    return 0 if time <= begins else int(entry["portions"] * (time - begins) / (ends - begins))


def ready(entry: JSON) -> int:
    """How many portions have run, up to the first one that has not."""
    return next(place for place in count() if str(place) not in entry["ran"])


def is_over(entry: JSON, time: float) -> bool:
    """Whether nothing more is to happen by this time, but that its files are written."""
    return lifecycle.ended(entry["timeline"], time) and ready(entry) >= due(entry, time)


def stages(entry: JSON, time: float) -> Timeline:
    """The statuses that it has had by this time, with when; the last one is that which it has."""
    first, *more = entry["timeline"]
    return [first, *((status, at) for status, at in more if at <= time and _holds(entry, status, time))]


def _holds(entry: JSON, status: str, time: float) -> bool:
    """Whether what a status promises is so, and not merely due: that its lines have run, that its files are there."""
    if status in FINAL:
        return entry["files"] is not None
    return status != "finalizing" or ready(entry) >= due(entry, time)


def status_of(entry: JSON, time: float) -> str:
    """The status that it has."""
    return stages(entry, time)[-1][0]


def shown(entry: JSON, time: float) -> JSON:
    """The batch at this time, as the API shows it."""
    had = {status: int(at) for status, at in stages(entry, time)}
    status = status_of(entry, time)
    runs = status not in ("validating", "failed")
    files = entry["files"] if status in FINAL else {}
    ran = [entry["ran"][str(place)] for place in range(min(due(entry, time), ready(entry)))]
    failed = sum(portion["failed"] for portion in ran) + (entry["left"] if status == "expired" else 0)
    return {
        **entry["batch"],
        "status": status,
        "model": entry["model"] if runs else None,
        "errors": {"object": "list", "data": entry["errors"]} if status == "failed" else None,
        "output_file_id": files.get("output"),
        "error_file_id": files.get("error"),
        **{f"{name}_at": had.get(name) for name in ("in_progress", "finalizing", "cancelling", *FINAL)},
        "request_counts": {
            "total": entry["total"] if runs else 0,
            "completed": sum(portion["completed"] for portion in ran),
            "failed": failed,
        },
        "usage": reduce(added, (portion["usage"] for portion in ran), usage()) if runs else None,
    }


def usage(prompt: int = 0, cached: int = 0, completion: int = 0, reasoning: int = 0) -> JSON:
    """Token counts in the form of `openai/types/batch_usage.py`."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + completion,
    }


def added(one: Any, other: Any) -> Any:
    """Two usages as one."""
    return {name: added(value, other[name]) for name, value in one.items()} if isinstance(one, dict) else one + other
