"""Makes the calls of the table, and gives what the mock replies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from drift_table import CALLS, Call

from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request, Stream, Whole, body_of
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.recordings import events
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Settings

_BETA = {"OpenAI-Beta": "assistants=v2"}

Value = Any
"""The JSON of a reply, or the list of a stream's events."""


class Failed(Exception):
    """The mock refused one of the calls."""


def replies(calls: tuple[Call, ...] = CALLS) -> Iterator[tuple[str, Value]]:
    """The operation and the reply of each call. Raises `Failed`."""
    scene = Scene(Settings(require_key=False, unknown_ids="not_found"))
    saved: dict[str, str] = {}
    for call in calls:
        value = _sent(scene, call, saved)
        if call.saves:
            saved[call.saves] = value["id"]
        yield call.operation, value


def routes() -> Routes:
    """Where the mock answers."""
    return Routes(all_endpoints())


def _sent(scene: Scene, call: Call, saved: dict[str, str]) -> Value:
    filled = json.loads(_fill(json.dumps(call.body), saved))
    how = {"json": filled} if call.files is None else {"data": filled, "files": call.files}
    url = f"http://mock/v1{_fill(call.path, saved)}"
    sent = httpx.Request(call.method, url, headers=_BETA, **(how if call.body is not None else {}))
    target = sent.url.raw_path.decode()
    exchange = scene.app.exchange(Request(call.method, target, tuple(sent.headers.items()), sent.read()))
    exchange.ended("done")
    reply = exchange.reply
    if reply.status >= 400 or not isinstance(reply, (Whole, Stream)):
        raise Failed(f"{call.method} {target}: {reply.status} {body_of(reply).decode('utf-8', 'replace')[:300]}")
    if isinstance(reply, Stream):
        splitter = events.Splitter()
        return [value for event in splitter.feed(body_of(reply)) if isinstance(value := events.json_of(event), dict)]
    return json.loads(reply.body)


def _fill(text: str, saved: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: saved.get(match[1], match[0]), text)
