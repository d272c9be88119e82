"""The shell round the core: holds clock, script, models and records, and turns a request into an exchange to play."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

from pytest_mockopenai import explain
from pytest_mockopenai.contract import params
from pytest_mockopenai.core import errors, handle, handshake, headers, scenario
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Context, Endpoint, Models, Service
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.pace import Rendered, paced
from pytest_mockopenai.core.routes import Match, Routes
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.wire import Dialogue, Headers, Request
from pytest_mockopenai.core.word import Timing, Word
from pytest_mockopenai.exchange import NOTHING, Attempt, Exchange
from pytest_mockopenai.observing import InFlight, Observed, Observer
from pytest_mockopenai.recorder import Call, Recorder, redacted
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.store import Store

_REMEMBERED = 100_000  # requests whose repetitions are counted; the one longest not seen is forgotten first


@dataclass(frozen=True, slots=True)
class _Answering:
    """The app, as a dialogue sees it: the handshake is what its calls came with."""

    app: App
    request: Request

    def check(self, params_name: str, body: Mapping[str, Any], *, known: frozenset[str] = frozenset()) -> Error | None:
        return params.check(params_name, body, known=known)

    def turn(
        self, endpoint: Endpoint, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]
    ) -> Exchange | Observed:
        return self.app.turn(endpoint, self.request, body, failed)


class App:
    """One mock: everything but the socket. Safe to use from many threads."""

    def __init__(
        self,
        routes: Routes,
        models: Models,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        """`observers` are told of each call that begins and ends; more may be added to the attribute later."""
        self.observers = observers
        self.settings = settings or Settings()
        self.models = models
        self.recorder = Recorder()
        self.problems: list[str] = []
        self._routes = routes
        self._store = Store()
        self._clock = clock
        self._lock = threading.Lock()
        self._script = Script()
        self._seen: dict[bytes, int] = {}
        self._running = InFlight()

    # --- the script ---------------------------------------------------------------------------------------------------

    @property
    def script(self) -> Script:
        """The rules and the words they still have."""
        return self._script

    def change_script(self, change: Callable[[Script], Script]) -> None:
        """Put the changed script in the place of the present one."""
        with self._lock:
            self._script = change(self._script)

    def _take(self, inquiry: Inquiry, endpoint: Endpoint) -> Word | None:
        """The word for a call. Rules are tried without the lock: a `where=` function may itself script the mock."""
        while True:
            script = self._script
            word, after = script.take(inquiry, endpoint.kinds, named_only=endpoint.named_only)
            with self._lock:
                if self._script is script:  # else another call or the test was faster: try again on what is left
                    self._script = after
                    return word

    def reset(self) -> None:
        """Forget script, calls, usage, problems and all that was stored, as a new app."""
        with self._lock:
            self.recorder = Recorder(self.recorder.limit)
            self.problems = []
            self._store = Store()
            self._script = Script()
            self._seen = {}

    # --- one request --------------------------------------------------------------------------------------------------

    def exchange(self, request: Request) -> Exchange | Observed:
        """Answer a request and record the call; never raises."""
        attempt = Attempt(request)
        attempt.serial = self._serial(request.target.encode("utf-8", "surrogatepass"))
        return self._concluded(attempt, lambda: self._answer(attempt), lambda error: self._error_reply(attempt, error))

    def turn(
        self, endpoint: Endpoint, opening: Request, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]
    ) -> Exchange | Observed:
        """Answer a call that is a message of a WebSocket, and record it; see `core.endpoint.Service.turn`."""
        attempt = Attempt(replace(opening, method=IN_DIALOGUE, body=b""), stream=True)
        attempt.serial = self._serial(opening.target.encode("utf-8", "surrogatepass"))

        def refusal(error: Error) -> Rendered:
            return Rendered(error.status, (), events=tuple(failed(error, attempt.serial)))

        return self._concluded(attempt, lambda: self._said(attempt, endpoint, body), refusal)

    def _concluded(
        self, attempt: Attempt, answer: Callable[[], Rendered], refusal: Callable[[Error], Rendered]
    ) -> Exchange | Observed:
        """The answer, or what an error makes of it; timed, broken and recorded."""
        started = self._clock()
        try:
            rendered = answer()
        except Refused as refused:
            rendered = refusal(self._noted(attempt, refused.error))
        except Exception as bug:
            self.problems.append(explain.bug(attempt.inquiry, traceback.format_exc()))
            rendered = refusal(self._noted(attempt, errors.our_bug(bug)))
        reply = paced(rendered, attempt.word.timing or self._latency(attempt), attempt.word.fault)
        call = self._record(attempt, rendered, started)
        exchange = Exchange(reply, self.recorder, self.recorder.add(call))
        observers = self._watching()
        return Observed(exchange, call, observers, self._clock) if observers else exchange

    def _watching(self) -> tuple[Observer, ...]:
        """Who watches this call; the number in flight is counted only where a latency asks for it."""
        latency = self.settings.latency
        return (*self.observers, self._running) if latency is not None and latency.grows else self.observers

    def _latency(self, attempt: Attempt) -> Timing | None:
        """How long the model takes if no word says; errors and what costs no tokens are answered at once."""
        latency = self.settings.latency
        if latency is None or attempt.usage is None:
            return None
        return latency.timing(attempt.serial.child("latency"), attempt.usage, self._running.count + 1)

    def _answer(self, attempt: Attempt) -> Rendered:
        """Steps 2 to 8 of a request's life; raises `Refused` for an error reply."""
        if len(attempt.request.body) > self.settings.body_limit:
            raise Refused(errors.too_large(self.settings.body_limit))
        match = self._routes.match(attempt.request)
        attempt.asked = scenario.asked(attempt.request) if self.settings.scenario_header else None
        self._check_key(attempt.request, match.endpoint)
        context = self._context(attempt, match)
        self._check_model(context)
        if match.endpoint.dialogue is not None:
            return self._upgrade(attempt, context, match.endpoint.dialogue)
        outcome = self._outcome(attempt, context)
        return handle.rendered(outcome, match.endpoint, self._standard_headers(attempt))

    def _said(self, attempt: Attempt, endpoint: Endpoint, body: JSON) -> Rendered:
        """The same for a call of a dialogue, whose handshake has been checked."""
        attempt.asked = scenario.asked(attempt.request) if self.settings.scenario_header else None
        context = self._context_of(attempt, Match(endpoint, {}), body)
        self._check_model(context)
        outcome = self._outcome(attempt, context, streams=True)
        return handle.rendered_messages(outcome, endpoint, _request_id(attempt))

    def _outcome(self, attempt: Attempt, context: Context, *, streams: bool | None = None) -> handle.Outcome:
        """Plays the scripted word, or makes an answer up; raises `Refused` for an error word."""
        attempt.word, attempt.source = self._word(attempt, context)
        if attempt.word.error:
            error = context.endpoint.errors.get(attempt.word.error.code or "", attempt.word.error)
            raise Refused(error.filled(model=context.model, request_id=_request_id(attempt)))
        outcome = handle.answered(replace(context, answer=attempt.word.answer), streams=streams)
        finished = outcome.finished
        attempt.usage, attempt.response, attempt.stream = finished.usage, finished.object, outcome.events is not None
        return outcome

    def _upgrade(self, attempt: Attempt, context: Context, begin: Callable[[Context, Service], Dialogue]) -> Rendered:
        """Accept an upgrade; no word is played on it, for words are the calls' that follow."""
        accepting = handshake.accepting(attempt.request, context.endpoint.subprotocols)
        if find_spec("websockets") is None:
            self.problems.append(explain.no_websockets(attempt.inquiry))
            raise Refused(errors.no_websockets())
        dialogue = begin(context, _Answering(self, attempt.request))
        attempt.source = "default"
        return Rendered(101, headers.merged(self._standard_headers(attempt), accepting), dialogue=dialogue)

    def _context(self, attempt: Attempt, match: Match) -> Context:
        """Read and check the body; what is known of the request is noted in the attempt as soon as it is known."""
        endpoint = match.endpoint
        attempt.inquiry = Inquiry(endpoint.resource, attempt.request, {}, match.path.get("model", ""))
        body = handle.read_body(endpoint, attempt.request)
        if match.deployment:
            body.setdefault("model", match.deployment)
        if endpoint.dialogue is not None:
            body.update(_model_in_query(attempt.request))
        return self._context_of(attempt, match, body)

    def _context_of(self, attempt: Attempt, match: Match, body: JSON) -> Context:
        endpoint = match.endpoint
        model = match.path.get("model") or body.get("model")
        attempt.inquiry = Inquiry(endpoint.resource, attempt.request, body, model if isinstance(model, str) else "")
        handle.check_body(endpoint, body, params.check)
        history = endpoint.history(body, self._store) if endpoint.history else ()
        attempt.inquiry = attempt.inquiry.after(history)
        text = handle.seed_text(endpoint, match.path, body)
        attempt.serial = self._serial(text)
        return Context(
            endpoint=endpoint,
            request=attempt.request,
            path=match.path,
            body=body,
            inquiry=attempt.inquiry,
            answer=None,
            draw=draw_for(self.settings.seed, text),
            serial=attempt.serial,
            time=self._clock(),
            models=self.models,
            store=self._store,
            history=history,
        )

    def _check_key(self, request: Request, endpoint: Endpoint) -> None:
        key = handshake.key_of(request)
        if key is None and self.settings.require_key and not endpoint.keyless:
            raise Refused(errors.missing_key())
        if key is not None and key in self.settings.invalid_keys:
            raise Refused(errors.invalid_key(key))

    def _check_model(self, context: Context) -> None:
        if self.settings.models == "strict" and "model" in context.body and not self.models.knows(context.model):
            raise Refused(errors.model_not_found(context.model))

    def _word(self, attempt: Attempt, context: Context) -> tuple[Word, Source]:
        """The word for this call and where it is from; none, and the answer is made up, unless the mock is strict."""
        if attempt.asked is not None and not context.endpoint.named_only:
            return scenario.checked(attempt.asked, context.endpoint), "header"
        word = self._take(context.inquiry, context.endpoint)
        if word is not None:
            return word, "rule"
        if self.settings.strict and context.endpoint.kinds and not context.endpoint.named_only:
            self.problems.append(explain.unscripted(context.inquiry, self.script, context.endpoint.kinds))
            raise Refused(errors.unscripted(explain.unscripted_headline(context.inquiry)))
        return NOTHING, "default"

    def _noted(self, attempt: Attempt, error: Error) -> Error:
        """The error, noted as what this call is answered with."""
        if error.code == "script_mistake":
            self.problems.append(explain.mistake(attempt.inquiry, attempt.word, error.message))
        attempt.response = error.envelope()
        attempt.retry_after = error.retry_after
        return error

    def _error_reply(self, attempt: Attempt, error: Error) -> Rendered:
        return handle.rendered_error(error, self._standard_headers(attempt), self.settings.retry_waits)

    def _standard_headers(self, attempt: Attempt) -> Headers:
        tokens = attempt.usage.total_tokens if attempt.usage else 0
        standard = headers.standard(_request_id(attempt), attempt.serial.child("headers"), tokens)
        standard = (*standard, *scenario.told(attempt.word, attempt.source, attempt.usage))
        closes = self.settings.close_async and (attempt.request.header("x-stainless-async") or "").startswith("async")
        return (*standard, ("connection", "close")) if closes else standard

    def _serial(self, text: bytes) -> Draw:
        """A draw of its own for each repetition of the same request, so that ids are unique within a run."""
        key = blake2b(text, digest_size=16).digest()
        with self._lock:
            count = self._seen.pop(key, 0) + 1
            self._seen[key] = count
            if len(self._seen) > _REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return draw_for(self.settings.seed, text, count)

    def _record(self, attempt: Attempt, rendered: Rendered, started: float) -> Call:
        word = attempt.word
        return Call(
            index=0,
            inquiry=replace(attempt.inquiry, request=redacted(attempt.request)),
            path=attempt.request.path,
            status=rendered.status,
            stream=attempt.stream,
            response=attempt.response,
            usage=attempt.usage,
            word=str(word) if word.label else None,
            source=attempt.source,
            fault=word.fault.kind if word.fault else None,
            retry_after=attempt.retry_after,
            request_id=_request_id(attempt),
            response_headers=rendered.headers,
            started=started,
            seconds=self._clock() - started,
        )


def _request_id(attempt: Attempt) -> str:
    attempt.request_id = attempt.request_id or headers.request_id(attempt.serial)
    return attempt.request_id


def _model_in_query(request: Request) -> JSON:
    """The model that a WebSocket is opened for; Azure calls it the deployment."""
    asked = dict(request.query)
    model = asked.get("model") or asked.get("deployment")
    return {"model": model} if model else {}
