from __future__ import annotations

import pytest

from pytest_mockopenai.core.wire import Send
from pytest_mockopenai.recordings.cassette import Cassette
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.settings import RecordMode


def asked(text: str, path: str = "/responses") -> RecordedRequest:
    return RecordedRequest("POST", path, body={"json": {"input": text}})


def answer(text: str) -> RecordedReply:
    return RecordedReply(200, (), (Send(text.encode()),))


BEFORE = [
    Interaction(asked("a"), answer("1")),
    Interaction(asked("b"), answer("2")),
    Interaction(asked("a"), answer("3")),
]


@pytest.mark.parametrize("mode", ["none", "once", "new"])
def test_each_recording_is_replayed_once_in_order(mode: RecordMode) -> None:
    cassette = Cassette(mode, BEFORE)
    assert [place for place, _ in cassette.unused()] == [0, 1, 2]
    assert cassette.find(asked("a")) == answer("1")
    assert [place for place, _ in cassette.unused()] == [1, 2]
    assert cassette.find(asked("a")) == answer("3")
    assert cassette.find(asked("a")) is None
    assert cassette.find(asked("b")) == answer("2")
    assert cassette.unused() == []
    assert not cassette.changed
    cassette.rewind()
    assert cassette.find(asked("a")) == answer("1")


def test_the_last_one_is_repeated_if_that_is_wanted() -> None:
    cassette = Cassette("none", BEFORE, repeats=True)
    assert [cassette.find(asked("a")) for _ in range(4)] == [answer("1"), answer("3"), answer("3"), answer("3")]
    assert cassette.find(asked("c")) is None


@pytest.mark.parametrize(
    ("mode", "before", "records"),
    [
        *(("none", [], False), ("none", BEFORE, False), ("once", [], True), ("once", BEFORE, False)),
        *(("new", [], True), ("new", BEFORE, True), ("all", [], True), ("all", BEFORE, True)),
    ],
)
def test_when_a_mode_records(mode: RecordMode, before: list[Interaction], records: bool) -> None:
    assert Cassette(mode, before).records is records


def test_new_recordings_go_behind_those_of_before_in_the_order_of_their_requests() -> None:
    cassette = Cassette("new", BEFORE)
    first, second, failed = (cassette.begin(asked(text)) for text in ("x", "y", "z"))
    cassette.end(second, answer("y"))
    cassette.end(failed, None)
    assert cassette.interactions == [*BEFORE, Interaction(asked("y"), answer("y"))]
    cassette.end(first, answer("x"))
    assert cassette.interactions[3:] == [Interaction(asked(text), answer(text)) for text in "xy"]
    assert cassette.find(asked("x")) is None, "what was just recorded is used"
    assert [place for place, _ in cassette.unused()] == [0, 1, 2]
    assert cassette.changed


def test_what_is_handed_over_is_not_kept() -> None:
    kept: list[Interaction] = []
    cassette = Cassette("new", BEFORE, kept=kept.append)
    first, second, failed = (cassette.begin(asked(text)) for text in "xyz")
    for slot, reply in ((second, answer("y")), (first, answer("x")), (failed, None)):
        cassette.end(slot, reply)
    assert kept == [Interaction(asked(text), answer(text)) for text in "yx"]
    assert cassette.interactions == BEFORE


def test_all_anew_forgets_what_there_was() -> None:
    cassette = Cassette("all", BEFORE)
    assert cassette.find(asked("a")) is None
    cassette.end(cassette.begin(asked("x")), answer("x"))
    assert cassette.interactions == [Interaction(asked("x"), answer("x"))]


def test_the_nearest_is_of_the_same_endpoint_then_alike_then_unused() -> None:
    cassette = Cassette("none", [*BEFORE, Interaction(asked("c", "/chat"), answer("4"))])
    near = cassette.nearest(asked("c"))
    assert near is not None
    assert (near.place, [miss.condition for miss in near.misses]) == (0, ["input"])
    cassette.find(asked("a"))
    near = cassette.nearest(asked("a"))
    assert near is not None
    assert (near.place, list(near.misses)) == (2, [])
    near = cassette.nearest(asked("c", "/chat"))
    assert near is not None
    assert near.place == 3
    assert Cassette("none").nearest(asked("a")) is None
