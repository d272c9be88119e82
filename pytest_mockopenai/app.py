"""The shell round the core: holds clock, script, models and records, and turns a request into an exchange to play."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from pytest_mockopenai import explain
from pytest_mockopenai.contract import params
from pytest_mockopenai.core import errors, handle, headers
from pytest_mockopenai.core.endpoint import Context, Endpoint, Models
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.pace import Rendered, paced
from pytest_mockopenai.core.routes import Match, Routes
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers, Reply, Request
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Call, Ended, Recorder, redacted
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.store import Store

_NOTHING = Word()
_REMEMBERED = 100_000  # requests whose repetitions are counted; the one longest not seen is forgotten first


@dataclass(slots=True)
class _Attempt:
    """What has been found out about a request so far; an error may stop it anywhere."""

    request: Request
    inquiry: Inquiry = field(init=False)
    serial: Draw = field(init=False)
    word: Word = _NOTHING
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

    def ended(self, how: Ended) -> None:
        """Note how the exchange ended; a later report corrects an earlier one."""
        self._recorder.end(self._index, how)


class App:
    """One mock: everything but the socket. Safe to use from many threads."""

    def __init__(
        self,
        routes: Routes,
        models: Models,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
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
            word, after = script.take(inquiry, endpoint.kinds)
            with self._lock:
                if self._script is script:  # else another call or the test was faster: try again on what is left
                    self._script = after
                    return word

    # --- one request --------------------------------------------------------------------------------------------------

    def exchange(self, request: Request) -> Exchange:
        """Answer a request and record the call; never raises."""
        started = self._clock()
        attempt = _Attempt(request)
        attempt.serial = self._serial(request.target.encode("utf-8", "surrogatepass"))
        try:
            rendered = self._answer(attempt)
        except Refused as refused:
            rendered = self._refuse(attempt, refused.error)
        except Exception as bug:
            self.problems.append(explain.bug(attempt.inquiry, traceback.format_exc()))
            rendered = self._refuse(attempt, errors.our_bug(bug))
        reply = paced(rendered, attempt.word.timing, attempt.word.fault)
        index = self.recorder.add(self._record(attempt, rendered, started))
        return Exchange(reply, self.recorder, index)

    def _answer(self, attempt: _Attempt) -> Rendered:
        """Steps 2 to 8 of a request's life; raises `Refused` for an error reply."""
        if len(attempt.request.body) > self.settings.body_limit:
            raise Refused(errors.too_large(self.settings.body_limit))
        match = self._routes.match(attempt.request)
        self._check_key(attempt.request, match.endpoint)
        context = self._context(attempt, match)
        self._check_model(context)
        attempt.word = self._word(context)
        if attempt.word.error:
            raise Refused(attempt.word.error.filled(model=context.model, request_id=_request_id(attempt)))
        outcome = handle.answered(replace(context, answer=attempt.word.answer))
        finished = outcome.finished
        attempt.usage, attempt.response, attempt.stream = finished.usage, finished.object, outcome.events is not None
        return handle.rendered(outcome, match.endpoint, self._standard_headers(attempt))

    def _context(self, attempt: _Attempt, match: Match) -> Context:
        """Read and check the body; what is known of the request is noted in the attempt as soon as it is known."""
        endpoint = match.endpoint
        attempt.inquiry = Inquiry(endpoint.resource, attempt.request, {}, match.path.get("model", ""))
        body = handle.read_body(endpoint, attempt.request)
        if match.deployment:
            body.setdefault("model", match.deployment)
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
        key = _key_of(request)
        if key is None and self.settings.require_key and not endpoint.keyless:
            raise Refused(errors.missing_key())
        if key is not None and key in self.settings.invalid_keys:
            raise Refused(errors.invalid_key(key))

    def _check_model(self, context: Context) -> None:
        if self.settings.models == "strict" and "model" in context.body and not self.models.knows(context.model):
            raise Refused(errors.model_not_found(context.model))

    def _word(self, context: Context) -> Word:
        """The scripted word for this call; none, and the answer is made up, unless the mock is strict."""
        word = self._take(context.inquiry, context.endpoint)
        if word is not None:
            return word
        if self.settings.strict and context.endpoint.kinds:
            self.problems.append(explain.unscripted(context.inquiry, self.script, context.endpoint.kinds))
            raise Refused(errors.unscripted(explain.unscripted_headline(context.inquiry)))
        return _NOTHING

    def _refuse(self, attempt: _Attempt, error: Error) -> Rendered:
        if error.code == "script_mistake":
            self.problems.append(explain.mistake(attempt.inquiry, attempt.word, error.message))
        attempt.response = error.envelope()
        attempt.retry_after = error.retry_after
        return handle.rendered_error(error, self._standard_headers(attempt), self.settings.retry_waits)

    def _standard_headers(self, attempt: _Attempt) -> Headers:
        tokens = attempt.usage.total_tokens if attempt.usage else 0
        standard = headers.standard(_request_id(attempt), attempt.serial.child("headers"), tokens)
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

    def _record(self, attempt: _Attempt, rendered: Rendered, started: float) -> Call:
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
            fault=word.fault.kind if word.fault else None,
            retry_after=attempt.retry_after,
            request_id=_request_id(attempt),
            response_headers=rendered.headers,
            started=started,
            seconds=self._clock() - started,
        )


def _request_id(attempt: _Attempt) -> str:
    attempt.request_id = attempt.request_id or headers.request_id(attempt.serial)
    return attempt.request_id


def _key_of(request: Request) -> str | None:
    """The API key of a request: bearer token or Azure's `api-key`; an empty one is none."""
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    key = token.strip() if scheme.lower() in ("bearer", "basic") else request.header("api-key")
    return key or None
