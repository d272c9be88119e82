"""Endpoints without a socket: a request value in, a reply value out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_mockopenai.app import App
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Reply, Request, Send, Stream, Whole, body_of
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.scripting import Scripted, when
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import State

NOW = 1_800_000_000
KEY = ("authorization", "Bearer sk-test")


@dataclass(frozen=True)
class Answered:
    """A reply, read."""

    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def text(self) -> bytes:
        return body_of(self.reply)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> Any:
        return self.json["error"]

    def header(self, name: str) -> str | None:
        return dict(self.reply.headers).get(name)

    def chunks(self) -> list[Any]:
        """The events of a stream; it ends with `[DONE]`."""
        assert isinstance(self.reply, Stream)
        events = [step.data.decode() for step in self.reply.steps if isinstance(step, Send)]
        assert events.pop() == "data: [DONE]\n\n"
        return [json.loads(event.removeprefix("data: ")) for event in events]

    def events(self) -> list[Any]:
        """The events of a stream of the Responses API, numbered without a gap; each is named by its type."""
        assert isinstance(self.reply, Stream)
        lines = [step.data.decode().split("\n") for step in self.reply.steps if isinstance(step, Send)]
        events = [json.loads(data.removeprefix("data: ")) for _, data, *_ in lines]
        assert [name for name, *_ in lines] == [f"event: {event['type']}" for event in events]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        return events


class Api:
    """One app, with a clock that stands still unless `time` is changed; `state` may be shared with others."""

    def __init__(self, *, state: State | None = None, **settings: Any) -> None:
        self.models = KnownModels()
        self.time: float = NOW
        self.app = App(
            Routes(all_endpoints()), self.models, Settings(**settings), real_time=lambda: self.time, state=state
        )

    def reply(self, *words: object) -> None:
        Scripted(self.app, when()).reply(*words)

    def send(self, method: str, target: str, body: Any = None, *headers: tuple[str, str]) -> Answered:
        """Send JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = headers or (KEY, ("content-type", "application/json"))
        return Answered(self.app.exchange(Request(method, target, sent, data)).reply)

    def chat(self, **more: Any) -> Answered:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **more}
        return self.send("POST", "/v1/chat/completions", {k: v for k, v in body.items() if v is not ...})

    def respond(self, **more: Any) -> Answered:
        body = {"model": "gpt-4o", "input": "Hi", **more}
        return self.send("POST", "/v1/responses", {k: v for k, v in body.items() if v is not ...})

    def get(self, target: str) -> Answered:
        return self.send("GET", target, None, KEY)

    def form(self, target: str, *parts: tuple[str, str | tuple[str, bytes]]) -> Answered:
        """Send a form: a text by its name, or a file with its own name and its bytes."""
        return self.send("POST", target, form_of(parts), KEY, ("content-type", "multipart/form-data; boundary=B"))

    def upload(self, data: bytes, name: str = "data.jsonl", purpose: str = "batch", **more: str) -> Answered:
        """Upload a file."""
        return self.form("/v1/files", ("purpose", purpose), ("file", (name, data)), *more.items())


def form_of(parts: Iterable[tuple[str, str | tuple[str, bytes]]]) -> bytes:
    """The body of a form whose boundary is B."""
    made = b""
    for name, value in parts:
        filename, data = ("", value.encode()) if isinstance(value, str) else (f'; filename="{value[0]}"', value[1])
        made += f'--B\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'.encode() + data + b"\r\n"
    return made + b"--B--\r\n"


@pytest.fixture
def api() -> Iterator[Api]:
    """A fresh app; a failure of its own fails the test."""
    made = Api()
    yield made
    assert made.app.problems == []


def folded(chunks: list[Any]) -> dict[int, dict[str, Any]]:
    """What a client that reads all chunks knows of each choice."""
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for part in chunk["choices"]:
            choice = choices.setdefault(part["index"], {"content": None, "refusal": None, "calls": {}, "finish": None})
            _fold(choice, part)
    return choices


def _fold(choice: dict[str, Any], part: dict[str, Any]) -> None:
    delta = part["delta"]
    for name in ("content", "refusal"):
        if delta.get(name) is not None:
            choice[name] = (choice[name] or "") + delta[name]
    for call in delta.get("tool_calls", ()):
        kind = call.get("type") or ("custom" if "custom" in call else "function")
        text = call[kind].get("arguments", call[kind].get("input"))
        if call["index"] in choice["calls"]:
            assert "id" not in call
            assert "name" not in call[kind]
            choice["calls"][call["index"]][2] += text
        else:
            choice["calls"][call["index"]] = [call["id"], call[kind]["name"], text]
    choice["finish"] = part["finish_reason"] or choice["finish"]


def whole_choice(choice: dict[str, Any]) -> dict[str, Any]:
    """The same of a finished choice."""
    message = choice["message"]
    calls = {}
    for index, call in enumerate(message.get("tool_calls") or ()):
        body = call[call["type"]]
        calls[index] = [call["id"], body["name"], body.get("arguments", body.get("input"))]
    return {
        "content": message["content"],
        "refusal": message["refusal"],
        "calls": calls,
        "finish": choice["finish_reason"],
    }


def assert_whole(reply: Reply) -> Whole:
    assert isinstance(reply, Whole)
    return reply
