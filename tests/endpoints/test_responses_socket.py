"""Responses over WebSocket: the same events as messages, lanes, what is continued without being stored, errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("openai.types.responses.responses_server_event")  # newer SDKs
from openai.types.responses import ResponsesServerEvent
from pydantic import TypeAdapter

from pytest_mockopenai.core import words
from pytest_mockopenai.core.wire import Cut, Send, Upgrade
from tests.endpoints.conftest import Api
from tests.endpoints.folding import folded, text_of
from tests.endpoints.talking import handshake

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponsesServerEvent)


class Talking:
    """A connection: what is said to it, and all that is then sent."""

    def __init__(self, api: Api) -> None:
        reply = handshake(api, "/v1/responses")
        assert isinstance(reply, Upgrade)
        self.dialogue = reply.dialogue
        self.endings: list[Cut] = []

    def send(self, **event: Any) -> list[Any]:
        return self.raw(json.dumps(event))

    def raw(self, message: str) -> list[Any]:
        self.dialogue.receive(message)
        events = []
        while self.dialogue.steps:
            step = self.dialogue.steps[0]
            self.dialogue.advance()
            if isinstance(step, Send):
                events.append(EVENTS.validate_python(json.loads(step.data)) and json.loads(step.data))
            else:
                self.endings.append(step)
                break
        return events

    def create(self, **more: Any) -> list[Any]:
        return self.send(type="response.create", **{"model": "gpt-4o", "input": "Hi", **more})

    def done(self, **more: Any) -> Any:
        return self.create(**more)[-1]["response"]

    def error(self, **more: Any) -> Any:
        (event,) = self.create(**more)
        assert event["type"] == "error"
        return event


@pytest.fixture
def talking(api: Api) -> Talking:
    return Talking(api)


def test_the_events_are_those_of_the_stream(api: Api, talking: Talking) -> None:
    said = words.says("Look:") | words.tool_call("f", a="x")
    api.reply(said, said)
    messages, streamed = talking.create(), api.respond(stream=True).events()
    assert [event["type"] for event in messages] == [event["type"] for event in streamed]
    assert [event["sequence_number"] for event in messages] == list(range(len(messages)))
    assert folded(messages) == messages[-1]["response"]["output"]


def test_calls_are_recorded(api: Api, talking: Talking) -> None:
    api.reply("Paris")
    talking.create(input="France?")
    handshake_, call = api.app.recorder.calls()
    assert (handshake_.method, handshake_.status) == ("GET", 101)
    assert (call.method, call.path, call.endpoint, call.status) == ("WS", "/v1/responses", "responses", 200)
    assert (call.last_message, call.word, call.stream, call.ended) == ("France?", "says('Paris')", True, "done")
    assert call.usage is not None
    assert call.usage.completion_tokens == 2


def test_lanes_are_marked(talking: Talking) -> None:
    assert {event["stream_id"] for event in talking.create(stream_id="left")} == {"left"}
    assert talking.error(stream_id="right", nonsense=1)["stream_id"] == "right"
    assert not any("stream_id" in event for event in talking.create())


def test_what_is_not_stored_is_continued_here_only(api: Api, talking: Talking) -> None:
    api.reply("One.", "Two.")
    first = talking.done(input="a", store=False)
    second = talking.done(input="b", previous_response_id=first["id"], store=False)
    assert text_of(second) == "Two."
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    assert api.get(f"/v1/responses/{first['id']}").status == 404
    refused = (
        Talking(api).error(previous_response_id=first["id"])["error"],
        api.respond(previous_response_id=first["id"]).error,
    )
    assert {error["code"] for error in refused} == {"previous_response_not_found"}


def test_what_is_stored_is_continued_anywhere(api: Api, talking: Talking) -> None:
    first = talking.done(input="a")
    assert api.get(f"/v1/responses/{first['id']}").json == first
    assert Talking(api).done(previous_response_id=first["id"])["previous_response_id"] == first["id"]


def test_preparing_generates_nothing_and_uses_up_no_word(api: Api, talking: Talking) -> None:
    api.reply("Paris")
    prepared = talking.done(input="France?", generate=False)
    assert (prepared["status"], prepared["output"]) == ("completed", [])
    assert text_of(talking.done(input="Go on", previous_response_id=prepared["id"])) == "Paris"


@pytest.mark.parametrize(
    ("event", "status", "param"),
    [
        ({"type": "response.create", "input": "Hi"}, 400, "model"),
        ({"type": "response.create", "model": "gpt-4o", "input": "Hi", "background": True}, 400, "background"),
        ({"type": "response.create", "model": "gpt-4o", "input": 1}, 400, "input"),
        ({"type": "response.cancel"}, 400, "type"),
        ({}, 400, "type"),
    ],
)
def test_wrong_events(talking: Talking, event: dict[str, Any], status: int, param: str) -> None:
    (error,) = talking.send(**event)
    assert (error["type"], error["status"], error["error"]["param"]) == ("error", status, param)
    assert talking.done()["status"] == "completed"


@pytest.mark.parametrize("message", ["{", "[]", '"x"', "\u0000"])
def test_what_is_no_event(talking: Talking, message: str) -> None:
    (error,) = talking.raw(message)
    assert "could not parse the JSON body" in error["error"]["message"]


def test_steering_fails_as_the_api_says_it(talking: Talking) -> None:
    (failed,) = talking.send(type="response.steer", input="Stop", previous_response_id="resp_1")
    assert (failed["type"], failed["error"]["code"]) == ("response.steer.failed", "steering_not_supported")


def test_error_words(api: Api, talking: Talking) -> None:
    api.reply(words.rate_limit(), words.says("Paris") | words.error_event(after=3), words.fails("No."))
    assert (limited := talking.error())["status"] == 429
    assert limited["error"]["code"] == "rate_limit_exceeded"
    assert talking.create()[-1]["type"] == "error"
    assert talking.create()[-1]["type"] == "response.failed"


def test_timing_and_faults(api: Api, talking: Talking) -> None:
    api.reply(words.says("Paris") | words.slow(first=0.5, each=0.25) | words.cut(after=2))
    talking.dialogue.receive(json.dumps({"type": "response.create", "model": "gpt-4o", "input": "Hi"}))
    assert [step.after for step in talking.dialogue.steps] == [0.5, 0.25, 0.25]
    assert isinstance(talking.dialogue.steps[-1], Cut)
