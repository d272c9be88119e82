"""The laws of a state, in memory and in Redis: who uses it cannot tell which one it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pytest_mockopenai.core import words
from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import Script, When
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.core.word import Word, parse
from pytest_mockopenai.recorder import Entry, Recorder
from pytest_mockopenai.standalone.shared.calls import RedisRecorder
from pytest_mockopenai.standalone.shared.collections import RedisCollection, RedisContents
from pytest_mockopenai.state import Recording, State, Taking
from pytest_mockopenai.store import Collection, Contents

CHAT = frozenset({"text"})
ASKED = Inquiry("chat.completions", Request("POST", "/v1/chat/completions"), {"messages": []}, "gpt-4o")


def taking(inquiry: Inquiry = ASKED, kinds: frozenset[str] = CHAT) -> Taking:
    return lambda script: script.take(inquiry, kinds)


def take(state: State, inquiry: Inquiry = ASKED, kinds: frozenset[str] = CHAT) -> Word | None:
    """As the app does: count, then take."""
    state.seen(0)
    return state.take(taking(inquiry, kinds))


def script_it(state: State, *replies: Word, standing: Word | None = None, **conditions: Any) -> None:
    state.change(lambda script: script.adding(When(**conditions), replies, standing=standing))


def added(state: State | Recording, model: str = "gpt-4o", usage: Usage | None = None, **more: Any) -> Entry:
    """A call that was added to the record."""
    inquiry = Inquiry("chat.completions", Request("POST", "/v1/chat/completions", (("a", "b"),)), {"n": 1}, model)
    entry = Entry(inquiry, 200, usage=usage, **more)
    getattr(state, "recorder", state).add(entry)
    return entry


# --- stored objects ---------------------------------------------------------------------------------------------------

IDS = st.sampled_from(["a", "b", "c", "d", "\ud800", "é/?*"])
ITEMS = st.dictionaries(
    st.sampled_from(["n", "text"]),
    st.none() | st.integers() | st.text() | st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=2),
)


class Collections(RuleBasedStateMachine):
    """Whatever is done to both, the collection in Redis says what the one in memory says."""

    link: Any = None
    names = count(1)

    @initialize()
    def begin(self) -> None:
        self.local = Collection(limit=3)
        self.shared = RedisCollection(self.link, f"machine-{next(self.names)}", limit=3)

    @rule(id_=IDS, item=ITEMS)
    def put(self, id_: str, item: dict[str, Any]) -> None:
        self.local.put(id_, item)
        self.shared.put(id_, item)

    @rule(id_=IDS)
    def get(self, id_: str) -> None:
        assert self.shared.get(id_) == self.local.get(id_)

    @rule(id_=IDS, item=ITEMS, first=st.none() | ITEMS)
    def update(self, id_: str, item: dict[str, Any], first: dict[str, Any] | None) -> None:
        both = self.local, self.shared
        one, other = (each.update(id_, lambda old: {**old, **item}, first=first) for each in both)
        assert one == other

    @rule(id_=IDS)
    def delete(self, id_: str) -> None:
        assert self.shared.delete(id_) == self.local.delete(id_)

    @invariant()
    def same(self) -> None:
        assert self.shared.all() == self.local.all()


def test_a_shared_collection_is_as_one_in_memory(sharing):
    class Here(Collections):
        link = sharing().store._link

    run_state_machine_as_test(Here, settings=settings(max_examples=40, stateful_step_count=20, deadline=None))


def test_collections_have_names(state):
    state.store.collection("a").put("1", {"of": "a"})
    state.store.collection("b").put("1", {"of": "b"})
    assert state.store.collection("a").get("1") == {"of": "a"}
    assert state.store.collection("b").all() == [{"of": "b"}]


def test_no_update_is_lost(state):
    notes = state.store.collection("notes")
    notes.put("1", {"said": []})

    def append(name: str) -> None:
        for number in range(50):
            notes.update("1", lambda note: {"said": [*note["said"], f"{name}{number}"]})  # noqa: B023

    in_threads(append, "abcd")
    said = notes.get("1")["said"]
    assert sorted(said) == sorted(f"{name}{number}" for name in "abcd" for number in range(50))
    assert [item for item in said if item.startswith("a")] == [f"a{number}" for number in range(50)]


def test_an_object_that_all_want_to_make_is_made_once(state):
    counts = state.store.collection("counts")
    with ThreadPoolExecutor(8) as pool:
        for _ in range(40):
            pool.submit(counts.update, "1", lambda entry: {"n": entry["n"] + 1}, first={"n": 0})
    assert counts.all() == [{"n": 40}]


def test_what_is_deleted_while_it_is_changed_stays_deleted(sharing):
    one, other = sharing().store.collection("a"), sharing().store.collection("a")
    one.put("1", {})

    def change(item: dict[str, Any]) -> dict[str, Any]:
        other.delete("1")
        return {"n": 1}

    assert one.update("1", change) is None
    assert other.all() == []


# --- contents ---------------------------------------------------------------------------------------------------------


def test_contents_are_kept_as_they_were(state):
    contents = state.store.contents
    contents.put("\ud800", bytes(range(256)))
    contents.put("b", b"")
    assert contents.get("\ud800") == bytes(range(256))
    assert (contents.get("b"), contents.get("c")) == (b"", None)
    assert [contents.delete("b"), contents.delete("b")] == [True, False]
    state.reset()
    assert state.store.contents.get("\ud800") is None


@pytest.mark.parametrize("kind", [Contents, RedisContents])
def test_contents_have_a_limit(sharing, kind):
    contents = Contents(10) if kind is Contents else RedisContents(sharing().store._link, 10)
    contents.put("a", b"123456")
    with pytest.raises(Refused, match="at most 10 bytes"):
        contents.put("b", b"12345")
    contents.put("a", b"12345")
    contents.put("b", b"12345")
    contents.delete("a")
    contents.put("c", b"12345")
    assert [contents.get(id_) for id_ in "abc"] == [None, b"12345", b"12345"]


# --- the clock --------------------------------------------------------------------------------------------------------


def test_a_clock_is_set_for_all_who_share_it(state):
    state.set_clock(lambda setting: setting.frozen(1000.5))
    assert state.clock_setting == ClockSetting(0.0, 1000.5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: state.set_clock(lambda setting: setting.advanced(1)), range(40)))
    assert state.clock_setting.frozen_at == 1040.5
    state.reset()
    assert state.clock_setting == REAL_TIME


# --- repetitions ------------------------------------------------------------------------------------------------------


def test_requests_are_counted(state):
    assert [state.seen(key) for key in (1, 1, 2**64 - 1, 1)] == [1, 2, 1, 3]


def test_each_count_is_told_once(state):
    told: list[int] = []
    in_threads(lambda _: told.extend(state.seen(7) for _ in range(100)), "abcd")
    assert sorted(told) == list(range(1, 401))


# --- the script -------------------------------------------------------------------------------------------------------


def test_a_sequence_is_taken_in_order_and_then_what_stands(state):
    script_it(state, words.says("one").times(2), words.rate_limit(), standing=words.says("always"))
    taken = [take(state) for _ in range(5)]
    assert [str(word) for word in taken] == ["says('one')", "says('one')", "rate_limit()", *["says('always')"] * 2]
    assert state.script.unused() == []


def test_a_word_that_does_not_fit_waits_for_a_call_that_it_fits(state):
    script_it(state, words.embeds([0.5]), words.says("hi"))
    assert take(state) is None
    assert take(state, kinds=frozenset({"embedding"})) == words.embeds([0.5])
    assert take(state) == words.says("hi")


def test_newer_rules_come_first_and_conditions_hold(state):
    script_it(state, standing=words.says("any"))
    script_it(state, words.says("mini"), model="gpt-4o-mini", header=(("x", "1"),))
    assert take(state) == words.says("any")
    mini = Inquiry("chat.completions", Request("POST", "/", (("X", "1"),)), {}, "gpt-4o-mini")
    assert take(state, mini) == words.says("mini")
    assert take(state, mini) == words.says("any")


def test_a_change_goes_on_from_what_is_left(state):
    script_it(state, words.says("one"), words.says("two").times(3))
    take(state)
    take(state)
    script_it(state, words.says("three"))
    (rule,) = state.script.rules
    assert [str(word) for word in rule.words] == ["says('two') x 2", "says('three')"]


def test_a_change_that_fails_changes_nothing(state):
    script_it(state, words.says("one"))
    with pytest.raises(ZeroDivisionError):
        state.change(lambda script: 1 // 0)
    assert take(state) == words.says("one")


def test_each_word_of_a_sequence_is_taken_once(state):
    script_it(state, *(words.says(str(number)) for number in range(100)), words.says("x").times(100))
    taken: list[Word | None] = []
    in_threads(lambda _: taken.extend(take(state) for _ in range(50)), "abcd")
    said = sorted(word.answer.text for word in taken if word and word.answer)
    assert said == sorted([*map(str, range(100)), *["x"] * 100])


WORDS = [
    *("says;text=hi", "says;tokens=3;finish_reason=length", 'tool_call;name=f;city="Paris"', "refuses", "fails"),
    *('raw_tool_call;name=f;arguments="{"', "custom_tool_call;name=f;input=x", "built_in_call;tool=web_search;id=1"),
    *("thinks;tokens=3 | says;text=x", "usage;prompt_tokens=4", "embeds;vectors=[[0.5,1],[2,3]]", "flags;hate=0.5"),
    "draws;images=aGk=;revised_prompt=A cat",
    *("rate_limit;retry_after=2;times=3", "error;status=418;message=tea", "slow;first=0.5 | cut;after=2", "hang"),
    *("error_event;after=1;flat=true", 'says_json;value={"a":[1,null]}', 'says;text="\\ud800é\\u0000"'),
]


@pytest.mark.parametrize("text", WORDS)
def test_any_word_crosses(state, text):
    word = replace(parse(text), origin="stubs.yaml:3")
    script_it(state, word)
    (left,) = state.script.rules[0].words
    assert (left, str(left), left.origin) == (word, str(word), "stubs.yaml:3")
    assert take(state, kinds=frozenset({"text", "embedding", "moderation", "image", "failure"})) == replace(
        word, count=1
    )


# --- calls ------------------------------------------------------------------------------------------------------------


def test_calls_are_kept_as_they_were(state):
    full = added(
        state, usage=Usage(3, 4, completion_method="estimated"), response={"id": "é\ud800"}, word="says('x')",
        stream=True, fault="cut", retry_after=1.5, request_id="req_1", response_headers=(("a", "b"),), started=1.25,
        seconds=0.5,
    )  # fmt: skip
    call = full.call()
    assert state.recorder.calls() == (call,)
    state.recorder.end(full, "cut", 1764194400.123456)
    assert state.recorder.calls() == (replace(call, ended="cut", finished=1764194400.123456),)


def test_a_response_that_nobody_has_read_is_read(state):
    added(state, response=Unread(b'{"id":"%(0)b"}', {b"0": b"1"}))
    assert state.recorder.calls()[0].response == {"id": "1"}


def test_usage_is_summed_by_model(state):
    usages = [
        Usage(1, 2, reasoning_tokens=1, prompt_method="given"),
        Usage(3, 4, prompt_method="modelled"),
        Usage(5, 0, cached_tokens=5, prompt_method="given"),
    ]
    for usage in usages:
        added(state, usage=usage)
    added(state, "é\ud800", Usage(completion_tokens=9, completion_method="given"))
    added(state, "none")
    assert state.recorder.usage() == {
        "gpt-4o": sum(usages, Usage()),
        "é\ud800": Usage(completion_tokens=9, completion_method="given"),
    }


def test_a_call_is_revised(state):
    added(state, usage=Usage(1, 1))
    entry = added(state, usage=Usage(5, 5), response={"status": "completed"})
    state.recorder.revise(entry, {"status": "cancelled"}, Usage(5, 2))
    assert [kept.response for kept in state.recorder.calls()] == [None, {"status": "cancelled"}]
    assert state.recorder.calls()[1].usage == Usage(5, 2)
    assert state.recorder.usage() == {"gpt-4o": Usage(6, 3)}


def test_revisions_at_the_same_time_leave_the_sums_right(state):
    entry = added(state, usage=Usage(1, 1))
    in_threads(lambda name: [state.recorder.revise(entry, name, Usage(n, n)) for n in range(30)], "abcd")
    (kept,) = state.recorder.calls()
    assert state.recorder.usage() == {"gpt-4o": kept.usage}


def test_cleared_calls_are_gone_and_numbering_goes_on(state):
    entry = added(state, usage=Usage(1, 1))
    state.recorder.clear()
    state.recorder.end(entry, "done", 1.5)
    state.recorder.revise(entry, None, Usage(9, 9))
    assert (state.recorder.calls(), state.recorder.usage(), state.recorder.count) == ((), {}, 1)
    added(state)
    assert [(kept.index, kept.ended) for kept in state.recorder.calls()] == [(1, "open")]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_the_oldest_calls_are_forgotten(sharing, limit):
    shared, local = sharing(record_limit=limit).recorder, Recorder(limit)
    for number in range(5):
        for recorder in (shared, local):
            recorder.end(added(recorder, response=number), "done", 1.5)
    assert shared.calls() == local.calls()
    assert [kept.index for kept in shared.calls()] == [0, 1, 2, 3, 4][5 - limit :]
    assert shared.count == 5


def test_no_more_bytes_are_kept_than_there_is_room(sharing):
    recorder = RedisRecorder(sharing().recorder._link, limit=100, room=5000)
    for size in (2000, 2000, 2000, 9000):
        added(recorder, response="x" * size)
    assert [len(kept.response) for kept in recorder.calls()] == [9000]
    entry = added(recorder, response="x" * 2000)
    recorder.revise(entry, "y" * 3000, None)
    added(recorder, response="x" * 1000)
    assert [kept.response[:1] for kept in recorder.calls()] == ["y", "x"]


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_reset_forgets_everything(state):
    old = state.recorder
    state.store.collection("a").put("1", {})
    script_it(state, words.says("x"))
    entry = added(state, usage=Usage(1, 1))
    state.seen(7)
    state.reset()
    old.end(entry, "done", 1.5)
    assert state.store.collection("a").all() == []
    assert take(state) is None
    assert state.script == Script()
    assert (state.recorder.calls(), state.recorder.usage(), state.recorder.count) == ((), {}, 0)
    assert state.seen(7) == 1
    added(state)
    assert [(kept.index, kept.ended) for kept in state.recorder.calls()] == [(0, "open")]


def in_threads(work: Callable[[str], object], names: str) -> None:
    """Run it in a thread for each name; what one raises fails the test."""
    with ThreadPoolExecutor(len(names)) as pool:
        for done in [pool.submit(work, name) for name in names]:
            done.result(timeout=60)
