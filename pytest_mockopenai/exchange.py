"""One request on its way: what has been found out about it, and at last its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Endpoint
from pytest_mockopenai.core.heading import Heading
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Ending, Reply, Request, Step, Stream, Upgrade, Whole
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.limiting import Admission
from pytest_mockopenai.observing import Observer, Seen
from pytest_mockopenai.reading import Reading
from pytest_mockopenai.recorder import Entry, redacted_inquiry
from pytest_mockopenai.state import Recording
from pytest_mockopenai.taping import Known

NOTHING = Word()
"""The word of a call that no script answers."""


@dataclass(slots=True)
class Attempt:
    """What has been found out about a request so far; an error may stop it anywhere.

    `inner`: the mock makes this call itself while it answers another. `started` is when it came, in Unix seconds of
    real time, with the `clock` set so. `endpoint` answers it, or would have. `stands`: the script has the same word
    for an equal request, until it is changed. `shared`: what it takes to record it is already kept for an equal
    request. `later` is told who wants to know the response and usage of a reply that is still arriving.
    """

    request: Request
    heading: Heading
    started: float = 0.0
    inner: bool = False
    clock: ClockSetting = REAL_TIME
    admission: Admission | None = None
    endpoint: Endpoint | None = None
    inquiry: Inquiry | None = None
    reading: Reading | None = None
    serial: Draw | None = None
    word: Word = NOTHING
    source: Source = "refused"
    stands: bool = False
    usage: Usage | None = None
    response: Any = None
    stream: bool = False
    retry_after: float | None = None
    request_id: str = ""
    shared: bool = False
    later: Callable[[Known], object] | None = None

    @property
    def now(self) -> float:
        """Unix time in seconds, by the clock as it was set when the request came."""
        return self.clock.time(self.started)

    @property
    def asked(self) -> Inquiry:
        """What is known of what the request asks, if only that it was sent."""
        if self.inquiry is None and self.reading is not None:
            self.inquiry = self.reading.inquiry(self.request)
        return self.inquiry or Inquiry("", self.request, {})

    def recorded(self) -> Inquiry:
        """The same without secrets."""
        reading, headers = self.reading, self.request.headers
        if reading is None:
            return redacted_inquiry(self.asked)
        return reading.recorded(headers) or reading.record(headers, redacted_inquiry(self.asked))


class Exchange:
    """A reply to play, and where to report how that went: to the record, and to who watches."""

    __slots__ = ("_call", "_observers", "_real_time", "_recorder", "_told", "reply")

    def __init__(
        self,
        reply: Reply,
        call: Entry,
        recorder: Recording,
        observers: tuple[Observer, ...],
        real_time: Callable[[], float],
    ) -> None:
        self.reply = reply
        self._call = call
        self._recorder = recorder
        self._observers = observers
        self._real_time = real_time
        self._told = not observers
        for observer in observers:
            observer.began(call)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a streamed reply; of any other none."""
        return self.reply.steps if isinstance(self.reply, Stream) else ()

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Record another response and usage, of a call that was cancelled."""
        self._recorder.revise(self._call, response, usage)

    def ended(self, how: Ending) -> None:
        """Note how the exchange ended; a later report corrects an earlier one, but observers are told of the first."""
        finished = self._real_time()
        self._recorder.end(self._call, how, finished)
        if not self._told:
            self._told = True
            seen = self._seen(how, finished)
            for observer in self._observers:
                observer.ended(seen)
        if isinstance(self.reply, Upgrade):
            self.reply.dialogue.ended(how)

    def _seen(self, how: Ending, finished: float) -> Seen:
        call, reply = self._call, self.reply
        duration = finished - call.arrived
        if isinstance(reply, Whole):
            first = waits = reply.after
        elif isinstance(reply, Stream) and reply.steps:
            first, waits = reply.steps[0].after, sum([step.after for step in reply.steps])
        else:
            return Seen(call, how, duration)
        late = duration - call.seconds - waits if how == "done" and call.method != IN_DIALOGUE else None
        return Seen(call, how, duration, call.seconds + first, late)
