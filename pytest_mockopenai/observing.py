"""Who watches calls, and what they are told: when one begins, and when it has ended. Nobody watching costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pytest_mockopenai.core.endpoint import IN_DIALOGUE
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Ending, Reply, Step, Stream, Whole
from pytest_mockopenai.exchange import Exchange
from pytest_mockopenai.recorder import Call


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that has ended, and how; times in seconds. `call` is as it was when it began, but for what was revised.

    `duration` is from the request to the end. `first` is the time to the first byte of the body: what the mock took to
    answer and what the reply waits; None if nothing was to be sent. `late` is how much later the end came than the
    reply itself says; None for a call in a WebSocket, and for one that did not end in order.
    """

    call: Call
    ended: Ending
    duration: float
    first: float | None = None
    late: float | None = None


class Observer(Protocol):
    """Someone who watches calls; called by the thread or loop that plays them, so it must not take long."""

    def began(self, call: Call) -> None:
        """A call is about to be answered."""

    def ended(self, seen: Seen) -> None:
        """A call has ended, or is about to write its last byte; told once for each."""


class InFlight:
    """An observer that counts the calls being answered."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def began(self, call: Call) -> None:
        """One more."""
        with self._lock:
            self.count += 1

    def ended(self, seen: Seen) -> None:
        """One less."""
        with self._lock:
            self.count -= 1


class Observed:
    """An exchange that is watched."""

    __slots__ = ("_call", "_exchange", "_observers", "_real_time", "_told", "reply")

    def __init__(
        self, exchange: Exchange, call: Call, observers: tuple[Observer, ...], real_time: Callable[[], float]
    ) -> None:
        self.reply: Reply = exchange.reply
        self._exchange = exchange
        self._call = call
        self._observers = observers
        self._real_time = real_time
        self._told = False
        for observer in observers:
            observer.began(call)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of a streamed reply; of any other none."""
        return self._exchange.steps

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Record another response and usage, of a call that was cancelled."""
        self._exchange.revise(response, usage)
        self._call = replace(self._call, response=response, usage=usage)

    def ended(self, how: Ending) -> None:
        """Note how the exchange ended, and tell the observers at the first such note."""
        self._exchange.ended(how)
        if self._told:
            return
        self._told = True
        seen = self._seen(how)
        for observer in self._observers:
            observer.ended(seen)

    def _seen(self, how: Ending) -> Seen:
        call, reply = self._call, self.reply
        duration = self._real_time() - call.arrived
        if isinstance(reply, Whole):
            return Seen(call, how, duration, call.seconds + reply.after, self._late(how, duration, reply.after))
        if not isinstance(reply, Stream) or not reply.steps:
            return Seen(call, how, duration)
        waits = sum([step.after for step in reply.steps])
        return Seen(call, how, duration, call.seconds + reply.steps[0].after, self._late(how, duration, waits))

    def _late(self, how: Ending, duration: float, waits: float) -> float | None:
        if how != "done" or self._call.method == IN_DIALOGUE:
            return None
        return duration - self._call.seconds - waits
