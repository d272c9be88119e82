"""What is due when: no clock, no waiting."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.hosts.aio.wheel import Wheel

TIMES = st.lists(st.floats(0, 1000, allow_nan=False), max_size=50)


@given(TIMES, st.floats(0, 1000))
def test_what_is_taken_is_due_and_what_is_left_is_not_or_by_less_than_a_tick(times: list[float], now: float) -> None:
    wheel: Wheel[int] = Wheel(0.5)
    for thing, due in enumerate(times):
        wheel.put(due, thing)
    taken = wheel.take(now)
    assert all(times[thing] <= now for thing in taken)
    assert all(due >= now - 0.5 for thing, due in enumerate(times) if thing not in taken)
    assert len(wheel) == len(times) - len(taken)
    assert sorted(taken + wheel.take(2000)) == list(range(len(times)))


@given(TIMES)
def test_what_is_due_first_comes_first(times: list[float]) -> None:
    wheel: Wheel[int] = Wheel(0.5)
    for thing, due in enumerate(times):
        wheel.put(due, thing)
    taken = [times[thing] for thing in wheel.take(2000)]
    assert all(later >= earlier - 0.5 for earlier, later in itertools.pairwise(taken))


@given(TIMES, st.sets(st.integers(0, 49)))
def test_what_was_discarded_is_never_due(times: list[float], discarded: set[int]) -> None:
    wheel: Wheel[int] = Wheel(0.5)
    for thing, due in enumerate(times):
        wheel.put(due, thing)
    for thing in discarded.intersection(range(len(times))):
        wheel.discard(times[thing], thing)
    left = set(range(len(times))) - discarded
    assert len(wheel) == len(left)
    next_ = wheel.next
    assert (next_ is None) == (not left)
    assert next_ is None or 0 <= next_ - min(times[thing] for thing in left) <= 0.5
    assert set(wheel.take(2000)) == left


def test_a_thing_may_wait_again() -> None:
    wheel: Wheel[str] = Wheel(1)
    wheel.put(3, "a")
    assert (wheel.take(2.9), wheel.next) == ([], 3)
    assert wheel.take(3) == ["a"]
    wheel.put(5, "a")
    wheel.discard(5, "a")
    wheel.put(5, "a")
    assert wheel.take(9) == ["a"]
    assert (wheel.take(9), wheel.next, len(wheel)) == ([], None, 0)


def test_times_that_nothing_waits_for_are_forgotten() -> None:
    wheel: Wheel[int] = Wheel(1)
    for number in range(100_000):
        wheel.put(number, number)
        wheel.discard(number, number)
    assert len(wheel._order) < 100


def test_a_discarded_stranger_is_nothing() -> None:
    wheel: Wheel[str] = Wheel(1)
    wheel.discard(5, "a")
    wheel.put(5, "b")
    wheel.discard(5, "a")
    assert wheel.take(5) == ["b"]


@pytest.mark.parametrize("due", [0.3, 0.7, 1000.1])
def test_nothing_is_given_out_early_whatever_the_arithmetic(due: float) -> None:
    wheel: Wheel[str] = Wheel(0.001)
    wheel.put(due, "a")
    assert wheel.take(due - 0.0001) == []
    assert wheel.take(due + 0.0011) == ["a"]
