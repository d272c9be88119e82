"""The rules of good behaviour, each from one work to a finding or none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_mockopenai.calls import Calls
from pytest_mockopenai.core.wording import duration
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict.outcome import code_of, outcome_of, over, sent, told_wait
from pytest_mockopenai.verdict.standard import GRAIN, Standard
from pytest_mockopenai.verdict.work import Work, is_repeatable

_SHOWN = 3
_LONGEST_WAIT = 120.0  # seconds; told to wait longer, the SDK gives up (`openai/_base_client.py`)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a client did wrong with one request: of what `kind`, said in a sentence, and the `calls` it names.

    The kinds are those of `KINDS`; `verdict(ignore=[...])` leaves some out.
    """

    kind: str
    sentence: str
    calls: Calls = field(repr=False)

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence}"


def retry_after_ignored(work: Work, standard: Standard) -> Finding | None:
    """It came again before the wait that it was told was over."""
    early = [
        (before, call, wait)
        for before, call in work.retries
        if (wait := told_wait(before)) and _is_short(_waited(before, call), wait, standard)
    ]
    if not early:
        return None
    sentences = [f"{_came(before, call)}, which told it to wait {_time(wait)}" for before, call, wait in early]
    return _finding("retry_after_ignored", sentences, (pair for before, call, _ in early for pair in (before, call)))


def _is_short(waited: float, told: float, standard: Standard) -> bool:
    return waited < told * (1 - standard.tolerance) - GRAIN


def no_backoff(work: Work, standard: Standard) -> Finding | None:
    """Where no wait was told, it came again at once, or its waits did not grow."""
    unguided = [
        (before, call)
        for before, call in work.retries
        if outcome_of(before) == "failed" and told_wait(before) is None and _is_known(_waited(before, call), before)
    ]
    waits = [_waited(before, call) for before, call in unguided]
    calls = _once(call for pair in unguided for call in pair)
    hasty = [pair for pair, wait in zip(unguided, waits, strict=True) if wait < standard.min_wait]
    if len(hasty) > 1:
        sentences = [f"{_came(before, call)}, without waiting" for before, call in hasty]
        return _finding("no_backoff", sentences, calls)
    if len(waits) >= 3 and waits[0] < standard.max_backoff and not _grow(waits, standard):
        listed = ", ".join(map(_time, waits[:_SHOWN])) + (", ..." if len(waits) > _SHOWN else "")
        sentence = f"the waits before {_names([call for _, call in unguided])} do not grow: {listed}"
        return _finding("no_backoff", [sentence], calls)
    return None


def _is_known(waited: float, before: Call) -> bool:
    """Whether a wait can be told: how long a client has borne with silence cannot."""
    return before.ended != "stalled" and (waited >= 0 or before.ended != "client_gone")


def _grow(waits: Sequence[float], standard: Standard) -> bool:
    return max(waits[1:]) > waits[0] * (1 + standard.tolerance) + GRAIN


def retried_refusal(work: Work, standard: Standard) -> Finding | None:
    """It came again after an answer that does not change."""
    again = [(before, call) for before, call in work.retries if outcome_of(before) == "refused"]
    if not again:
        return None
    sentences = [f"{_name(call)} repeats {_told(before)}, {_why_final(before)}" for before, call in again]
    return _finding("retried_refusal", sentences, (call for pair in again for call in pair))


def _why_final(call: Call) -> str:
    if (sent(call, "x-should-retry") or "").lower() == "false":
        return "which says x-should-retry: false"
    return "which another try does not change"


def storm(work: Work, standard: Standard) -> Finding | None:
    """It came too often within the window."""
    return _storm(work.attempts, "attempts at one request", standard.max_burst, standard.window)


def storm_of_all(calls: Sequence[Call], standard: Standard) -> Finding | None:
    """The same for the calls for all requests together, if that is asked for; they are in the order of arrival."""
    most = standard.max_in_window
    return None if most is None else _storm(calls, "calls for all requests together", most, standard.window)


def _storm(calls: Sequence[Call], what: str, most: int, window: float) -> Finding | None:
    fullest = _fullest(calls, window)
    if len(fullest) <= most:
        return None
    spread = _time(fullest[-1].arrived - fullest[0].arrived)
    fair = f"at most {most} in {_time(window)} are fair"
    return _finding("storm", [f"{len(fullest)} {what} within {spread}: {_names(fullest)}; {fair}"], fullest)


