"""Observers: told once of each call, with how it ended and how late; nobody watching changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_mockopenai.app import App
from pytest_mockopenai.core.latency import Latency
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request, Send, Stream, Whole
from pytest_mockopenai.core.words import rate_limit, slow
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Entry
from pytest_mockopenai.scripting import Scripted, when
from pytest_mockopenai.settings import Settings


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.begun: list[Entry] = []
        self.seen: list[Seen] = []

    def began(self, call: Entry) -> None:
        self.begun.append(call)

    def ended(self, seen: Seen) -> None:
        self.seen.append(seen)


class Watched:
    """An app with a watcher and a clock that is set by hand."""

    def __init__(self, **settings: Any) -> None:
        self.time = 100.0
        self.watcher = Watcher()
        routes = Routes(all_endpoints())
        settings = {"require_key": False, **settings}
        self.app = App(
            routes, KnownModels(), Settings(**settings), real_time=lambda: self.time, observers=(self.watcher,)
        )

    def chat(self, **more: Any) -> Any:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **more}
        head = (("content-type", "application/json"),)
        return self.app.exchange(Request("POST", "/v1/chat/completions", head, json.dumps(body).encode()))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_call_is_seen_when_it_has_ended(watched: Watched) -> None:
    exchange = watched.chat()
    assert [call.ended for call in watched.watcher.begun] == ["open"]
    assert watched.watcher.seen == []
    watched.time += 0.25
    exchange.ended("done")
    (seen,) = watched.watcher.seen
    assert (seen.ended, seen.call.status) == ("done", 200)
    assert (seen.duration, seen.first, seen.late) == (0.25, 0.0, 0.25)
    assert watched.app.recorder.calls()[0].ended == "done"


def test_a_correction_reaches_the_record_only(watched: Watched) -> None:
    exchange = watched.chat()
    exchange.ended("done")
    exchange.ended("client_gone")
    assert [seen.ended for seen in watched.watcher.seen] == ["done"]
    assert watched.app.recorder.calls()[0].ended == "client_gone"


def test_a_stream_is_late_by_what_its_waits_do_not_say(watched: Watched) -> None:
    Scripted(watched.app, when()).reply(slow(first=1, each=0.5))
    exchange = watched.chat(stream=True)
    planned = sum(step.after for step in exchange.steps if isinstance(step, Send))
    watched.time += planned + 0.125
    exchange.ended("done")
    (seen,) = watched.watcher.seen
    assert (seen.first, seen.late) == (1.0, pytest.approx(0.125))


def test_who_leaves_early_is_not_late(watched: Watched) -> None:
    exchange = watched.chat(stream=True)
    exchange.ended("client_gone")
    assert [(seen.ended, seen.late) for seen in watched.watcher.seen] == [("client_gone", None)]


def test_a_revised_call_is_seen_as_revised(watched: Watched) -> None:
    exchange = watched.chat()
    exchange.revise({"cancelled": True}, Usage(1, 2))
    exchange.ended("done")
    (seen,) = watched.watcher.seen
    assert (seen.call.response, seen.call.usage) == ({"cancelled": True}, Usage(1, 2))
    assert watched.app.recorder.usage() == {"gpt-4o": Usage(1, 2)}


def test_latency_of_the_settings() -> None:
    watched = Watched(latency=Latency(0.5, inter_token_latency=0.25))
    reply = watched.chat(stream=True).reply
    assert isinstance(reply, Stream)
    assert [step.after for step in reply][:3] == [0.5, 0.25, 0.25]
    whole = watched.chat(max_tokens=4).reply
    assert isinstance(whole, Whole)
    assert whole.after == 0.5 + 4 * 0.25


def test_a_word_wins_over_the_latency_and_errors_come_at_once() -> None:
    watched = Watched(latency=Latency(0.5))
    Scripted(watched.app, when()).reply(slow(first=2), rate_limit())
    assert [watched.chat().reply.after for _ in range(3)] == [2, 0, 0.5]


def test_what_costs_no_tokens_comes_at_once() -> None:
    watched = Watched(latency=Latency(0.5))
    assert watched.app.exchange(Request("GET", "/v1/models")).reply.after == 0  # type: ignore[union-attr]


def test_latency_grows_with_the_calls_in_flight() -> None:
    watched = Watched(latency=Latency(1.0, time_factor_under_load=3.0, max_num_seqs=3))
    first, second, third = (watched.chat() for _ in range(3))
    assert [exchange.reply.after for exchange in (first, second, third)] == [1.0, 2.0, 3.0]
    second.ended("done")
    third.ended("client_gone")
    assert watched.chat().reply.after == 2.0
