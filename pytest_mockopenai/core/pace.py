"""A finished reply plus timing and fault words makes the timed or broken reply that a host plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from pytest_mockopenai.core import sse
from pytest_mockopenai.core.wire import Cut, Headers, How, Relay, Reply, Send, Step, Stream, Upgrade, Whole
from pytest_mockopenai.core.word import Fault, FaultKind, Timing

_AT_ONCE = Timing()


class Rendered(NamedTuple):
    """A reply as it would go out if nothing were slow or broken; a tuple, as there is one of every call.

    A whole reply has `body`; a streamed one has `events`, and `end` (`data: [DONE]`, or nothing). `steps` is the number
    of events that a whole reply would have had as a stream: how long it takes to write. `failure` is what an error
    after so many events looks like on this endpoint: an event, or for a whole reply a body. One that is `ready` to be
    played, such as what accepts an upgrade, or a recording, has its own times, and is neither slow nor broken beyond.
    `own` is that of `Whole`.
    """

    status: int
    headers: Headers
    body: bytes = b""
    events: tuple[bytes, ...] | None = None
    end: bytes = b""
    steps: int = 0
    failure: Callable[[int], bytes] = lambda _: b""
    ready: Reply | None = None
    own: int | None = None


def paced(rendered: Rendered, timing: Timing | None = None, fault: Fault | None = None) -> Reply:
    """The reply with its timing, broken as `fault` says."""
    timing = timing or _AT_ONCE
    if rendered.ready is not None:
        return rendered.ready
    if rendered.events is None:
        return _whole(rendered, timing, fault)
    return _stream(rendered, rendered.events, timing, fault)


def at_once(reply: Reply) -> Reply:
    """The same without its waits; what hangs goes on hanging."""
    if isinstance(reply, (Upgrade, Relay)):
        return reply
    if isinstance(reply, Whole):
        return replace(reply, after=0.0)
    return replace(reply, steps=tuple(without_wait(step) for step in reply.steps))


def without_wait(step: Step) -> Step:
    """A step that is due at once."""
    return Send(step.data) if isinstance(step, Send) else Cut(step.how)


# --- streamed replies -------------------------------------------------------------------------------------------------


def _stream(rendered: Rendered, events: tuple[bytes, ...], timing: Timing, fault: Fault | None) -> Reply:
    if fault is None:
        steps: tuple[Step, ...] = _sends((*events, rendered.end), timing)
    elif fault.kind == "hang":
        steps = (Cut("stall", timing.first),)
    else:
        at = len(events) // 2 if fault.after is None else min(fault.after, len(events))
        steps = _STREAM_FAULTS[fault.kind](_Broken(rendered, events, at, timing, fault.flat))
    return Stream(rendered.status, rendered.headers, steps, None, rendered.own)


@dataclass(frozen=True, slots=True)
class _Broken:
    """A stream that breaks after `at` of its events."""

    rendered: Rendered
    events: tuple[bytes, ...]
    at: int
    timing: Timing
    flat: bool

    def ended_by(self, how: How) -> tuple[Step, ...]:
        wait = next(islice(self.timing.waits(), self.at, None))
        return (*_sends(self.events[: self.at], self.timing), Cut(how, wait))

    def around(self) -> tuple[tuple[bytes, ...], bytes, tuple[bytes, ...]]:
        """The events before the one that breaks, that one (at most the last), and those after it."""
        events = self.events or (b"",)
        at = min(self.at, len(events) - 1)
        return events[:at], events[at], events[at + 1 :]

    def failure(self) -> bytes:
        """The event of an error in the place where the stream breaks."""
        event = self.rendered.failure(self.at)
        return sse.flattened(event) if self.flat else event

    def sent(self, *data: bytes) -> tuple[Step, ...]:
        return _sends(data, self.timing)


def _malformed(broken: _Broken) -> tuple[Step, ...]:
    sound, event, rest = broken.around()
    return broken.sent(*sound, _garbled(event), *rest, broken.rendered.end)


def _garbled(event: bytes) -> bytes:
    """The event with its data cut in half, which no JSON object survives; what is no event is nothing but data."""
    if not event.startswith((b"data: ", b"event: ")):
        return _half(event)
    head, mark, data = event.partition(b"data: ")
    return head + mark + _half(data.rstrip(b"\n")) + b"\n\n"


def _half_event(broken: _Broken) -> tuple[Step, ...]:
    sound, event, _ = broken.around()
    return (*broken.sent(*sound, _half(event)), Cut("half_chunk"))


def _without_end(broken: _Broken) -> tuple[Step, ...]:
    return broken.sent(*(broken.events if broken.rendered.end else broken.events[:-1]))


_STREAM_FAULTS: dict[FaultKind, Callable[[_Broken], tuple[Step, ...]]] = {
    "cut": lambda broken: broken.ended_by("close"),
    "reset": lambda broken: broken.ended_by("reset"),
    "stall": lambda broken: broken.ended_by("stall"),
    "malformed": _malformed,
    "short_body": _half_event,
    "no_done": _without_end,
    "error_event": lambda broken: broken.sent(*broken.events[: broken.at], broken.failure()),
}


def _sends(data: tuple[bytes, ...], timing: Timing) -> tuple[Step, ...]:
    return tuple(map(Send, filter(None, data), timing.waits()))


# --- whole replies ----------------------------------------------------------------------------------------------------


def _whole(rendered: Rendered, timing: Timing, fault: Fault | None) -> Reply:
    wait = timing.total(rendered.steps) if timing is not _AT_ONCE else 0.0
    whole = Whole(rendered.status, rendered.headers, rendered.body, wait, rendered.own)
    if fault is None:
        return whole
    if fault.kind == "hang" or (fault.after == 0 and fault.kind in _ENDINGS):
        return _stream_of(whole, Cut(_ENDINGS.get(fault.kind, "stall"), wait))
    return _WHOLE_FAULTS[fault.kind](whole, rendered)


def _ended(how: How) -> Callable[[Whole, Rendered], Reply]:
    def end(whole: Whole, _: Rendered) -> Reply:
        part = _half(whole.body)
        return _stream_of(whole, Send(part, whole.after), Cut(how), length=max(len(whole.body), len(part) + 1))

    return end


def _longer_than_sent(whole: Whole, _: Rendered) -> Reply:
    return _stream_of(whole, Send(whole.body, whole.after), Cut("close"), length=len(whole.body) + 64)


def _unfinished(whole: Whole, _: Rendered) -> Reply:
    return _stream_of(whole, Send(whole.body, whole.after), Cut("close"))


_ENDINGS: dict[FaultKind, How] = {"cut": "close", "reset": "reset", "stall": "stall"}

_WHOLE_FAULTS: dict[FaultKind, Callable[[Whole, Rendered], Reply]] = {
    **{kind: _ended(how) for kind, how in _ENDINGS.items()},
    "malformed": lambda whole, _: replace(whole, body=_half(whole.body)),
    "short_body": _longer_than_sent,
    "no_done": _unfinished,
    "error_event": lambda whole, rendered: replace(whole, body=rendered.failure(0)),
}


def _stream_of(whole: Whole, *steps: Step, length: int | None = None) -> Stream:
    return Stream(whole.status, whole.headers, steps, length, whole.own)


def _half(data: bytes) -> bytes:
    """The first half, at least a byte of anything that has one; no UTF-8 character is torn apart."""
    at = max(1, len(data) // 2)
    while 1 < at < len(data) and data[at] & 0xC0 == 0x80:
        at -= 1
    return data[:at]
