"""Calls grouped into works: what a client wanted done once, with every attempt at it.

An SDK numbers its attempts (`x-stainless-retry-count`), so theirs are chained by number. Other clients number nothing:
there an equal request after a failure is another attempt, and one after an answer repeats what was answered. An
`Idempotency-Key` says which requests are the same, whatever else they hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TypeAlias

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.endpoint import IN_DIALOGUE
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict.outcome import outcome_of, over, told_wait
from pytest_mockopenai.verdict.standard import GRAIN, Standard

Key: TypeAlias = tuple[str, ...]
"""What equal requests have in common."""

Chain: TypeAlias = list[Call]
"""Attempts that a client itself numbers as one after the other; one call of a client that does not."""

_HOW_SENT = frozenset({"stream", "stream_options"})
_RACE = 0.1  # seconds in which the mock notices that a client has gone
_MOST = 100  # works of equal requests at once that a call may go on


@dataclass(frozen=True, slots=True)
class Work:
    """The attempts at one request, oldest first, and the calls that `repeat` it after it was answered.

    `retries` are the attempts but the first, each after the attempt whose end it follows.
    """

    attempts: tuple[Call, ...]
    repeats: tuple[Call, ...] = ()
    retries: tuple[tuple[Call, Call], ...] = ()


def works_of(calls: Iterable[Call], standard: Standard) -> list[Work]:
    """The works of the calls, in the order in which they began.

    What is said on a WebSocket is left out, and so is what the mock asked of itself: no client sent that.
    """
    judged = [call for call in calls if call.method != IN_DIALOGUE and call.status != 101 and not call.inner]
    ordered = sorted(judged, key=arrival)
    found: list[_Growing] = []
    alike: dict[Key, _Alike] = {}
    for key, chain in _chains(ordered):
        same = alike.setdefault(key, _Alike())
        work = same.find(chain[0], standard)
        if work is None:
            work = _Growing()
            found.append(work)
        for call in chain:
            work.add(call)
        same.keep(work)
    return [work.grown() for work in found]


def arrival(call: Call) -> tuple[float, int]:
    """By what calls are put in the order in which they came."""
    return call.arrived, call.index


def key_of(call: Call) -> Key:
    """Equal for requests that ask for the same; whether it is streamed makes no difference."""
    idempotency = call.header("idempotency-key")
    if idempotency:
        return ("idempotency-key", idempotency)
    asked = {name: value for name, value in call.body.items() if name not in _HOW_SENT}
    try:
        text = jsontext.canonical(asked).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(asked)
    return (call.method, call.inquiry.request.target, text)


# --- attempts that are numbered ---------------------------------------------------------------------------------------


def number_of(call: Call) -> int | None:
    """How often the client says it has tried before; None if it says nothing."""
    return None if call.header("x-stainless-retry-count") is None else call.retry_count


@dataclass(slots=True)
class _Waiting:
    """The chains that an attempt of the next number may go on: those that failed, and the last of all others.

    Of those that failed, `ready` are by when they ended, `early` by when they may go on; a number tells equals apart.
    """

    ready: list[tuple[float, int, Chain]] = field(default_factory=list)
    early: list[tuple[float, int, Chain]] = field(default_factory=list)
    other: Chain | None = None
    count: int = 0

    def add(self, chain: Chain) -> None:
        if outcome_of(chain[-1]) == "failed":
            self.count += 1
            heappush(self.early, (_due(chain[-1]), self.count, chain))
        else:
            self.other = chain

    def take(self, call: Call) -> Chain | None:
        """The chain that failed first, of those that have waited as told if there are such."""
        while self.early and self.early[0][0] <= call.arrived + GRAIN:
            _, number, chain = heappop(self.early)
            heappush(self.ready, (over(chain[-1]), number, chain))
        waiting = self.ready or self.early
        if waiting:
            return heappop(waiting)[2]
        other, self.other = self.other, None
        return other


def _due(call: Call) -> float:
    """When the client may come again."""
    return over(call) + (told_wait(call) or 0.0)


def _chains(calls: Sequence[Call]) -> list[tuple[Key, Chain]]:
    chains: list[tuple[Key, Chain]] = []
    waiting: dict[tuple[Key, int], _Waiting] = {}
    for call in calls:
        key, number = key_of(call), number_of(call)
        before = waiting.get((key, number - 1)) if number else None
        chain = before.take(call) if before else None
        if chain is None:
            chain = []
            chains.append((key, chain))
        chain.append(call)
        if number is not None:
            waiting.setdefault((key, number), _Waiting()).add(chain)
    return chains


# --- chains that go on one another ------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Growing:
    """A work to which calls are still added: when it `failed` first, when it was `answered`, when it is `past`."""

    calls: list[Call] = field(default_factory=list)
    failed: float = math.inf
    answered: float = math.inf
    ended: float = -math.inf
    due: float = -math.inf

    def add(self, call: Call) -> None:
        self.calls.append(call)
        outcome, end = outcome_of(call), _left(call)
        if outcome == "delivered":
            self.answered = min(self.answered, end)
        elif outcome in ("failed", "refused"):
            self.failed = min(self.failed, end)
        self.ended = max(self.ended, end)
        self.due = max(self.due, _due(call))

    def goes_on(self, call: Call, standard: Standard) -> bool:
        """Whether a call, which may be the first of a chain, is another attempt at this or repeats it."""
        now = call.arrived + GRAIN
        numbered = number_of(call) is not None
        if now > self.due + standard.same_within or (numbered and self.ended > now):
            return False
        if self.answered <= now:
            return is_repeatable(call) and (not numbered or standard.each_once)
        return self.failed <= now

    def grown(self) -> Work:
        calls = sorted(self.calls, key=arrival)
        answers = [call for call in calls if outcome_of(call) == "delivered"]
        answer = min(answers, key=over) if answers else None
        attempts = [call for call in calls if not _is_late(call, answer)]
        late = [call for call in calls if _is_late(call, answer)]
        return Work(tuple(attempts), tuple(late), tuple(_retries(attempts)))


def _is_late(call: Call, answer: Call | None) -> bool:
    return answer is not None and call is not answer and call.arrived >= over(answer)


def _retries(attempts: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Each attempt but the first, after that one of those before it which had ended last when it came."""
    open_ones: list[tuple[float, int]] = []
    last = 0
    for at, call in enumerate(attempts):
        while open_ones and open_ones[0][0] <= call.arrived + GRAIN:
            last = heappop(open_ones)[1]
        if at:
            yield attempts[last], call
        heappush(open_ones, (_left(call), at))


def _left(call: Call) -> float:
    """When its client was done with a call; that a client has gone is noticed a little later."""
    return over(call) - _RACE if call.ended == "client_gone" else over(call)


@dataclass(slots=True)
class _Alike:
    """The works of equal requests that may go on: the last that have failed, and the one that was answered last."""

    undone: list[_Growing] = field(default_factory=list)
    done: _Growing | None = None

    def find(self, call: Call, standard: Standard) -> _Growing | None:
        """The work that a call goes on, if there is one."""
        self.undone = [work for work in self.undone if call.arrived <= work.due + standard.same_within]
        known = (*reversed(self.undone), *([self.done] if self.done else []))
        return next((work for work in known if work.goes_on(call, standard)), None)

    def keep(self, work: _Growing) -> None:
        """Remember a work, or that it has changed."""
        others = [other for other in self.undone if other is not work]
        if work.answered < math.inf:
            self.undone, self.done = others, work
        elif work.failed < math.inf:
            self.undone = [*others, work][-_MOST:]


def is_repeatable(call: Call) -> bool:
    """Whether doing it again does it twice: a POST that no idempotency key makes one."""
    return call.method == "POST" and not call.header("idempotency-key")
