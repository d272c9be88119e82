"""One request on its way: what has been found out about it, and at last its reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Ending, Reply, Request, Step, Stream, Upgrade
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Recorder

NOTHING = Word()
"""The word of a call that no script answers."""


@dataclass(slots=True)
class Attempt:
    """What has been found out about a request so far; an error may stop it anywhere."""

    request: Request
    inquiry: Inquiry = field(init=False)
    serial: Draw = field(init=False)
    word: Word = NOTHING
    source: Source = "refused"
    asked: Word | None = None
    usage: Usage | None = None
    response: Any = None
    stream: bool = False
    retry_after: float | None = None
    request_id: str = ""

    def __post_init__(self) -> None:
        self.inquiry = Inquiry("", self.request, {})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reply to play, and where to report how that went."""

    reply: Reply
    _recorder: Recorder
    _index: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a streamed reply; of any other none."""
        return self.reply.steps if isinstance(self.reply, Stream) else ()

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Record another response and usage, of a call that was cancelled."""
        self._recorder.revise(self._index, response, usage)

    def ended(self, how: Ending) -> None:
        """Note how the exchange ended; a later report corrects an earlier one."""
        self._recorder.end(self._index, how)
        if isinstance(self.reply, Upgrade):
            self.reply.dialogue.ended(how)
