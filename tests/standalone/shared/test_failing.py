"""When Redis goes away, stalls, or comes back empty."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from pytest_mockopenai.app import App
from pytest_mockopenai.core import words
from pytest_mockopenai.core.endpoint import IN_DIALOGUE
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.wire import Reply, Request, Send, Stream, Whole
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.standalone.shared import state_from_url
from pytest_mockopenai.standalone.shared.link import PAUSE

HEADERS = (("content-type", "application/json"), ("authorization", "Bearer sk-test"))
HI = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).encode()
TIMEOUT = 0.1


class Mock:
    """One app whose link believes the clock of the test."""

    def __init__(self, url: str) -> None:
        self.now = 0.0
        self.state = state_from_url(url, timeout=TIMEOUT)
        self.state._link._clock = lambda: self.now
        self.app = App(Routes(all_endpoints()), KnownModels(), state=self.state)

    def chat(self) -> Reply:
        exchange = self.app.exchange(Request("POST", "/v1/chat/completions", HEADERS, HI))
        exchange.ended("done")
        return exchange.reply

    def says(self) -> Any:
        reply = self.chat()
        assert isinstance(reply, Whole)
        return json.loads(reply.body)["choices"][0]["message"]["content"]


@pytest.fixture
def mock(own_redis) -> Iterator[Mock]:
    made = Mock(own_redis.url)
    yield made
    made.state.close()


def test_without_redis_requests_get_503(mock, own_redis):
    mock.chat()
    own_redis.stop()
    reply = mock.chat()
    assert isinstance(reply, Whole)
    head, error = dict(reply.headers), json.loads(reply.body)["error"]
    assert (reply.status, error["type"], error["code"]) == (503, "mock_error", "state_unavailable")
    assert error["message"].startswith(f"pytest-mockopenai cannot reach its shared store ({own_redis.url}): ")
    assert head["x-should-retry"] == "true"
    assert head["retry-after"] == "1"
    other = mock.chat()
    assert dict(other.headers)["x-request-id"] != head["x-request-id"]


def test_it_goes_on_when_redis_is_back(mock, own_redis):
    own_redis.stop()
    assert mock.chat().status == 503
    own_redis.start()
    assert mock.chat().status == 503  # not asked yet
    mock.now += PAUSE
    assert mock.chat().status == 200
    assert mock.app.recorder.count == 1


def test_rules_survive_a_redis_that_comes_back_empty(mock, own_redis):
    said = [words.says(text) for text in ("a", "b", "c")]
    mock.app.change_script(lambda script: script.adding(When(), said, standing=words.says("z")), mark=("stubs", "1"))
    assert mock.says() == "a"
    own_redis.stop()
    own_redis.start()
    late = Mock(own_redis.url)
    assert mock.says() == "b"
    assert [late.says(), mock.says(), late.says()] == ["c", "z", "z"]
    late.app.change_script(lambda _: pytest.fail("this mark stands"), mark=("stubs", "1"))
    late.state.close()


def test_a_stalled_redis_is_waited_for_once(mock, own_redis):
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        began = perf_counter()
        statuses = [mock.chat().status for _ in range(50)]
        took = perf_counter() - began
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    assert statuses == [503] * 50
    assert TIMEOUT <= took < 3 * TIMEOUT + 0.5
    mock.now += PAUSE
    assert mock.chat().status == 200


def test_a_call_that_cannot_be_recorded_is_refused(mock, own_redis, monkeypatch):
    answer = mock.app._answering.answer

    def answer_and_stop(attempt: Any) -> Any:
        rendered = answer(attempt)
        own_redis.stop()
        return rendered

    monkeypatch.setattr(mock.app._answering, "answer", answer_and_stop)
    assert mock.chat().status == 503


def test_how_a_reply_ended_is_not_worth_failing_for(mock, own_redis, caplog):
    exchange = mock.app.exchange(Request("POST", "/v1/chat/completions", HEADERS, HI))
    own_redis.stop()
    with caplog.at_level(logging.WARNING, "pytest_mockopenai"):
        exchange.ended("done")
        exchange.revise({}, None)
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith("How call 0 ended (done) is not noted: pytest-mockopenai cannot reach its shared store (")
    assert told[1].startswith("What call 0 came to is not noted: ")


def test_who_reads_is_told(mock, own_redis):
    own_redis.stop()
    with pytest.raises(Refused, match="cannot reach its shared store"):
        mock.app.recorder.calls()


def test_a_call_in_a_websocket_is_refused_in_its_own_way(mock, own_redis):
    own_redis.stop()
    endpoint = next(item for item in all_endpoints() if item.method == IN_DIALOGUE)
    opening = Request("GET", endpoint.path, HEADERS)
    exchange = mock.app.turn(endpoint, opening, {}, lambda error, draw: [json.dumps(error.envelope()).encode()])
    assert isinstance(exchange.reply, Stream)
    (sent,) = exchange.steps
    assert isinstance(sent, Send)
    assert json.loads(sent.data)["error"]["code"] in ("state_unavailable",)
