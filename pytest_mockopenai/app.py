"""The shell round the core: holds clock, script, models and records, and turns a request into an exchange to play."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import count
from typing import Any, TypeAlias

from pytest_mockopenai import explain
from pytest_mockopenai.clock import LocalClock
from pytest_mockopenai.contract import params
from pytest_mockopenai.core import errors, finetuned, handle, handshake, headers, jsontext, scenario
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Answered, Context, Endpoint, Models, Service, Store
from pytest_mockopenai.core.errors import Error, Refused, UnknownId
from pytest_mockopenai.core.heading import heading_of
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.limits import Limits
from pytest_mockopenai.core.pace import Rendered, at_once, paced
from pytest_mockopenai.core.prepared import Prepared, prepare
from pytest_mockopenai.core.routes import Match, Routes
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.script import Script, When
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.wire import Dialogue, Headers, Reply, Request, Upgrade, Whole, body_of
from pytest_mockopenai.core.word import Timing, Word
from pytest_mockopenai.exchange import NOTHING, Attempt, Exchange
from pytest_mockopenai.limiting import admitted
from pytest_mockopenai.observing import InFlight, Observer
from pytest_mockopenai.reader import Reader
from pytest_mockopenai.reading import Reading, Readings, Routine, count_key
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

_FAILURE = frozenset({"failure"})
"""What an endpoint can say of which nothing else can be scripted: it needs no script."""

_DERIVED = ("x-mock-contract", "derived")
"""The header of a reply that is derived from the installed SDK."""

_Answer: TypeAlias = Callable[[Attempt], Rendered]
_Refusal: TypeAlias = Callable[[Attempt, Error], Rendered]

_NOWHERE = Recorder(0)
"""Where calls are recorded that the state, which cannot be reached, would have recorded."""


@dataclass(frozen=True, slots=True)
class _Answering:
    """The app, as a dialogue sees it: the handshake is what its calls came with."""

    app: App
    request: Request

    def check(self, params_name: str, body: Mapping[str, Any], *, known: frozenset[str] = frozenset()) -> Error | None:
        return params.check(params_name, body, known=known)

    def turn(self, endpoint: Endpoint, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]) -> Exchange:
        return self.app.turn(endpoint, self.request, body, failed)


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
        self._routes = routes
        self._readings = readings or Readings()
        self._reader = Reader(routes, self._settings, self._readings)
        self._unrecorded = count(1)
        self.deck: Deck | None = None
        """Who answers what no script does, in the place of what would be made up; None: nobody."""

    @property
    def settings(self) -> Settings:
        """How it answers; may be changed at any time, for the requests to come. The record keeps its limit."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        if (settings.seed, settings.unknown_ids) != (self._settings.seed, self._settings.unknown_ids):
            self._readings = Readings()  # what was read holds the seed, and who answers
        self._settings = settings
        self._reader = Reader(self._routes, settings, self._readings)

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

    def _take(self, inquiry: Inquiry, endpoint: Endpoint) -> tuple[Word | None, bool]:
        """The word that the script has for a call, and whether it stands: it does not end with this call."""
        kinds, named_only = endpoint.kinds, endpoint.named_only
        stands = True

        def taking(script: Script) -> tuple[Word | None, Script]:
            nonlocal stands
            word, after = script.take(inquiry, kinds, named_only=named_only)
            stands = after is script
            return word, after

        return self._state.take(taking), stands

    # --- one request --------------------------------------------------------------------------------------------------

    def exchange(self, request: Request) -> Exchange:
        """Answer a request and record the call; never raises."""
        return self._exchanged(Attempt(request, heading_of(request.headers)))

    def _exchanged(self, attempt: Attempt) -> Exchange:
        return self._concluded(attempt, self._answer, self._error_reply)

    def turn(
        self, endpoint: Endpoint, opening: Request, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]
    ) -> Exchange:
        """Answer a call that is a message of a WebSocket, and record it; see `core.endpoint.Service.turn`."""
        request = replace(opening, method=IN_DIALOGUE, body=b"")
        attempt = Attempt(request, heading_of(request.headers), stream=True)

        def refusal(attempt: Attempt, error: Error) -> Rendered:
            return Rendered(error.status, (), events=tuple(failed(error, self._serial(attempt))))

        return self._concluded(attempt, lambda attempt: self._said(attempt, endpoint, body), refusal)

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
            self.problems.append(explain.bug(attempt.asked, traceback.format_exc()))
            rendered = refusal(attempt, self._noted(attempt, errors.our_bug(bug)))
        if attempt.admission:
            attempt.admission.settle(attempt.usage, self._now(attempt))
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
        return latency.timing(self._serial(attempt).child("latency"), attempt.usage, self._running.count + 1)

    def _not_recorded(self, attempt: Attempt, error: Error, refusal: _Refusal) -> Exchange:
        """The reply while the state cannot be reached: its ids come from a count of this app's own."""
        target = attempt.request.target.encode("utf-8", "surrogatepass")
        attempt.serial = draw_for(self.settings.seed, target, "unrecorded", next(self._unrecorded))
        attempt.request_id, attempt.usage = "", None
        rendered = refusal(attempt, self._noted(attempt, error))
        return Exchange(
            paced(rendered), self._entry(attempt, rendered, self._real_time()), _NOWHERE, (), self._real_time
        )

    def _answer(self, attempt: Attempt) -> Rendered:
        """Steps 2 to 8 of a request's life; raises `Refused` for an error reply."""
        try:
            reading = self._reader.read(attempt)
        except Refused:
            if self.deck is None:
                raise
            return self._played(attempt, self.deck)  # what the mock refuses the API may know
        routine = reading.routine
        if routine is not None and self._holds(attempt, reading, routine):
            return self._answer_again(attempt, reading, routine)
        endpoint = reading.match.endpoint
        history = self._begun(attempt, reading)
        if endpoint.dialogue is not None:
            self._asked(attempt)  # a bad one is refused before the upgrade
            return self._upgrade(attempt, self._context_now(attempt, reading, history), endpoint.dialogue)
        attempt.word, attempt.source = self._word(attempt, endpoint)
        if attempt.source == "default" and self.deck is not None:
            return self._played(attempt, self.deck)
        outcome = self._outcome(attempt, reading, history)
        own = headers.OWN if attempt.admission is None else None
        standard = self._standard_headers(attempt)
        if attempt.shared and attempt.stands and not attempt.inner:
            reading.routine = self._routine(attempt, reading, standard)
        return handle.rendered(outcome, attempt.endpoint or endpoint, standard, own)

    def _holds(self, attempt: Attempt, reading: Reading, routine: Routine) -> bool:
        if attempt.inner or self.deck is not None:
            return False
        encoding = self.models.encodings.get(reading.model)
        return routine.holds(attempt.heading, self._settings, encoding) and self._state.has(routine.script)

    def _answer_again(self, attempt: Attempt, reading: Reading, routine: Routine) -> Rendered:
        """The same for a request like one that was answered before: only ids and times are new."""
        prepared = routine.prepared
        attempt.reading, attempt.word, attempt.source, attempt.shared = reading, routine.word, routine.source, True
        attempt.serial = serial = reading.source.draw(self._state.seen(reading.count_key))
        outcome = self._filled(attempt, prepared, serial)
        attempt.usage, attempt.stream = prepared.usage, outcome.events is not None
        standard = (*headers.own(self._request_id(attempt)), *routine.standard)
        return handle.rendered(outcome, reading.match.endpoint, standard, headers.OWN)

    def _played(self, attempt: Attempt, deck: Deck) -> Rendered:
        """What the deck answers; raises `Refused`."""
        attempt.source = "refused"  # unless it answers
        told = deck.answer(attempt.asked, self.problems.append)
        attempt.source, attempt.stream, attempt.later = told.source, told.stream, told.later
        attempt.response, attempt.usage = told.response, told.usage
        sent = told.reply.headers
        attempt.request_id = dict(sent).get("x-request-id", "")
        if told.source == "recording":
            sent = headers.sooner(told.reply.status, sent, self.settings.retry_waits)
        reply = replace(told.reply, headers=headers.merged(sent, self._own_headers(attempt)))
        return Rendered(reply.status, reply.headers, body_of(reply), ready=reply)

    def _said(self, attempt: Attempt, endpoint: Endpoint, body: JSON) -> Rendered:
        """The same for a call of a dialogue, whose handshake has been checked."""
        reading = self._reader.checked(attempt, Match(endpoint, {}), body)
        history = self._begun(attempt, reading)
        attempt.word, attempt.source = self._word(attempt, endpoint)
        outcome = self._outcome(attempt, reading, history, streams=True)
        return handle.rendered_messages(outcome, endpoint, self._request_id(attempt))

    def _begun(self, attempt: Attempt, reading: Reading) -> tuple[JSON, ...]:
        """Find what the request goes on from, and count it: from here on it has ids of its own."""
        endpoint = reading.match.endpoint
        inquiry = attempt.inquiry = attempt.inquiry or reading.inquiry(attempt.request)
        history = self._history(reading) if endpoint.history else ()
        attempt.inquiry = inquiry.after(history)
        attempt.reading = reading
        attempt.serial = reading.source.draw(self._state.seen(reading.count_key))
        limited = reading.model and endpoint.dialogue is None and not attempt.inner
        if limited and self._settings.limits is not None:
            self._admit(attempt, self._settings.limits)
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
            if self.deck is None and not forgiven:
                raise
            return ()

    def _serves(self, model: str, attempt: Attempt) -> bool:
        """Whether there is such a model; unless the mock is strict, any but one still being fine-tuned, or deleted."""
        if model.startswith(finetuned.PREFIX):
            there = finetuned.is_there(self._state.store, model, self._now(attempt))
            if there is not None:
                return there
        return self.settings.models != "strict" or self.models.knows(model)

    def _admit(self, attempt: Attempt, limits: Limits) -> None:
        """Charge the call; raises `Refused` for one over a limit, which uses up no word."""
        asked, now = attempt.asked, self._now(attempt)
        attempt.admission = admitted(self._state.store, limits, asked, now)

    def _outcome(
        self, attempt: Attempt, reading: Reading, history: tuple[JSON, ...], *, streams: bool | None = None
    ) -> handle.Outcome:
        """Plays the scripted word, or makes an answer up; raises `Refused` for an error word."""
        endpoint, word = reading.match.endpoint, attempt.word
        if word.error:
            error = endpoint.errors.get(word.error.code or "", word.error)
            raise Refused(error.filled(model=reading.model, request_id=self._request_id(attempt)))
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
            return self._filled(attempt, prepared, self._serial(attempt))
        outcome = handle.answered(self._context_now(attempt, reading, history), streams=streams)
        attempt.response = outcome.finished.object
        return outcome

    def _filled(self, attempt: Attempt, prepared: Prepared, serial: Draw) -> handle.Outcome:
        outcome, response = prepared.filled(serial, int(self._now(attempt)))
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
        match = self._routes.unseen(context.request) if lenient and context.answer is None else None
        if match is None or error.status not in (400, 404):
            raise Refused(error)
        attempt.endpoint = match.endpoint
        if attempt.source == "default":
            self._check_strict(attempt, match.endpoint)
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
        heading, word, encoding = attempt.heading, attempt.word, self.models.encodings.get(reading.model)
        prepared = reading.prepared((word.answer, encoding))
        if prepared is None:
            return None
        as_it_was = heading.scenario, heading.is_sdk, settings, script, encoding
        return Routine(*as_it_was, word, attempt.source, prepared, standard[headers.OWN :])

    def _prepared(self, attempt: Attempt, reading: Reading) -> Prepared | None:
        """The answer with its ids and times left open, if there can be one; made now if it was not."""
        basis = (attempt.word.answer, self.models.encodings.get(reading.model))
        known = reading.prepared(basis)
        if known:
            attempt.shared = True
            return known
        made = prepare(lambda serial, time, store: self._context(attempt, reading, serial, time, store=store))
        if made is None:
            reading.repeatable = False
        elif self._readings.find(attempt.request, attempt.heading) is reading:  # else the seed was changed meanwhile
            self._readings.keep_prepared(reading, made, of=basis)
        return made

    def _upgrade(self, attempt: Attempt, context: Context, begin: Callable[[Context, Service], Dialogue]) -> Rendered:
        """Accept an upgrade; no word is played on it, for words are the calls' that follow."""
        accepting = handshake.accepting(attempt.request, context.endpoint.subprotocols)
        if find_spec("websockets") is None:
            self.problems.append(explain.no_websockets(attempt.asked))
            raise Refused(errors.no_websockets())
        dialogue = begin(context, _Answering(self, attempt.request))
        attempt.source = "default"
        sent = headers.merged(self._standard_headers(attempt), accepting)
        return Rendered(101, sent, ready=Upgrade(sent, dialogue))

    def _context_now(self, attempt: Attempt, reading: Reading, history: tuple[JSON, ...]) -> Context:
        return self._context(attempt, reading, self._serial(attempt), self._now(attempt), history)

    def _now(self, attempt: Attempt) -> float:
        """Unix time in seconds, by the clock as it is set when the request comes."""
        return attempt.clock.time(attempt.started)

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
            models=self.models,
            store=store or self._state.store,
            history=history,
            job_seconds=self._settings.job_seconds,
            forgiving=self._settings.unknown_ids == "synthesize",
            call=partial(self._called, attempt.request),
            announce=self.webhooks.announce,
        )

    def _called(self, opening: Request, path: str, body: JSON, *more: tuple[str, str]) -> Answered:
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

    def _asked(self, attempt: Attempt) -> Word | None:
        """The word that the request asks for itself."""
        return scenario.asked(attempt.heading.scenario) if self._settings.scenario_header else None

    def _word(self, attempt: Attempt, endpoint: Endpoint) -> tuple[Word, Source]:
        """The word for this call and where it is from; without one a deck answers, or it is made up; not if strict."""
        asked = None if endpoint.named_only else self._asked(attempt)
        if asked is not None:
            return scenario.checked(asked, endpoint), "header"
        inquiry = attempt.asked
        word, attempt.stands = self._take(inquiry, endpoint)
        if word is None:
            self._check_strict(attempt, endpoint)
        chaos = self._settings.chaos
        strikes = chaos is not None and attempt.stands
        struck = chaos.strike(self._serial(attempt), word, endpoint.kinds) if chaos and strikes else None
        if struck is not None and not endpoint.named_only:
            return struck, "chaos"
        return (NOTHING, "default") if word is None else (word, "rule")

    def _check_strict(self, attempt: Attempt, endpoint: Endpoint) -> None:
        """Refuse to make up an answer, if the mock is strict; raises `Refused`.

        A deck answers all but what is said in dialogues.
        """
        derived = endpoint.contract == "derived"
        if not self.settings.strict or (self.deck is not None and attempt.request.method != IN_DIALOGUE):
            return
        if endpoint.named_only or not (endpoint.kinds - _FAILURE or derived):
            return
        inquiry = attempt.asked
        kinds = endpoint.kinds
        explained = explain.unscripted_derived(inquiry) if derived else explain.unscripted(inquiry, self.script, kinds)
        self.problems.append(explained)
        raise Refused(errors.unscripted(explain.unscripted_headline(inquiry)))

    def _noted(self, attempt: Attempt, error: Error) -> Error:
        """The error, noted as what this call is answered with."""
        if error.code == "script_mistake":
            self.problems.append(explain.mistake(attempt.asked, attempt.word, error.message))
        attempt.response = error.envelope()
        attempt.retry_after = error.retry_after
        return error

    def _error_reply(self, attempt: Attempt, error: Error) -> Rendered:
        return handle.rendered_error(error, self._standard_headers(attempt), self.settings.retry_waits)

    def _standard_headers(self, attempt: Attempt) -> Headers:
        tokens = attempt.usage.total_tokens if attempt.usage else 0
        standard = headers.standard(self._request_id(attempt), tokens)
        if attempt.admission:
            standard = headers.merged(standard, attempt.admission.headers)
        return (*standard, *self._own_headers(attempt))

    def _own_headers(self, attempt: Attempt) -> Headers:
        """What the mock itself has to say."""
        told = scenario.told(attempt.word, attempt.source, attempt.usage)
        if attempt.endpoint is not None and attempt.endpoint.contract == "derived":
            told = (*told, _DERIVED)
        closes = not self._settings.keep_alive and attempt.heading.is_sdk
        return (*told, ("connection", "close")) if closes else told

    def _request_id(self, attempt: Attempt) -> str:
        attempt.request_id = attempt.request_id or headers.request_id(self._serial(attempt))
        return attempt.request_id

    def _serial(self, attempt: Attempt) -> Draw:
        """A draw of its own for each repetition of a request, so that ids are unique within a run.

        A request that was refused before it was read counts as a repetition of its target.
        """
        if attempt.serial is None:
            target = attempt.request.target.encode("utf-8", "surrogatepass")
            attempt.serial = draw_for(self.settings.seed, target, self._state.seen(count_key(target)))
        return attempt.serial

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
            self._request_id(attempt),
            rendered.headers,
            attempt.clock.time(started),
            started,
            self._real_time() - started,
            0 if attempt.shared else len(attempt.request.body) + len(rendered.body),
        )


def _id_of(reply: Reply) -> str:
    return dict(reply.headers).get("x-request-id", "")
