"""One response: the answer as items, its usage, and its events. It is the call that a `response.create` makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import author, catalog, jsontext, sound
from pytest_mockopenai.core.answer import Answer, ToolCall
from pytest_mockopenai.core.author import Demand
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.tools import must_call
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.realtime.audio import format_of
from pytest_mockopenai.endpoints.realtime.events import NOT_YET, Voice, cancelled, events_of
from pytest_mockopenai.endpoints.realtime.ids import error_event, event_id, new_id
from pytest_mockopenai.endpoints.realtime.spent import Prompt, prompt_of, spent, usage_json
from pytest_mockopenai.endpoints.realtime.wire import Wire
from pytest_mockopenai.rendering.cutting import Limited, limited
from pytest_mockopenai.tokens import Tokenizer
from pytest_mockopenai.tokens.audio import output_tokens


@dataclass(slots=True)
class Response:
    """A response being made and sent, and what has become of it.

    `conversation_id` is None for one that stays out of the conversation; `before` is the item that it follows;
    `asked_by` is the id of the client's event. `told` are the events of its messages, in the GA form. `begun` are the
    ids of the items that it would have if it were sent to its end.
    """

    wire: Wire
    conversation_id: str | None
    before: str | None
    asked_by: str | None = None
    object: JSON = field(default_factory=dict)
    usage: Usage | None = None
    told: list[JSON] = field(default_factory=list)
    begun: tuple[str, ...] = ()
    _context: Context | None = None

    def endpoint(self) -> Endpoint:
        """The endpoint that makes this very response."""
        return replace(RESPOND, answer=self._answer, events=self._events, failure=self._failure)

    def failed(self, error: Error, serial: Draw) -> Iterator[bytes]:
        """What is sent of an error: a failed response if the model could not answer, else an `error` event."""
        draw = serial.child("events")
        if error.status != 429 and error.status < 500:
            yield from self._messages([error_event(error, self.asked_by)], draw)
            return
        id_ = new_id("resp", serial)
        begun = {"object": "realtime.response", "id": id_, "conversation_id": self.conversation_id, **NOT_YET}
        details = {"type": error.type, "code": error.code, "message": error.message}
        failed = {**begun, "status": "failed", "status_details": {"type": "failed", "error": details}}
        ends = (("response.created", begun), ("response.done", failed))
        yield from self._messages([{"type": kind, "response": response} for kind, response in ends], draw)

    def cancel(self, sent: int, reason: str) -> Iterator[bytes]:
        """Cut the response off after so many of its messages; gives those that end it."""
        assert self._context is not None
        created = self.told[:1] if not sent else []
        partial, ending = cancelled(self.told[:sent], self.object, self.before, reason)
        prompt = prompt_of(self._context)
        self.usage = spent(self._context, partial["output"], prompt)
        self.object = {**partial, "usage": usage_json(self.usage, prompt)}
        draw = self._context.serial.child("cancelled")
        return self._messages([*created, *ending, {"type": "response.done", "response": self.object}], draw)

    # --- as an endpoint -----------------------------------------------------------------------------------------------

    def _answer(self, context: Context) -> Finished:
        self._context = context
        body, prompt, fitting = context.body, prompt_of(context), _fitting(context)
        status, details = _status(fitting)
        items = _items(fitting.answer, status, context)
        self.begun = tuple(item["id"] for item in items) if self.conversation_id else ()
        self.usage = context.billed(_usage(context, items, fitting, prompt))
        self.object = {
            "object": "realtime.response",
            "id": new_id("resp", context.serial),
            "status": status,
            "status_details": details,
            "output": items,
            "conversation_id": self.conversation_id,
            "output_modalities": body["output_modalities"],
            "max_output_tokens": body["max_output_tokens"],
            "audio": {"output": {name: body["audio"]["output"][name] for name in ("format", "voice")}},
            "usage": usage_json(self.usage, prompt),
            "metadata": body.get("metadata"),
        }
        return Finished(self.wire.response(self.object), self.usage)

    def _events(self, context: Context, finished: Finished) -> Iterator[bytes]:
        encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
        output = context.body["audio"]["output"]
        voice = Voice(format_of(output["format"]), _speed(context))
        events = events_of(self.object, encoding, voice, self.before)
        return self._messages(events, context.serial.child("events"))

    def _failure(self, error: Error, sent: int) -> bytes:
        draw = self._context.serial.child(f"failure {sent}") if self._context else Draw(b"failure")
        return b"".join(self._messages([error_event(error, None)], draw))

    def _messages(self, events: Iterable[JSON], draw: Draw) -> Iterator[bytes]:
        for event in events:
            written = self.wire.event({"type": event["type"], "event_id": event_id(draw), **event})
            if written is not None:
                self.told.append(event)
                yield jsontext.dumps(written)


# --- the answer -------------------------------------------------------------------------------------------------------


def _fitting(context: Context) -> Limited:
    """What the model says, within the limit of tokens."""
    body = context.body
    effort = (body.get("reasoning") or {}).get("effort")
    demand = Demand(
        model=context.model,
        last_message=context.inquiry.last_message,
        must_call=must_call(body),
        reasoning_tokens=catalog.reasoning_tokens(context.model, effort),
    )
    answer = author.written(context.answer, demand, context.draw.child("answer"), param="tools")
    counter = tokens.tokenizer(context.model, context.models.encodings)
    return limited(answer, counter, _text_limit(context, answer, counter))


def _speaks(context: Context) -> bool:
    return "audio" in context.body["output_modalities"]


def _speed(context: Context) -> float:
    speed: float = context.body["audio"]["output"].get("speed") or 1.0
    return speed


def _text_limit(context: Context, answer: Answer, counter: Tokenizer) -> int | None:
    """How much of the limit is left for text; of what is spoken the sound has its share."""
    limit: Any = context.body["max_output_tokens"]
    if not isinstance(limit, int):
        return None
    said = answer.refusal or answer.text or ""
    if not said or not _speaks(context):
        return limit
    text, audio = counter.length(said), output_tokens(sound.seconds_for(said) / _speed(context)).tokens
    return limit if text + audio <= limit else limit * text // (text + audio)


def _usage(context: Context, items: list[JSON], fitting: Limited, prompt: Prompt) -> Usage:
    """The usage; an answer that was cut has exactly the tokens of the limit."""
    usage = spent(context, items, prompt, reasoning=fitting.reasoning_tokens)
    limit = context.body["max_output_tokens"]
    if not isinstance(limit, int) or (not fitting.cut and usage.completion_tokens <= limit):
        return usage
    return replace(usage, completion_tokens=limit, audio_tokens=min(usage.audio_tokens, limit))


def _status(fitting: Limited) -> tuple[str, JSON | None]:
    failure = fitting.answer.failure
    if failure:
        error = {"type": "server_error", "code": failure.code, "message": failure.message}
        return "failed", {"type": "failed", "error": error}
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(fitting.answer.finish_reason or "")
    if reason is None and fitting.cut:
        reason = "max_output_tokens"
    return ("incomplete", {"type": "incomplete", "reason": reason}) if reason else ("completed", None)


def _items(answer: Answer, status: str, context: Context) -> list[JSON]:
    """The answer as items: what is said first, then the calls of functions. A refusal is said as any text."""
    said = answer.refusal if answer.refusal is not None else answer.text
    status = "completed" if status == "completed" else "incomplete"
    items = [_call(call, context.serial.child(place)) for place, call in enumerate(answer.tool_calls)]
    if said is None:
        return items
    part = {"type": "output_audio", "transcript": said} if _speaks(context) else {"type": "output_text", "text": said}
    message = {
        "id": new_id("item", context.serial.child("message")),
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part],
    }
    return [message, *items]


def _call(call: ToolCall, serial: Draw) -> JSON:
    return {
        "id": new_id("item", serial),
        "object": "realtime.item",
        "type": "function_call",
        "status": "completed",
        "name": call.name,
        "call_id": "call_" + serial.child("call").alphanumeric(16),
        "arguments": call.arguments,
    }


def _unmade(context: Context) -> Finished:
    raise NotImplementedError("Response.endpoint() makes the answer")


RESPOND = Endpoint(IN_DIALOGUE, "/realtime", "realtime", _unmade, kinds=frozenset({"text", "failure"}))
