"""The queue of a dialogue: what is said at once goes first, calls follow each other, and each is told its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_mockopenai.core.dialogue import Talk
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Cut, Ending, Send, Step


class Call:
    """A call that notes what it is told."""

    def __init__(self, *steps: Step) -> None:
        self.steps: Sequence[Step] = steps
        self.endings: list[Ending] = []
        self.overs = 0

    def revise(self, response: Any, usage: Usage | None) -> None:
        raise AssertionError

    def ended(self, how: Ending) -> None:
        self.endings.append(how)

    def over(self) -> None:
        self.overs += 1


def said(talk: Talk) -> list[bytes]:
    return [step.data for step in talk.steps if isinstance(step, Send)]


def test_what_is_said_goes_before_what_calls_still_say() -> None:
    talk, call = Talk(), Call(Send(b"1", 5.0), Send(b"2", 5.0))
    talk.say(b"a", b"b")
    talk.play(call)
    talk.say(b"c")
    assert said(talk) == [b"a", b"b", b"c", b"1", b"2"]
    for _ in range(4):
        talk.advance()
    talk.say(b"d")
    assert said(talk) == [b"d", b"2"]
    assert call.endings == []


def test_a_call_is_told_its_end_before_its_last_message() -> None:
    talk, call = Talk(), Call(Send(b"1"), Send(b"2"))
    playing = talk.play(call, call.over)
    talk.advance()
    assert (call.endings, playing.sent, talk.playing) == ([], 1, (playing,))
    talk.advance()
    assert (call.endings, call.overs, talk.playing) == (["done"], 1, ())


@pytest.mark.parametrize(
    ("how", "ending"), [("close", "cut"), ("half_chunk", "cut"), ("reset", "reset"), ("stall", "stalled")]
)
def test_a_fault_is_an_end(how: Any, ending: Ending) -> None:
    talk, call = Talk(), Call(Send(b"1"), Cut(how))
    talk.play(call)
    talk.advance()
    talk.advance()
    assert call.endings == [ending]


def test_a_call_without_messages_is_over_at_once() -> None:
    talk, call = Talk(), Call()
    talk.play(call, call.over)
    assert (call.endings, call.overs, talk.playing) == (["done"], 1, ())


def test_withdrawing_puts_other_messages_in_the_place_of_what_is_left() -> None:
    talk, first, second = Talk(), Call(*[Send(b"1", 9.0)] * 3), Call(Send(b"2"))
    playing = talk.play(first)
    talk.play(second)
    talk.advance()
    talk.say(b"a")
    talk.withdraw(playing, [b"x", b"y"])
    assert list(talk.steps) == [Send(b"a"), Send(b"x"), Send(b"y"), Send(b"2")]
    for _ in range(3):
        talk.advance()
    assert (first.endings, second.endings) == (["done"], [])


def test_withdrawing_the_second_call_leaves_the_first() -> None:
    talk, first, second = Talk(), Call(Send(b"1")), Call(Send(b"2"), Cut("reset"))
    talk.play(first)
    talk.withdraw(talk.play(second, second.over), [])
    assert said(talk) == [b"1"]
    assert (first.endings, second.endings, second.overs) == ([], ["done"], 1)


@pytest.mark.parametrize(("how", "told"), [("done", "client_gone"), ("cut", "cut"), ("client_gone", "client_gone")])
def test_the_end_of_the_connection_ends_all_calls(how: Ending, told: Ending) -> None:
    talk, first, second = Talk(), Call(Send(b"1")), Call(Send(b"2"))
    talk.play(first)
    talk.play(second)
    talk.ended(how)
    assert (first.endings, second.endings) == ([told], [told])
