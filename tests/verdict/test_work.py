"""Calls as works: which calls are attempts at the same thing, also of clients that number nothing, also at once."""

from __future__ import annotations

import time

import pytest

from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict.standard import Standard
from pytest_mockopenai.verdict.work import works_of
from tests.verdict.conftest import call, told


def grouped(*calls: Call, **terms: object) -> list[tuple[list[int], list[int]]]:
    """The indexes of the attempts and of the repeats of each work."""
    works = works_of(calls, Standard(**terms))  # type: ignore[arg-type]
    return [([one.index for one in work.attempts], [one.index for one in work.repeats]) for work in works]


def test_attempts_that_are_numbered_are_one_work() -> None:
    calls = [call(n, n * 5.0, 500, number=n) for n in range(3)]
    assert grouped(*calls) == [([0, 1, 2], [])]


def test_so_are_equal_requests_after_failures_that_nobody_numbers() -> None:
    assert grouped(call(0, 0, 500), call(1, 5, 429), call(2, 10), call(3, 11, text="else")) == [
        ([0, 1, 2], []),
        ([3], []),
    ]


def test_the_order_is_that_of_arrival() -> None:
    assert grouped(call(0, 5), call(1, 0, 500)) == [([1, 0], [])]


def test_whether_it_is_streamed_makes_no_difference() -> None:
    first, second = call(0, 0, 500), call(1, 5)
    second.inquiry.body["stream"] = True  # type: ignore[index]
    assert grouped(first, second) == [([0, 1], [])]


def test_numbered_attempts_at_once_are_told_apart_by_their_numbers_and_waits() -> None:
    long, short = call(0, 0.0, 429, number=0, sent=told(20)), call(1, 0.1, 500, number=0)
    assert grouped(long, short, call(2, 0.7, number=1), call(3, 20.2, number=1)) == [([0, 3], []), ([1, 2], [])]


def test_a_new_number_0_while_another_is_waiting_is_another_work() -> None:
    first, retry = call(0, 0, 500, number=0), call(2, 0.6, number=1)
    assert grouped(first, call(1, 0.3, number=0), retry) == [([0, 2], []), ([1], [])]


def test_an_outer_loop_round_an_sdk_goes_on_the_same_work() -> None:
    calls = [call(n, n, 500, number=n % 3) for n in range(6)]
    assert grouped(*calls) == [([0, 1, 2, 3, 4, 5], [])]


def test_an_equal_request_long_after_is_another_work() -> None:
    assert grouped(call(0, 0, 500), call(1, 61)) == [([0], []), ([1], [])]
    assert grouped(call(0, 0, 500), call(1, 61), same_within=62) == [([0, 1], [])]
    assert grouped(call(0, 0, 429, sent=told(90)), call(1, 91)) == [([0, 1], [])]


def test_equal_requests_at_once_that_nobody_numbers_are_works_of_their_own_until_one_has_failed() -> None:
    at_once = [call(n, n / 100, took=1.0) for n in range(3)]
    assert grouped(*at_once) == [([0], []), ([1], []), ([2], [])]
    assert grouped(call(0, 0, 500), *(call(n, 1 + n / 100, took=1.0) for n in range(1, 4))) == [([0, 1, 2, 3], [])]


def test_what_comes_after_an_answer_repeats_it() -> None:
    assert grouped(call(0, 0, 500), call(1, 1), call(2, 2), call(3, 3, 500)) == [([0, 1], [2, 3])]
    assert grouped(call(0, 0, number=0), call(1, 2, number=1)) == [([0], [1])]


def test_what_an_sdk_numbers_as_new_repeats_nothing_unless_asked() -> None:
    twice = call(0, 0, number=0), call(1, 1, number=0)
    assert grouped(*twice) == [([0], []), ([1], [])]
    assert grouped(*twice, each_once=True) == [([0], [1])]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_does_nothing_twice_repeats_nothing(method: str) -> None:
    assert grouped(call(0, 0, method=method), call(1, 1, method=method)) == [([0], []), ([1], [])]


def test_an_idempotency_key_says_what_is_the_same() -> None:
    same = call(0, 0, 500, key="a"), call(1, 1, 500, key="a", text="else"), call(2, 2, key="b")
    assert grouped(*same) == [([0, 1], []), ([2], [])]
    assert grouped(call(0, 0, key="a"), call(1, 1, key="a")) == [([0], []), ([1], [])]


def test_a_client_that_left_may_be_noticed_after_it_came_again() -> None:
    gone = call(0, 0, took=1.05, ended="client_gone")
    assert grouped(gone, call(1, 1.0)) == [([0, 1], [])]


def test_what_is_said_on_a_websocket_is_left_out() -> None:
    assert grouped(call(0, 0, 101, method="GET"), call(1, 1, 500, method="WS"), call(2, 2, method="WS")) == []


def test_what_the_mock_asked_of_itself_is_left_out() -> None:
    assert grouped(call(0, 0, 500, inner=True), call(1, 0, inner=True)) == []


def test_each_retry_follows_the_attempt_that_ended_last_before_it() -> None:
    slow, quick, last = call(0, 0, 500, took=0.1), call(1, 1, 500, took=9.0), call(2, 2, 500)
    (work,) = works_of([slow, quick, last, call(3, 20)], Standard())
    assert [(before.index, after.index) for before, after in work.retries] == [(0, 1), (0, 2), (1, 3)]


@pytest.mark.parametrize("number", [None, 0])
def test_many_equal_calls_are_grouped_in_little_time(number: int | None) -> None:
    statuses = [500, 200, 200, 429]
    calls = [call(n, n / 1000, statuses[n % 4], took=0.0001, number=number) for n in range(8000)]
    began = time.perf_counter()
    works_of(calls, Standard())
    assert time.perf_counter() - began < 5