def _fullest(calls: Sequence[Call], window: float) -> Sequence[Call]:
    """The most calls in a row that came within so many seconds."""
    start = end = first = 0
    for last, call in enumerate(calls):
        while first < last and not call.arrived - calls[first].arrived <= window:
            first += 1
        if last + 1 - first > end - start:
            start, end = first, last + 1
    return calls[start:end]


def never_gave_up(work: Work, standard: Standard) -> Finding | None:
    """It came too often, or for too long."""
    calls = work.attempts
    lasted = calls[-1].arrived - calls[0].arrived
    if len(calls) > standard.max_attempts:
        sentence = f"{len(calls)} attempts at one request, more than {standard.max_attempts}: {_names(calls)}"
    elif lasted > standard.max_seconds:
        sentence = f"{_name(calls[-1])} came {_time(lasted)} after {_told(calls[0])}, the first attempt; "
        sentence += f"at most {_time(standard.max_seconds)} are fair"
    else:
        return None
    return _finding("never_gave_up", [sentence], calls)


def lost_work(work: Work, standard: Standard) -> Finding | None:
    """It never came again after a failure that another try could have mended; judged only if asked for."""
    first = work.attempts[0]
    if not standard.lost_work or len(work.attempts) > 1 or work.repeats or outcome_of(first) != "failed":
        return None
    if (told_wait(first) or 0.0) > _LONGEST_WAIT:
        return None
    return _finding("lost_work", [f"{_told(first)} was never tried again"], [first])


def duplicated_work(work: Work, standard: Standard) -> Finding | None:
    """It came again after its answer had been delivered."""
    if not work.repeats or not is_repeatable(work.repeats[0]):
        return None
    answered = next(call for call in work.attempts if outcome_of(call) == "delivered")
    late = _time(work.repeats[0].arrived - over(answered))
    verb = "repeats" if len(work.repeats) == 1 else "repeat"
    sentence = f"{_names(work.repeats)} {verb} {_told(answered)}, whose answer had been delivered {late} before"
    return _finding("duplicated_work", [sentence], [answered, *work.repeats])


RULES: Mapping[str, Callable[[Work, Standard], Finding | None]] = {
    rule.__name__: rule
    for rule in (
        *(retry_after_ignored, no_backoff, retried_refusal),
        *(storm, never_gave_up, lost_work, duplicated_work),
    )
}
KINDS: Mapping[str, str] = {name: (rule.__doc__ or "").strip() for name, rule in RULES.items()}
"""The kinds of findings, and what each means."""


def unjudged(work: Work, standard: Standard) -> list[Call]:
    """The calls that were tried again and had told a wait too short to be told from none."""
    return [
        before for before, call in work.retries if (wait := told_wait(before)) and not _is_short(0.0, wait, standard)
    ]


# --- how it is said ---------------------------------------------------------------------------------------------------


def _finding(kind: str, sentences: Sequence[str], calls: Iterable[Call]) -> Finding:
    more = f"; and {len(sentences) - _SHOWN} more" if len(sentences) > _SHOWN else ""
    return Finding(kind, "; ".join(sentences[:_SHOWN]) + more, _once(calls))


def _once(calls: Iterable[Call]) -> Calls:
    by_index = {call.index: call for call in calls}
    return Calls(by_index[index] for index in sorted(by_index))


def _waited(before: Call, call: Call) -> float:
    return call.arrived - over(before)


def _came(before: Call, call: Call) -> str:
    return f"{_name(call)} came {_time(_waited(before, call))} after {_told(before)}"


def _name(call: Call) -> str:
    return f"calls[{call.index}]"


def _names(calls: Sequence[Call]) -> str:
    names = [_name(call) for call in calls]
    if len(names) > 2 * _SHOWN:
        names = [*names[:_SHOWN], "...", names[-1]]
    return ", ".join(names)


def _told(call: Call) -> str:
    """A call with what became of it: `calls[0] (429 rate_limit_exceeded)`, `calls[2] (200, reset)`."""
    what = f"{call.status} {code_of(call)}".strip() if call.status >= 400 else str(call.status)
    how = call.ended if call.ended != "done" else call.fault
    return f"{_name(call)} ({what}{f', {how}' if how else ''})"


def _time(seconds: float) -> str:
    """A span of time for a sentence: `12ms`, `1.5s`."""
    return duration(seconds) if math.isfinite(seconds) else "no time that can be told"
