"""Records: numbered, bounded, free of secrets, and right with many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.headers import SECRET
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.recorder import REDACTED, Call, Ended, Entry, Recorder, redacted

BODY = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Hi"}],
    "tools": [{"type": "function", "function": {"name": "f"}}],
}


def entry(model: str = "gpt-4o", headers: Headers = (), **fields: Any) -> Entry:
    inquiry = Inquiry("chat.completions", Request("POST", "/v1/chat/completions", headers), BODY, model)
    return Entry(inquiry, 200, **fields)


def call(**fields: Any) -> Call:
    return entry(**fields).call()


# --- a call -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "POST"),
        ("endpoint", "chat.completions"),
        ("model", "gpt-4o"),
        ("body", BODY),
        ("messages", BODY["messages"]),
        ("last_message", "Hi"),
        ("tools", ["f"]),
        ("turn", 1),
        ("retry_count", 0),
        ("scripted", False),
        ("headers", ()),
        ("ended", "open"),
    ],
)
def test_what_a_call_tells(name: str, value: object) -> None:
    assert getattr(call(), name) == value
    assert name == "scripted" or getattr(entry(), name) == value


def test_a_call_has_what_its_entry_has() -> None:
    known = {"stream": True, "response": {"a": 1}, "usage": Usage(1, 2), "word": "cut()", "source": "rule"}
    more = {"fault": "cut", "retry_after": 2.0, "request_id": "req_1", "response_headers": (("a", "b"),)}
    times = {"index": 7, "ended": "cut", "started": 5.0, "arrived": 4.0, "seconds": 0.5, "finished": 9.0}
    made = entry(**known, **more, **times)
    assert made.call() == Call(inquiry=made.inquiry, path="/v1/chat/completions", status=200, **known, **more, **times)  # type: ignore[arg-type]


@pytest.mark.parametrize(("sent", "count"), [("2", 2), ("", 0), ("-1", 0), ("x", 0), ("²", 0), ("9" * 5000, 0)])
def test_retry_count(sent: str, count: int) -> None:
    assert call(headers=(("X-Stainless-Retry-Count", sent),)).retry_count == count


def test_scripted() -> None:
    assert call(word="says('Paris')").scripted


def test_header() -> None:
    assert call(headers=(("X-Tenant", "a"),)).header("x-tenant") == "a"


# --- secrets ----------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([*SECRET, *(name.title() for name in SECRET), "accept", "x-tenant", "openai-organization"])


@given(st.lists(st.tuples(NAMES, st.text())), st.binary())
def test_secrets_and_bytes_are_not_kept(headers: list[tuple[str, str]], body: bytes) -> None:
    kept = redacted(Request("POST", "/x?a=b", tuple(headers), body))
    assert kept.body == b""
    assert (kept.method, kept.target) == ("POST", "/x?a=b")
    assert [name for name, _ in kept.headers] == [name for name, _ in headers]
    for (name, value), (_, had) in zip(kept.headers, headers, strict=True):
        assert value == (REDACTED if name.lower() in SECRET else had)


# --- the recorder -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 12), st.integers(1, 5))
def test_the_last_calls_are_kept(count: int, limit: int) -> None:
    recorder = Recorder(limit)
    entries = [entry() for _ in range(count)]
    for each in entries:
        recorder.add(each)
    assert [each.index for each in entries] == list(range(count))
    assert [kept.index for kept in recorder.calls()] == list(range(count))[-limit:]
    assert recorder.count == count


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.none() | st.integers(0, 99))), st.integers(1, 3))
def test_the_usage_of_all_calls_is_kept(used: list[tuple[str, int | None]], limit: int) -> None:
    recorder = Recorder(limit)
    for model, tokens in used:
        recorder.add(entry(model, usage=None if tokens is None else Usage(prompt_tokens=tokens)))
    sums = {
        model: sum(tokens for name, tokens in used if name == model and tokens is not None)
        for model, tokens in used
        if tokens is not None
    }
    assert {model: usage.prompt_tokens for model, usage in recorder.usage().items()} == sums


def test_the_end_is_noted_where_it_belongs() -> None:
    recorder = Recorder(limit=2)
    endings: list[Ended] = ["done", "cut", "client_gone"]
    entries = [entry() for _ in endings]
    for each in entries:
        recorder.add(each)
    for each, ended in zip(entries, endings, strict=True):
        recorder.end(each, ended, 10.0 + each.index)
    kept = recorder.calls()
    assert [(call.index, call.ended, call.finished) for call in kept] == [(1, "cut", 11.0), (2, "client_gone", 12.0)]


def test_a_later_report_corrects_an_earlier_one() -> None:
    recorder = Recorder()
    recorder.add(only := entry())
    recorder.end(only, "done", 1.0)
    recorder.end(only, "client_gone", 2.5)
    assert (recorder.calls()[0].ended, recorder.calls()[0].finished) == ("client_gone", 2.5)


def test_a_later_report_shows_in_what_was_read_before() -> None:
    recorder = Recorder()
    recorder.add(only := entry())
    before = recorder.calls()
    recorder.end(only, "done", 1.0)
    assert [before[0].ended, recorder.calls()[0].ended] == ["open", "done"]
    assert recorder.calls()[0] is recorder.calls()[0]


def test_clearing_goes_on_numbering() -> None:
    recorder = Recorder()
    recorder.add(straggler := entry(usage=Usage(1)))
    recorder.clear()
    assert (recorder.calls(), recorder.usage()) == ((), {})
    recorder.add(entry())
    recorder.end(straggler, "done", 1.0)
    recorder.revise(straggler, None, Usage(9))
    assert recorder.usage() == {}
    assert [(kept.index, kept.ended) for kept in recorder.calls()] == [(1, "open")]


def test_what_was_read_does_not_change() -> None:
    recorder = Recorder()
    recorder.add(first := entry(usage=Usage(1)))
    calls, usage = recorder.calls(), recorder.usage()
    recorder.end(first, "done", 1.0)
    recorder.add(entry(usage=Usage(1)))
    assert (len(calls), calls[0].ended, usage["gpt-4o"].prompt_tokens) == (1, "open", 1)


def test_many_threads() -> None:
    recorder = Recorder()

    def record(_: int) -> None:
        recorder.add(one := entry(usage=Usage(1, 2)))
        recorder.end(one, "done", 1.0)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(record, range(400)))
    assert [kept.index for kept in recorder.calls()] == list(range(400))
    assert {kept.ended for kept in recorder.calls()} == {"done"}
    assert recorder.usage() == {"gpt-4o": Usage(400, 800)}


def test_a_call_that_was_cancelled_is_revised() -> None:
    recorder = Recorder(limit=2)
    recorder.add(entry(usage=Usage(7, 7)))
    recorder.add(cancelled := entry(usage=Usage(10, 20), response="whole"))
    recorder.revise(cancelled, "partial", Usage(10, 4))
    assert (recorder.calls()[1].response, recorder.calls()[1].usage) == ("partial", Usage(10, 4))
    assert recorder.usage() == {"gpt-4o": Usage(17, 11)}
    recorder.revise(cancelled, None, None)
    assert recorder.usage() == {"gpt-4o": Usage(7, 7)}
    recorder.revise(entry(index=99), "nobody's", Usage(1, 1))
    assert recorder.usage() == {"gpt-4o": Usage(7, 7)}


def test_a_response_is_read_when_somebody_looks() -> None:
    recorder = Recorder()
    recorder.add(unread := entry(response=Unread(b'{"id":"%(0)b"}', {b"0": b"a"})))
    assert isinstance(unread.response, Unread)
    assert [kept.response for kept in (*recorder.calls(), *recorder.calls())] == [{"id": "a"}, {"id": "a"}]
    assert unread.response == {"id": "a"}


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(1, 100))
def test_no_more_bytes_are_kept_than_there_is_room_for(sizes: list[int], room: int) -> None:
    recorder = Recorder(room=room)
    for size in sizes:
        recorder.add(entry(size=size))
    kept = [sizes[each.index] for each in recorder.calls()]
    assert len(kept) <= 1 or sum(kept) <= room
    assert kept == sizes[len(sizes) - len(kept) :]
    first = len(sizes) - len(kept)
    assert first == 0 or sum(sizes[first - 1 :]) > room


def test_nothing_is_kept_but_counts() -> None:
    recorder = Recorder(limit=0)
    for _ in range(3):
        recorder.add(one := entry(usage=Usage(1, 2)))
        recorder.end(one, "done", 1.0)
    assert (recorder.calls(), recorder.count) == ((), 3)
    assert recorder.usage() == {"gpt-4o": Usage(3, 6)}


@given(st.lists(st.integers(0, 3)))
def test_usage_of_the_same_object_is_summed_as_any(order: list[int]) -> None:
    usages = [Usage(1), Usage(10, 1, prompt_method="estimated"), Usage(100), Usage(1)]
    recorder = Recorder()
    for place in order:
        recorder.add(entry(usage=usages[place]))
    assert recorder.usage().get("gpt-4o", Usage()) == sum((usages[place] for place in order), Usage())


def test_room_is_given_back() -> None:
    recorder = Recorder(room=10)
    recorder.add(entry(size=10))
    recorder.clear()
    for _ in range(2):
        recorder.add(entry(size=5))
    assert len(recorder.calls()) == 2
