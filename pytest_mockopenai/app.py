"""The shell round the core: holds clock, script, models and records, and turns a request into an exchange to play."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from pytest_mockopenai import explain
from pytest_mockopenai.answering import Answering, Means
from pytest_mockopenai.clock import LocalClock
from pytest_mockopenai.core import errors, handle, headers, jsontext
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Answered, Endpoint, Models
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.heading import heading_of
from pytest_mockopenai.core.pace import Rendered, at_once, paced
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.script import Script, When
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.wire import Reply, Request, Whole
from pytest_mockopenai.core.word import Timing, Word
from pytest_mockopenai.exchange import Attempt, Exchange
from pytest_mockopenai.observing import InFlight, Observer
from pytest_mockopenai.reading import Readings
from pytest_mockopenai.recorder import Entry, Recorder
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import LocalState, Mark, Recording, State
from pytest_mockopenai.taping import Deck
from pytest_mockopenai.webhooks import LocalWebhooks

_OF_ONE_REQUEST = frozenset(
    {
        *("content-type", "content-length", "transfer-encoding"),
        *("idempotency-key", "x-stainless-retry-count", "x-test-scenario"),
    }
)
"""Headers that are of one request alone, and not of the calls made while it is answered."""

_Answer: TypeAlias = Callable[[Attempt], Rendered]
_Refusal: TypeAlias = Callable[[Attempt, Error], Rendered]

_NOWHERE = Recorder(0)
"""Where calls are recorded that the state, which cannot be reached, would have recorded."""


class App:
    """One mock: everything but the socket. Safe to use from many threads."""

    def __init__(
        self,
        routes: Routes,
        models: Models,
        settings: Settings | None = None,
        *,
        real_time: Callable[[], float] = time.time,
        readings: Readings | None = None,
        observers: tuple[Observer, ...] = (),
        state: State | None = None,
    ) -> None:
        """`observers` are told of each call that begins and ends; more may be added to the attribute later.

        `clock` shows `real_time` (Unix seconds) until it is set. `state` may be shared with other apps; None: one of
        its own, in memory.
        """
        self.observers = observers
        self._settings = settings or Settings()
        self.models = models
        self.problems: list[str] = []
        self._state: State = state or LocalState(self._settings.record_limit, self._settings.record_bytes)
        self.clock = LocalClock(self._state, real_time)
        self.webhooks = LocalWebhooks(self._state, self.clock, lambda: self.settings)
        self.clock.moved = self.webhooks.moved
        self._real_time = real_time
        self._running = InFlight()
        self._unrecorded = count(1)
        self._deck: Deck | None = None
        self._readings = readings or Readings()
        self._means = Means(routes, models, self._state, self, self._note, self.webhooks.announce)
        self._answering = self._new_answering()

    @property
    def settings(self) -> Settings:
        """How it answers; may be changed at any time, for the requests to come. The record keeps its limit."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        if (settings.seed, settings.unknown_ids) != (self._settings.seed, self._settings.unknown_ids):
            self._readings = Readings()  # what was read holds the seed, and who answers
        self._settings = settings
        self._answering = self._new_answering()

    @property
    def deck(self) -> Deck | None:
        """Who answers what no script does, in the place of what would be made up; None: nobody."""
        return self._deck

    @deck.setter
    def deck(self, deck: Deck | None) -> None:
        self._deck = deck
        self._answering = self._new_answering()

    def _new_answering(self) -> Answering:
        return Answering(self._means, self._settings, self._readings, self._deck)

    def _note(self, problem: str) -> None:
        self.problems.append(problem)

    # --- what is kept between calls -----------------------------------------------------------------------------------

    @property
    def recorder(self) -> Recording:
        """The calls so far."""
        return self._state.recorder

    @property
    def script(self) -> Script:
        """The rules and the words they still have."""
        return self._state.script

    def change_script(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one; `mark` is explained in `state.State.change`."""
        self._state.change(change, mark)

    def reset(self) -> None:
        """Forget script, calls, usage, problems and all that was stored, as a new app."""
        self._state.reset()
        self.problems = []
        if self.deck is not None:
            self.deck.rewind()

    def add_rule(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> None:
        """Script more words for a condition; see `Script.adding`."""
        given = tuple(words)
        self.change_script(lambda script: script.adding(when, given, standing=standing))

    # --- one request --------------------------------------------------------------------------------------------------

    def exchange(self, request: Request) -> Exchange:
        """Answer a request and record the call; never raises."""
        return self._exchanged(Attempt(request, heading_of(request.headers)))

    def _exchanged(self, attempt: Attempt) -> Exchange:
        answering = self._answering
        return self._concluded(attempt, answering.answer, answering.stamp.error_reply)

    def turn(
        self, endpoint: Endpoint, opening: Request, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]
    ) -> Exchange:
        """Answer a call that is a message of a WebSocket, and record it; see `core.endpoint.Service.turn`."""
        request = replace(opening, method=IN_DIALOGUE, body=b"")
        attempt = Attempt(request, heading_of(request.headers), stream=True)
        answering = self._answering

        def refusal(attempt: Attempt, error: Error) -> Rendered:
            return Rendered(error.status, (), events=tuple(failed(error, answering.stamp.serial(attempt))))

        return self._concluded(attempt, lambda attempt: answering.say(attempt, endpoint, body), refusal)

    def _concluded(self, attempt: Attempt, answer: _Answer, refusal: _Refusal) -> Exchange:
        """The answer, or what an error makes of it; timed, broken and recorded."""
        try:
            return self._recorded(attempt, answer, refusal)
        except Refused as refused:
            return self._not_recorded(attempt, refused.error, refusal)

    def _recorded(self, attempt: Attempt, answer: _Answer, refusal: _Refusal) -> Exchange:
        started = attempt.started = self._real_time()
        attempt.clock = self._state.clock_setting
        try:
            rendered = answer(attempt)
        except Refused as refused:
            rendered = refusal(attempt, self._noted(attempt, refused.error))
        except Exception as bug:
            self._note(explain.bug(attempt.asked, traceback.format_exc()))
            rendered = refusal(attempt, self._noted(attempt, errors.our_bug(bug)))
        if attempt.admission:
            attempt.admission.settle(attempt.usage, attempt.now)
        reply = paced(rendered, attempt.word.timing or self._latency(attempt), attempt.word.fault)
        if attempt.clock.frozen_at is not None:
            reply = at_once(reply)
        call = self._entry(attempt, rendered, started)
        recorder = self._state.recorder
        recorder.add(call)
        exchange = Exchange(reply, call, recorder, self._watching(), self._real_time)
        if attempt.later is not None:
            attempt.later(exchange.revise)
        return exchange

    def _watching(self) -> tuple[Observer, ...]:
        """Who watches this call; the number in flight is counted only where a latency asks for it."""
        latency = self._settings.latency
        return (*self.observers, self._running) if latency is not None and latency.grows else self.observers

    def _latency(self, attempt: Attempt) -> Timing | None:
        """How long the model takes if no word says; errors and what costs no tokens are answered at once."""
        latency = self._settings.latency
        if latency is None or attempt.usage is None:
            return None
        return latency.timing(
            self._answering.stamp.serial(attempt).child("latency"), attempt.usage, self._running.count + 1
        )

    def _not_recorded(self, attempt: Attempt, error: Error, refusal: _Refusal) -> Exchange:
        """The reply while the state cannot be reached: its ids come from a count of this app's own."""
        target = attempt.request.target.encode("utf-8", "surrogatepass")
        attempt.serial = draw_for(self.settings.seed, target, "unrecorded", next(self._unrecorded))
        attempt.request_id, attempt.usage = "", None
        rendered = refusal(attempt, self._noted(attempt, error))
        return Exchange(
            paced(rendered), self._entry(attempt, rendered, self._real_time()), _NOWHERE, (), self._real_time
        )

    def called(self, opening: Request, path: str, body: JSON, *more: tuple[str, str]) -> Answered:
        """Answer a call that an endpoint makes, with the headers of the call that it answers, and more."""
        kept = tuple(pair for pair in opening.headers if pair[0].lower() not in _OF_ONE_REQUEST)
        sent = (*kept, *more, (headers.INNER, "true"), ("content-type", headers.JSON))
        request = Request("POST", path, sent, jsontext.dumps(body))
        attempt = Attempt(request, heading_of(sent), inner=True)
        exchange = self._exchanged(attempt)
        exchange.ended("done")
        reply = exchange.reply
        if isinstance(reply, Whole):
            try:
                return Answered(
                    reply.status, handle.json_object(reply.body), _id_of(reply), attempt.source != "default"
                )
            except Refused:  # a scripted fault has torn the JSON apart
                pass
        return Answered(500, errors.server_error().filled(model="", request_id=_id_of(reply)).envelope(), _id_of(reply))

    def _noted(self, attempt: Attempt, error: Error) -> Error:
        """The error, noted as what this call is answered with."""
        if error.code == "script_mistake":
            self._note(explain.mistake(attempt.asked, attempt.word, error.message))
        attempt.response = error.envelope()
        attempt.retry_after = error.retry_after
        return error

    def _entry(self, attempt: Attempt, rendered: Rendered, started: float) -> Entry:
        word = attempt.word
        return Entry(
            attempt.recorded(),
            rendered.status,
            attempt.stream,
            attempt.response,
            attempt.usage,
            str(word) if word.label else None,
            attempt.source,
            attempt.endpoint.contract if attempt.endpoint else None,
            word.fault.kind if word.fault else None,
            attempt.retry_after,
            self._answering.stamp.request_id(attempt),
            rendered.headers,
            attempt.clock.time(started),
            started,
            self._real_time() - started,
            0 if attempt.shared else len(attempt.request.body) + len(rendered.body),
        )


def _id_of(reply: Reply) -> str:
    return dict(reply.headers).get("x-request-id", "")
