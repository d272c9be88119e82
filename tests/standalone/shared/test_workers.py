"""Mocks that share a Redis: clients cannot tell which of them they talk to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_mockopenai.app import App
from pytest_mockopenai.core import words
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.script import Script, When
from pytest_mockopenai.core.wire import Request, Whole, body_of
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.endpoints.batches import running
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.standalone.shared import CannotCross
from pytest_mockopenai.state import LocalState, State
from tests.endpoints.conftest import form_of

HEADERS = (("content-type", "application/json"), ("authorization", "Bearer sk-test"))
HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


class Worker:
    """One app, asked without a socket."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.app = App(Routes(all_endpoints()), KnownModels(), Settings(), real_time=lambda: 1_800_000_000, state=state)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        exchange = self.app.exchange(Request(method, path, HEADERS, data))
        exchange.ended("done")
        assert isinstance(exchange.reply, Whole)
        return json.loads(exchange.reply.body)

    def chat(self, **more: Any) -> Any:
        return self.send("POST", "/v1/chat/completions", {**HI, **more})

    def says(self) -> str:
        return str(self.chat()["choices"][0]["message"]["content"])

    def script(self, *replies: Any, **conditions: Any) -> None:
        self.app.change_script(lambda script: script.adding(When(**conditions), replies))


@pytest.fixture
def workers(sharing: Callable[..., State]) -> tuple[Worker, Worker]:
    return Worker(sharing()), Worker(sharing())


def test_answers_are_those_of_one_process(workers):
    alone = Worker(LocalState())
    expected = [alone.chat() for _ in range(6)]
    assert [workers[number % 2].chat() for number in range(6)] == expected
    assert len({answer["id"] for answer in expected}) == 6


def test_a_script_of_one_reaches_the_other_at_once(workers):
    one, other = workers
    assert other.says() != "Paris"
    one.script(words.says("Paris"), words.says("Rome"), words.says("Oslo"))
    assert [other.says(), one.says(), other.says()] == ["Paris", "Rome", "Oslo"]
    assert one.says() == Worker(LocalState()).says()
    assert one.app.script.unused() == other.app.script.unused() == []


def test_a_function_cannot_be_shared(workers):
    with pytest.raises(CannotCross) as caught:
        workers[0].script(words.says("x"), where=callable)
    assert str(caught.value).startswith("where=callable is a function of this process: workers that share their state")
    assert workers[1].app.script == Script()


def test_a_stubs_file_that_all_workers_read_begins_once(workers):
    def load(worker: Worker, *texts: str) -> None:
        said = [words.says(text) for text in texts]
        worker.app.change_script(lambda _: Script().adding(When(), said), mark=("stubs", str(texts)))

    one, other = workers
    load(one, "a", "b")
    assert other.says() == "a"
    load(other, "a", "b")  # as a worker does that starts late
    assert other.says() == "b"
    load(one, "c", "d")  # an edit, seen by each
    load(other, "c", "d")
    assert [one.says(), other.says()] == ["c", "d"]


def test_a_stored_response_is_found_by_the_other(workers):
    one, other = workers
    first = one.send("POST", "/v1/responses", {"model": "gpt-4o", "input": "Hi"})
    assert other.send("GET", f"/v1/responses/{first['id']}") == first
    asked = {"model": "gpt-4o", "input": "And?", "previous_response_id": first["id"]}
    second = other.send("POST", "/v1/responses", asked)
    listed = one.send("GET", f"/v1/responses/{second['id']}/input_items?order=asc")
    assert next(item["content"][0]["text"] for item in listed["data"]) == "Hi"
    assert one.send("DELETE", f"/v1/responses/{first['id']}")["deleted"]
    assert other.send("GET", f"/v1/responses/{first['id']}")["error"]["code"] is None


def test_both_append_to_one_conversation(workers):
    conversation = workers[0].send("POST", "/v1/conversations", {})["id"]
    path = f"/v1/conversations/{conversation}/items"

    def append(number: int) -> None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": f"m{number}"}]}
        workers[number % 2].send("POST", path, {"items": [item]})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(40)))
    items = workers[0].send("GET", f"{path}?limit=100")["data"]
    assert sorted(item["content"][0]["text"] for item in items) == sorted(f"m{number}" for number in range(40))
    assert len({item["id"] for item in items}) == 40


def test_calls_and_usage_are_of_both(workers):
    one, other = workers
    one.chat()
    other.chat(model="gpt-4o-mini")
    one.script(words.rate_limit(retry_after=3))
    other.chat()
    calls = one.app.recorder.calls()
    assert calls == other.app.recorder.calls()
    assert [(call.index, call.model, call.status, call.ended) for call in calls] == [
        (0, "gpt-4o", 200, "done"),
        (1, "gpt-4o-mini", 200, "done"),
        (2, "gpt-4o", 429, "done"),
    ]
    assert calls[2].word == "rate_limit(retry_after=3)"
    assert calls[0].response["object"] == "chat.completion"
    assert calls[0].header("authorization") == "[redacted]"
    assert one.app.recorder.usage() == other.app.recorder.usage()
    assert set(one.app.recorder.usage()) == {"gpt-4o", "gpt-4o-mini"}


