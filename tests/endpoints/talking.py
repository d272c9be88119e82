"""A WebSocket without a socket: client events in, server events out; every one of them must be of the SDK's types."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pydantic

from pytest_mockopenai.core.wire import Cut, Request, Send, Upgrade
from tests.endpoints.conftest import KEY, Answered, Api

HANDSHAKE = (
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-key", base64.b64encode(bytes(16)).decode()),
    ("sec-websocket-version", "13"),
)
BETA = ("openai-beta", "realtime=v1")
TEXT: Any = {"type": "realtime", "output_modalities": ["text"]}
Event = dict[str, Any]


def user(text: str, **more: Any) -> Event:
    """A message of the user."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


class Conversing:
    """An open WebSocket; `ended` if a fault ended it."""

    def __init__(self, reply: Upgrade, beta: bool) -> None:
        self.dialogue = reply.dialogue
        self.headers = dict(reply.headers)
        self.ended: str | None = None
        self.waits: list[float] = []
        self._adapter = _adapter(beta)

    def take(self, count: int | None = None) -> list[Event]:
        """So many messages that wait to be sent, or all of them."""
        events: list[Event] = []
        while self.dialogue.steps and len(events) != count:
            step = self.dialogue.steps[0]
            self.dialogue.advance()
            if isinstance(step, Cut):
                self.ended = step.how
                break
            self.waits.append(step.after)
            events.append(self._checked(json.loads(step.data)))
        return events

    def raw(self) -> list[bytes]:
        """The messages that wait to be sent, as bytes, left where they are."""
        return [step.data for step in self.dialogue.steps if isinstance(step, Send)]

    def tell(self, type_: str, **more: Any) -> None:
        """Send an event."""
        self.dialogue.receive(json.dumps({"type": type_, **more}))

    def send(self, type_: str, **more: Any) -> list[Event]:
        """Send an event; all that is answered."""
        self.tell(type_, **more)
        return self.take()

    def error(self, type_: str, **more: Any) -> Event:
        """Send an event that is refused with one `error` event."""
        (event,) = self.send(type_, **more)
        assert event["type"] == "error", event
        error: Event = event["error"]
        return error

    def respond(self, text: str | None = None, **overrides: Any) -> list[Event]:
        """Say something, and have it answered."""
        if text is not None:
            self.send("conversation.item.create", item=user(text))
        return self.send("response.create", **({"response": overrides} if overrides else {}))

    def _checked(self, event: Event) -> Event:
        assert self._adapter.validate_python(event).type == event["type"]
        return event


@cache
def _adapter(beta: bool) -> pydantic.TypeAdapter[Any]:
    if beta:
        from openai.types.beta.realtime import RealtimeServerEvent as BetaEvent

        return pydantic.TypeAdapter(BetaEvent)
    from openai.types.realtime import RealtimeServerEvent

    return pydantic.TypeAdapter(RealtimeServerEvent)


def handshake(api: Api, target: str, *headers: tuple[str, str], key: tuple[str, str] | None = KEY) -> Any:
    """The reply to an upgrade."""
    sent = (*HANDSHAKE, *headers, *((key,) if key else ()))
    return api.app.exchange(Request("GET", target, sent)).reply


def opened(api: Api, target: str = "/v1/realtime?model=gpt-realtime", *headers: tuple[str, str], **more: Any) -> Any:
    """An open WebSocket, of which nothing has been read."""
    reply = handshake(api, target, *headers, **more)
    assert isinstance(reply, Upgrade), Answered(reply).json
    return Conversing(reply, BETA in headers)


def talking(
    api: Api, target: str = "/v1/realtime?model=gpt-realtime", *headers: tuple[str, str], **session: Any
) -> Any:
    """An open WebSocket whose greeting was read; with settings of the session."""
    conversing = opened(api, target, *headers)
    assert [event["type"] for event in conversing.take()] == ["session.created"]
    if session:
        given = session if BETA in headers else {"type": "realtime", **session}
        (updated,) = conversing.send("session.update", session=given)
        assert updated["type"] == "session.updated", updated
    return conversing


def kinds(events: Sequence[Event]) -> list[str]:
    """The types of some events, repeated ones once."""
    found: list[str] = []
    for event in events:
        if not found or found[-1] != event["type"]:
            found.append(event["type"])
    return found


def of(events: Sequence[Event], type_: str) -> list[Event]:
    """The events of one type."""
    return [event for event in events if event["type"] == type_]


def done(events: Sequence[Event]) -> Event:
    """The response of the `response.done` that these events end with."""
    assert events[-1]["type"] == "response.done", events[-1]
    response: Event = events[-1]["response"]
    return response


_DELTAS = {
    "response.output_text.delta": ("text", "text"),
    "response.text.delta": ("text", "text"),
    "response.output_audio_transcript.delta": ("audio", "transcript"),
    "response.audio_transcript.delta": ("audio", "transcript"),
}


def folded(events: Sequence[Event]) -> list[Event]:
    """The items that a client builds from a response's events: what is added, deltas, and nothing of `done` events."""
    items: list[Event] = []
    for event in events:
        if event["type"] == "response.output_item.added":
            items.append({**event["item"], "parts": []})
        elif event["type"] == "response.content_part.added":
            items[event["output_index"]]["parts"].append(dict(event["part"]))
        elif event["type"] in _DELTAS:
            kind, key = _DELTAS[event["type"]]
            part = items[event["output_index"]]["parts"][event["content_index"]]
            assert part["type"] == kind
            part[key] += event["delta"]
        elif event["type"] == "response.function_call_arguments.delta":
            items[event["output_index"]]["arguments"] += event["delta"]
    return items


def said(items: Sequence[Event]) -> list[Any]:
    """What items say, whichever form they have: texts and transcripts, or a call's name and arguments."""
    return [_said(item) for item in items]


def _said(item: Event) -> Any:
    if item["type"] == "function_call":
        return item["name"], item["call_id"], item["arguments"]
    return [part.get("text", part.get("transcript")) for part in item.get("parts") or item["content"]]
