"""Calls made in a dialogue: any endpoint that streams can be one, and says there what it says over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mockopenai import cut, rate_limit, says, slow
from pytest_mockopenai.app import App
from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.dialogue import Talk
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished, Service
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.wire import Cut, Request, Send, Stream, Upgrade
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import KEY, NOW
from tests.endpoints.talking import HANDSHAKE

(RESPONSES,) = (each for each in all_endpoints() if (each.method, each.path) == ("POST", "/responses"))
BODY = {"model": "gpt-4o", "input": "Hi"}


class Asking(Talk):
    """Each message is the body of a response."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def receive(self, message: str | bytes) -> None:
        self.play(self._service.turn(RESPONSES, {**json.loads(message), "stream": True}, _failed))


def _failed(error: Error, serial: Draw) -> Iterator[bytes]:
    yield jsontext.dumps({"type": "error", "status": error.status, **error.envelope()})


def _nothing(context: Context) -> Finished:
    raise AssertionError


SOCKET = Endpoint("GET", "/responses", "responses", _nothing, dialogue=lambda context, service: Asking(service))


@pytest.fixture
def app() -> App:
    return App(Routes([SOCKET, RESPONSES]), KnownModels(), real_time=lambda: NOW)


def ask(app: App, *bodies: Any) -> list[Any]:
    """The steps that these messages are answered with."""
    reply = app.exchange(Request("GET", "/v1/responses", (*HANDSHAKE, KEY))).reply
    assert isinstance(reply, Upgrade)
    for body in bodies:
        reply.dialogue.receive(json.dumps(body))
    return list(reply.dialogue.steps)


def script(app: App, *words: object) -> None:
    Scripted(app, when()).reply(*words)


def test_the_messages_are_the_data_of_the_stream(app: App) -> None:
    script(app, "Hello there", "Hello there")
    messages = [json.loads(step.data) for step in ask(app, BODY)]
    body = json.dumps({**BODY, "stream": True}).encode()
    reply = app.exchange(Request("POST", "/v1/responses", (KEY, ("content-type", "application/json")), body)).reply
    assert isinstance(reply, Stream)
    events = [json.loads(step.data.partition(b"data: ")[2]) for step in reply.steps if isinstance(step, Send)]
    assert [message["type"] for message in messages] == [event["type"] for event in events]
    assert messages[-1]["response"]["output"][0]["content"] == events[-1]["response"]["output"][0]["content"]
    assert messages[-1]["response"]["id"] != events[-1]["response"]["id"]


def test_words_limits_and_records_are_those_of_every_call(app: App) -> None:
    script(app, says("x") | slow(first=2, each=1), rate_limit(), says("x") | cut(after=1))
    steps = ask(app, BODY, BODY, BODY, {**BODY, "inputs": "?"})
    assert [step.after for step in steps[:3]] == [2, 1, 1]
    errors = [json.loads(step.data) for step in steps if isinstance(step, Send) and b'"error","status"' in step.data]
    assert [(error["status"], error["error"]["param"]) for error in errors] == [(429, None), (400, "inputs")]
    assert Cut("close", 0.0) in steps
    calls = app.recorder.calls()[1:]
    assert [(call.method, call.status, call.last_message) for call in calls] == [
        *(("WS", 200, "Hi"), ("WS", 429, "Hi"), ("WS", 200, "Hi"), ("WS", 400, "Hi")),
    ]
    assert app.recorder.usage()["gpt-4o"].total_tokens == sum(call.usage.total_tokens for call in calls if call.usage)