def test_a_local_mock_records_the_same(workers):
    alone = Worker(LocalState())
    for worker in (alone, workers[0]):
        worker.script(words.says("x"), words.tool_call("f", city="Paris"))
        for more in ({}, {"stop": ["\ud800"]}, {"model": 7}):
            worker.chat(**more)
        worker.send("GET", "/v1/nowhere?x=\ud800")
    assert workers[1].app.recorder.calls() == alone.app.recorder.calls()


def test_reset_by_one_is_a_reset_of_both(workers):
    one, other = workers
    one.script(words.says("Paris"), words.says("Rome"))
    first = other.chat()
    one.app.reset()
    assert other.says() != "Rome"
    assert other.app.recorder.count == 1
    one.app.reset()
    one.script(words.says("Paris"))
    assert other.chat() == first


def test_another_prefix_shares_nothing(workers, redis_server):
    from pytest_mockopenai.standalone.shared import state_from_url

    stranger = Worker(state_from_url(redis_server.url, "stranger"))
    workers[0].script(words.says("Paris"))
    assert stranger.says() != "Paris"
    assert workers[0].app.recorder.count == 0
    stranger.app.reset()
    assert workers[0].says() == "Paris"


def test_keys_are_below_the_prefix_and_none_stays_for_ever(workers, redis_server, prefix):
    from redis import Redis

    one, other = workers
    with Redis.from_url(redis_server.url) as redis:
        before = set(redis.keys("*"))
        one.script(words.says("a"), words.says("b"))
        other.send("POST", "/v1/responses", {"model": "gpt-4o", "input": "Hi"})
        other.chat()
        made = {key.decode() for key in set(redis.keys("*")) - before}
        assert all(key.startswith(f"mockopenai:{prefix}:") for key in made)
        assert {key: redis.ttl(key) for key in made if not 86_000 < redis.ttl(key) <= 86_400} == {}
        one.app.reset()
        left = {key.decode(): redis.ttl(key) for key in set(redis.keys("*")) - before}
        assert set(left) == {f"mockopenai:{prefix}:{name}" for name in ("numbers", "script", "rules")}
        assert all(86_000 < ttl <= 86_400 for ttl in left.values())


_MANY = """\
import json, sys
from pytest_mockopenai.app import App
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.endpoints.batches import running
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.standalone.shared import state_from_url
app = App(Routes(all_endpoints()), KnownModels(), state=state_from_url(sys.argv[1], sys.argv[2]))
asked = Request("POST", "/v1/chat/completions", tuple(map(tuple, json.loads(sys.argv[3]))), sys.argv[4].encode())
for _ in range(int(sys.argv[5])):
    exchange = app.exchange(asked)
    exchange.ended("done")
    print(exchange.reply.body.decode())
"""


def test_processes_share_all_of_it(workers, redis_server, prefix):
    each, processes = 40, 3
    scripted = [words.says(f"w{number}") for number in range(100)]
    workers[0].script(*scripted)
    arguments = [redis_server.url, prefix, json.dumps(HEADERS), json.dumps(HI), str(each)]
    command = [sys.executable, "-c", _MANY, *arguments]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    answers = [json.loads(line) for process in running for line in process.communicate(timeout=60)[0].splitlines()]
    said = Counter(answer["choices"][0]["message"]["content"] for answer in answers)
    assert [said.pop(f"w{number}") for number in range(100)] == [1] * 100
    assert list(said.values()) == [each * processes - 100]
    assert len({answer["id"] for answer in answers}) == each * processes
    recorder = workers[1].app.recorder
    assert recorder.usage()["gpt-4o"].total_tokens == sum(answer["usage"]["total_tokens"] for answer in answers)
    assert [call.index for call in recorder.calls()] == list(range(each * processes))
    assert {call.response["id"] for call in recorder.calls()} == {answer["id"] for answer in answers}


def test_a_batch_is_one_for_all(workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_A_LOOK", 2)
    one, other = workers
    lines = [{"custom_id": str(n), "method": "POST", "url": "/v1/chat/completions", "body": HI} for n in range(5)]
    data = b"\n".join(json.dumps(line).encode() for line in lines)
    form = form_of([("purpose", "batch"), ("file", ("lines.jsonl", data))])
    kind = ("content-type", "multipart/form-data; boundary=B")
    uploaded = one.app.exchange(Request("POST", "/v1/files", (kind, HEADERS[1]), form)).reply
    file = json.loads(body_of(uploaded))
    body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    id_ = one.send("POST", "/v1/batches", body)["id"]
    one.app.clock.freeze()
    one.app.clock.advance(1)
    counts = [worker.send("GET", f"/v1/batches/{id_}")["request_counts"]["completed"] for worker in (other, one)]
    assert counts == [4, 5]
    batch = other.send("GET", f"/v1/batches/{id_}")
    assert batch["status"] == "completed"
    output = one.app.exchange(Request("GET", f"/v1/files/{batch['output_file_id']}/content", HEADERS)).reply
    assert [json.loads(line)["custom_id"] for line in body_of(output).splitlines()] == [*"01234"]
    assert [call.custom_id for call in other.app.recorder.calls() if call.custom_id] == [*"01234"]
