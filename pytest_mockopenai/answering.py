"""Answers one request, in steps 2 to 8 of its life: reads no clock, plays nothing and records nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any, Protocol

from pytest_mockopenai import explain
from pytest_mockopenai.contract import params
from pytest_mockopenai.core import errors, finetuned, handle, handshake, headers
from pytest_mockopenai.core.endpoint import JSON, Announces, Answered, Context, Endpoint, Models, Service, Store
from pytest_mockopenai.core.errors import Error, Refused, UnknownId
from pytest_mockopenai.core.pace import Rendered
from pytest_mockopenai.core.prepared import Prepared, prepare
from pytest_mockopenai.core.routes import Match, Routes
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.wire import Dialogue, Headers, Request, Upgrade, body_of
from pytest_mockopenai.exchange import Attempt, Exchange
from pytest_mockopenai.limiting import admitted
from pytest_mockopenai.reader import Reader
from pytest_mockopenai.reading import Reading, Readings, Routine
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.stamping import Stamp
from pytest_mockopenai.state import State
from pytest_mockopenai.taping import Deck
from pytest_mockopenai.wording import Wording


class Calls(Protocol):
    """Who has calls answered and recorded that come from within."""

    def called(self, opening: Request, path: str, body: JSON, *more: tuple[str, str]) -> Answered:
        """Answer a call that an endpoint makes."""
        ...

    def turn(
        self, endpoint: Endpoint, opening: Request, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]
    ) -> Exchange:
        """Answer a call that is a message of a WebSocket."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What an app answers with, whatever its settings are.

    `note` is told what would fail a test, `announce` of jobs (`core.endpoint.Context`).
    """

    routes: Routes
    models: Models
    state: State
    calls: Calls
    note: Callable[[str], object]
    announce: Announces


@dataclass(frozen=True, slots=True)
class _InDialogue:
    """The app, as a dialogue sees it: the handshake is what its calls came with."""

    calls: Calls
    request: Request

    def check(self, params_name: str, body: Mapping[str, Any], *, known: frozenset[str] = frozenset()) -> Error | None:
        return params.check(params_name, body, known=known)

    def turn(self, endpoint: Endpoint, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]) -> Exchange:
        return self.calls.turn(endpoint, self.request, body, failed)


class Answering:
    """How an app answers under some settings; other settings take another one."""

    def __init__(self, means: Means, settings: Settings, readings: Readings, deck: Deck | None) -> None:
        """`deck`: who answers what no script does, in the place of what would be made up; None: nobody."""
        self._means = means
        self._settings = settings
        self._readings = readings
        self._deck = deck
        self._state, self._models = means.state, means.models
        self._reader = Reader(means.routes, settings, readings)
        self.stamp = Stamp(settings, means.state)
        self._wording = Wording(settings, means.state, self.stamp, means.note, recorded=deck is not None)

    def answer(self, attempt: Attempt) -> Rendered:
        """Steps 2 to 8 of a request's life; raises `Refused` for an error reply."""
        try:
            reading = self._reader.read(attempt)
        except Refused:
            if self._deck is None:
                raise
            return self._played(attempt, self._deck)  # what the mock refuses the API may know
        routine = reading.routine
        if routine is not None and self._holds(attempt, reading, routine):
            return self._answer_again(attempt, reading, routine)
        endpoint = reading.match.endpoint
        history = self._begun(attempt, reading)
        if endpoint.dialogue is not None:
            self._wording.asked(attempt)  # a bad one is refused before the upgrade
            return self._upgrade(attempt, self._context_now(attempt, reading, history), endpoint.dialogue)
        attempt.word, attempt.source = self._wording.word(attempt, endpoint)
        if attempt.source == "default" and self._deck is not None:
            return self._played(attempt, self._deck)
        outcome = self._outcome(attempt, reading, history)
        own = headers.OWN if attempt.admission is None else None
        standard = self.stamp.standard_headers(attempt)
        if attempt.shared and attempt.stands and not attempt.inner:
            reading.routine = self._routine(attempt, reading, standard)
        return handle.rendered(outcome, attempt.endpoint or endpoint, standard, own)

    def say(self, attempt: Attempt, endpoint: Endpoint, body: JSON) -> Rendered:
        """The same for a call of a dialogue, whose handshake has been checked."""
        reading = self._reader.checked(attempt, Match(endpoint, {}), body)
        history = self._begun(attempt, reading)
        attempt.word, attempt.source = self._wording.word(attempt, endpoint)
        outcome = self._outcome(attempt, reading, history, streams=True)
        return handle.rendered_messages(outcome, endpoint, self.stamp.request_id(attempt))

    def _holds(self, attempt: Attempt, reading: Reading, routine: Routine) -> bool:
        if attempt.inner or self._deck is not None:
            return False
        encoding = self._models.encodings.get(reading.model)
        return routine.holds(attempt.heading, self._settings, encoding) and self._state.has(routine.script)

    def _answer_again(self, attempt: Attempt, reading: Reading, routine: Routine) -> Rendered:
        """The same for a request like one that was answered before: only ids and times are new."""
        prepared = routine.prepared
        attempt.reading, attempt.word, attempt.source, attempt.shared = reading, routine.word, routine.source, True
        attempt.serial = serial = reading.source.draw(self._state.seen(reading.count_key))
        outcome = self._filled(attempt, prepared, serial)
        attempt.usage, attempt.stream = prepared.usage, outcome.events is not None
        standard = (*headers.own(self.stamp.request_id(attempt)), *routine.standard)
        return handle.rendered(outcome, reading.match.endpoint, standard, headers.OWN)

    def _played(self, attempt: Attempt, deck: Deck) -> Rendered:
        """What the deck answers; raises `Refused`."""
        attempt.source = "refused"  # unless it answers
        told = deck.answer(attempt.asked, self._means.note)
        attempt.source, attempt.stream, attempt.later = told.source, told.stream, told.later
        attempt.response, attempt.usage = told.response, told.usage
        sent = told.reply.headers
        attempt.request_id = dict(sent).get("x-request-id", "")
        if told.source == "recording":
            sent = headers.sooner(told.reply.status, sent, self._settings.retry_waits)
        reply = replace(told.reply, headers=headers.merged(sent, self.stamp.own_headers(attempt)))
        return Rendered(reply.status, reply.headers, body_of(reply), ready=reply)

    def _begun(self, attempt: Attempt, reading: Reading) -> tuple[JSON, ...]:
        """Find what the request goes on from, and count it: from here on it has ids of its own."""
        endpoint = reading.match.endpoint
        inquiry = attempt.inquiry = attempt.inquiry or reading.inquiry(attempt.request)
        history = self._history(reading) if endpoint.history else ()
        attempt.inquiry = inquiry.after(history)
        attempt.reading = reading
        attempt.serial = reading.source.draw(self._state.seen(reading.count_key))
        limits = self._settings.limits
        if limits is not None and reading.model and endpoint.dialogue is None and not attempt.inner:
            attempt.admission = admitted(self._state.store, limits, attempt.asked, attempt.now)  # before a word is used
        if "model" in reading.body and not self._serves(reading.model, attempt):
            raise Refused(errors.model_not_found(reading.model))
        return history

    def _history(self, reading: Reading) -> tuple[JSON, ...]:
        """What the request goes on from: nothing, where it may name what was never made here.

        Where recordings answer, it may be known there alone.
        """
        find = reading.match.endpoint.history
        try:
            return find(reading.body, self._state.store) if find else ()
        except Refused as refused:
            forgiven = isinstance(refused.error, UnknownId) and self._settings.unknown_ids == "synthesize"
            if self._deck is None and not forgiven:
                raise
            return ()

    def _serves(self, model: str, attempt: Attempt) -> bool:
        """Whether there is such a model; unless the mock is strict, any but one still being fine-tuned, or deleted."""
        if model.startswith(finetuned.PREFIX):
            there = finetuned.is_there(self._state.store, model, attempt.now)
            if there is not None:
                return there
        return self._settings.models != "strict" or self._models.knows(model)

    def _outcome(
        self, attempt: Attempt, reading: Reading, history: tuple[JSON, ...], *, streams: bool | None = None
    ) -> handle.Outcome:
        """Plays the scripted word, or makes an answer up; raises `Refused` for an error word."""
        endpoint, word = reading.match.endpoint, attempt.word
        if word.error:
            error = endpoint.errors.get(word.error.code or "", word.error)
            raise Refused(error.filled(model=reading.model, request_id=self.stamp.request_id(attempt)))
        try:
            outcome = self._answered(attempt, reading, history, streams)
        except Refused as refused:
            outcome = self._derived(attempt, self._context_now(attempt, reading, history), refused.error)
        attempt.usage, attempt.stream = outcome.finished.usage, outcome.events is not None
        return outcome

    def _answered(
        self, attempt: Attempt, reading: Reading, history: tuple[JSON, ...], streams: bool | None
    ) -> handle.Outcome:
        prepared = self._prepared(attempt, reading) if reading.repeatable and streams is None else None
        if prepared:
            return self._filled(attempt, prepared, self.stamp.serial(attempt))
        outcome = handle.answered(self._context_now(attempt, reading, history), streams=streams)
        attempt.response = outcome.finished.object
        return outcome

    def _filled(self, attempt: Attempt, prepared: Prepared, serial: Draw) -> handle.Outcome:
        outcome, response = prepared.filled(serial, int(attempt.now))
        attempt.response = response
        if prepared.stored:
            prepared.store(self._state.store, response)
        return outcome

    def _derived(self, attempt: Attempt, context: Context, error: Error) -> handle.Outcome:
        """What the contract answers in the place of an endpoint that refuses what the SDK's types allow.

        Raises `Refused` if no reply is to be made up so. Words that say what to answer are for the endpoint that
        refused, so with one of them the error stands.
        """
        lenient = self._settings.unknown_ids == "synthesize" and error.type == errors.INVALID
        match = self._means.routes.unseen(context.request) if lenient and context.answer is None else None
        if match is None or error.status not in (400, 404):
            raise Refused(error)
        attempt.endpoint = match.endpoint
        if attempt.source == "default":
            self._wording.check_strict(attempt, match.endpoint)
        outcome = handle.answered(replace(context, endpoint=match.endpoint, path=match.path))
        attempt.response = outcome.finished.object
        return outcome

    def _routine(self, attempt: Attempt, reading: Reading, standard: Headers) -> Routine | None:
        """How this call was answered, if the next one like it can be answered so without asking again."""
        settings, script = self._settings, self._state.script
        if settings.limits or settings.chaos or settings.models == "strict" or script.looks_further:
            return None
        if reading.model.startswith(finetuned.PREFIX):  # it may be deleted
            return None
        heading, word, encoding = attempt.heading, attempt.word, self._models.encodings.get(reading.model)
        prepared = reading.prepared((word.answer, encoding))
        if prepared is None:
            return None
        as_it_was = heading.scenario, heading.is_sdk, settings, script, encoding
        return Routine(*as_it_was, word, attempt.source, prepared, standard[headers.OWN :])

    def _prepared(self, attempt: Attempt, reading: Reading) -> Prepared | None:
        """The answer with its ids and times left open, if there can be one; made now if it was not."""
        basis = (attempt.word.answer, self._models.encodings.get(reading.model))
        known = reading.prepared(basis)
        if known:
            attempt.shared = True
            return known
        made = prepare(lambda serial, time, store: self._context(attempt, reading, serial, time, store=store))
        if made is None:
            reading.repeatable = False
        elif self._readings.find(attempt.request, attempt.heading) is reading:  # else it was forgotten meanwhile
            self._readings.keep_prepared(reading, made, of=basis)
        return made

    def _upgrade(self, attempt: Attempt, context: Context, begin: Callable[[Context, Service], Dialogue]) -> Rendered:
        """Accept an upgrade; no word is played on it, for words are the calls' that follow."""
        accepting = handshake.accepting(attempt.request, context.endpoint.subprotocols)
        if find_spec("websockets") is None:
            self._means.note(explain.no_websockets(attempt.asked))
            raise Refused(errors.no_websockets())
        dialogue = begin(context, _InDialogue(self._means.calls, attempt.request))
        attempt.source = "default"
        sent = headers.merged(self.stamp.standard_headers(attempt), accepting)
        return Rendered(101, sent, ready=Upgrade(sent, dialogue))

    def _context_now(self, attempt: Attempt, reading: Reading, history: tuple[JSON, ...]) -> Context:
        return self._context(attempt, reading, self.stamp.serial(attempt), attempt.now, history)

    def _context(
        self,
        attempt: Attempt,
        reading: Reading,
        serial: Draw,
        time: float,
        history: tuple[JSON, ...] = (),
        *,
        store: Store | None = None,
    ) -> Context:
        return Context(
            endpoint=reading.match.endpoint,
            request=attempt.request,
            path=reading.match.path,
            body=reading.body,
            inquiry=attempt.asked,
            answer=attempt.word.answer,
            draw=reading.source.draw(),
            serial=serial,
            time=time,
            models=self._models,
            store=store or self._state.store,
            history=history,
            job_seconds=self._settings.job_seconds,
            forgiving=self._settings.unknown_ids == "synthesize",
            call=partial(self._means.calls.called, attempt.request),
            announce=self._means.announce,
        )
