"""One request on its way: what has been found out about it, and at last its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Ending, Reply, Request, Step, Stream, Upgrade
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.limiting import Admission
from pytest_mockopenai.reading import Reading
from pytest_mockopenai.recorder import redacted_inquiry
from pytest_mockopenai.state import Recording

NOTHING = Word()
"""The word of a call that no script answers."""


@dataclass(slots=True)
class Attempt:
    """What has been found out about a request so far; an error may stop it anywhere.

    `clock` is set as when the request came. `shared`: what it takes to record it is already kept for an equal request.
    """

    request: Request
    clock: ClockSetting = REAL_TIME
    admission: Admission | None = None
    inquiry: Inquiry | None = None
    reading: Reading | None = None
    serial: Draw | None = None
    word: Word = NOTHING
    source: Source = "refused"
    usage: Usage | None = None
    response: Any = None
    stream: bool = False
    retry_after: float | None = None
    request_id: str = ""
    shared: bool = False

    @property
    def asked(self) -> Inquiry:
        """What is known of what the request asks, if only that it was sent."""
        return self.inquiry or Inquiry("", self.request, {})

    def recorded(self) -> Inquiry:
        """The same without secrets."""
        asked = self.asked
        return self.reading.recorded(asked) if self.reading else redacted_inquiry(asked)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reply to play, and where to report how that went."""

    reply: Reply
    _recorder: Recording
    _index: int
    _clock: Callable[[], float]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a streamed reply; of any other none."""
        return self.reply.steps if isinstance(self.reply, Stream) else ()

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Record another response and usage, of a call that was cancelled."""
        self._recorder.revise(self._index, response, usage)

    def ended(self, how: Ending) -> None:
        """Note how the exchange ended; a later report corrects an earlier one."""
        self._recorder.end(self._index, how, self._clock())
        if isinstance(self.reply, Upgrade):
            self.reply.dialogue.ended(how)
