"""The admin API without a socket: requests in, replies out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_mockopenai.admin import Admin, Front
from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.scene import Scene

JSON = ("content-type", "application/json")
KEY = ("authorization", "Bearer sk-test")


class Desk:
    """A front with its scene; the status of the last reply is kept."""

    def __init__(self, token: str | None = None, cors: bool = False, **options: Any) -> None:
        self.scene = Scene()
        self.admin = Admin(self.scene, token=token, version="1.2.3", **options)
        self.front = Front(self.scene.app, self.admin, cors=cors)
        self.status = 0
        self.headers: dict[str, str] = {}

    def send(self, method: str, target: str, body: Any = None, *headers: tuple[str, str]) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        sent = headers or ((JSON,) if body is not None else ())
        reply = self.front.exchange(Request(method, target, sent, data)).reply
        self.status, self.headers = reply.status, dict(reply.headers)
        return json.loads(body_of(reply) or b"null")

    def get(self, target: str, *headers: tuple[str, str]) -> Any:
        return self.send("GET", f"/_mock/{target}", None, *headers)

    def chat(self, text: str = "Hi", *headers: tuple[str, str], **more: Any) -> Any:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}
        reply = self.send("POST", "/v1/chat/completions", body, KEY, JSON, *headers)
        return reply["choices"][0]["message"]["content"] if self.status == 200 else reply["error"]["code"]


@pytest.fixture
def desk() -> Desk:
    return Desk()
