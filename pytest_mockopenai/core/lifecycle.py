"""Jobs that go by the clock: which status a job has at which time, as plain JSON that a store can keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from pytest_mockopenai.core.wire import Headers

Timeline: TypeAlias = list[tuple[str, float]]
"""Statuses in order, each with the Unix time in seconds from which a job has it."""

POLL_SOON: Headers = (("openai-poll-after-ms", "10"),)
"""Tells the SDK's pollers to come again soon (openai/resources: `_poll` helpers); they wait a second without it."""


def timeline(begins: float, seconds: float, *shares: tuple[str, float], last: str) -> Timeline:
    """Of a job that begins at a time and takes so many seconds: each status has its share; then comes `last`."""
    whole, at = sum(share for _, share in shares), begins
    line: Timeline = []
    for status, share in shares:
        line.append((status, at))
        at += seconds * share / whole
    return [*line, (last, begins + seconds)]


def status_at(line: Sequence[Sequence[Any]], time: float) -> str:
    """The status at this time; the first one before the job begins."""
    reached = [status for status, since in _pairs(line) if since <= time]
    return reached[-1] if reached else _pairs(line)[0][0]


def since(line: Sequence[Sequence[Any]], status: str, time: float) -> int | None:
    """When it came to this status, in whole Unix seconds; None if it has not by this time."""
    return next((int(at) for name, at in _pairs(line) if name == status and at <= time), None)


def ended(line: Sequence[Sequence[Any]], time: float) -> bool:
    """Whether it has come to its last status by this time."""
    return _pairs(line)[-1][1] <= time


def turned(line: Sequence[Sequence[Any]], time: float, *then: tuple[str, float]) -> Timeline:
    """What is ahead at this time gives way to these statuses and times: a job that is cancelled, or expires."""
    return [*(pair for pair in _pairs(line) if pair[1] <= time), *then]


def _pairs(line: Sequence[Sequence[Any]]) -> list[tuple[str, float]]:
    """A timeline as it was made, or as a store that keeps JSON gives it back."""
    return [(status, at) for status, at in line]
