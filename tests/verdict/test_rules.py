"""The rules, each shown a client that breaks it and one that just keeps it, in times that nobody has to wait for."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict import judge
from tests.verdict.conftest import call, in_turn, told

LIMITED = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
BAD = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": "invalid_type"}}


def found(calls: list[Call], **terms: Any) -> list[str]:
    return [str(finding) for finding in judge(calls, **terms).findings]


# --- Retry-After ------------------------------------------------------------------------------------------------------


def limited(index: int, at: float, wait: float = 2.0, **fields: Any) -> Call:
    return call(index, at, 429, sent=told(wait), response=LIMITED, **fields)


def test_a_wait_that_was_told_is_kept() -> None:
    calls = [limited(0, 0.0), call(1, 1.0, 200)]
    verdict = judge(calls)
    assert list(map(str, verdict.findings)) == [
        "retry_after_ignored: calls[1] came 900ms after calls[0] (429 rate_limit_exceeded), which told it to wait 2s"
    ]
    assert (verdict.ok, verdict.findings[0].kind, list(verdict.findings[0].calls)) == (
        False,
        "retry_after_ignored",
        calls,
    )
    assert judge([limited(0, 0.0), call(1, 2.1)]).ok


def test_the_wait_counts_from_the_end_of_the_answer() -> None:
    assert judge([limited(0, 0.0, took=5.0), call(1, 7.0)]).ok
    assert found([limited(0, 0.0, took=5.0), call(1, 6.0)])[0].startswith("retry_after_ignored: calls[1] came 1s after")


def test_the_tolerance_is_a_share() -> None:
    calls = [limited(0, 0.0), call(1, 1.91)]
    assert judge(calls).ok
    assert not judge(calls, tolerance=0.01).ok


def test_what_was_sent_counts_and_not_what_was_scripted() -> None:
    assert judge([limited(0, 0.0, 0.05, retry_after=2.0), call(1, 0.16)]).ok


def test_a_wait_too_short_to_see_is_a_note() -> None:
    verdict = judge([limited(0, 0.0, 0.001), call(1, 0.1005)])
    assert verdict.ok
    assert verdict.notes == (
        "whether the client waits is not judged after calls[0]: the waits sent are too short to see; "
        "the option retry_waits=50 sends longer ones",
    )
    assert str(verdict) == f"No finding in 2 calls for 1 request, 1 tried again:\n  note: {verdict.notes[0]}"
    assert judge([limited(0, 0.0, 0.001)]).notes == ()


def test_many_are_summed_up() -> None:
    calls = [limited(n, n * 0.2) for n in range(6)]
    (text,) = found(calls)
    assert text.endswith("calls[2] (429 rate_limit_exceeded), which told it to wait 2s; and 2 more")


# --- backoff ----------------------------------------------------------------------------------------------------------


def test_two_retries_at_once_are_no_backoff() -> None:
    assert found(in_turn((0, 500), (0.001, 500), (0.002, 200))) == [
        "no_backoff: calls[1] came 1ms after calls[0] (500), without waiting; "
        "calls[2] came 1ms after calls[1] (500), without waiting"
    ]
    assert judge(in_turn((0, 500), (0.001, 500), (0.5, 200))).ok
    assert judge(in_turn((0, 500), (0.001, 500), (0.002, 200)), min_wait=0).ok


def test_waits_that_do_not_grow_are_no_backoff() -> None:
    assert found(in_turn((0, 500), (1, 500), (2.02, 502), (3, 200))) == [
        "no_backoff: the waits before calls[1], calls[2], calls[3] do not grow: 1s, 1.02s, 980ms"
    ]
    assert judge(in_turn((0, 500), (1, 500), (2, 200))).ok
    assert judge(in_turn((0, 500), (1, 500), (3, 500), (4, 200))).ok


def test_waits_need_not_grow_beyond_the_longest() -> None:
    assert judge(in_turn((0, 500), (8, 500), (16, 500), (24, 200))).ok
    assert not judge(in_turn((0, 500), (8, 500), (16, 500), (24, 200)), max_backoff=30).ok


def test_where_a_wait_was_told_it_need_not_grow() -> None:
    assert judge([limited(n, n * 1.1, 1.0) for n in range(5)]).ok


def test_how_long_a_client_bears_with_silence_is_no_wait() -> None:
    calls = [call(0, 0, ended="stalled", took=0), *in_turn((10, 500), (10.4, 500), (11.2, 500), (12.8, 200))[0:]]
    assert judge(
        [calls[0], *(call(n, one.arrived - calls[0].arrived, one.status, took=0) for n, one in enumerate(calls[1:], 1))]
    ).ok


# --- what is final ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_is_refused_is_not_tried_again(status: int) -> None:
    assert found([call(0, 0, status, response=BAD), call(1, 1, status, response=BAD), call(2, 3)]) == [
        f"retried_refusal: calls[1] repeats calls[0] ({status} invalid_type), which another try does not change; "
        f"calls[2] repeats calls[1] ({status} invalid_type), which another try does not change"
    ]
    assert judge([call(0, 0, status), call(1, 1, text="mended")]).ok


def test_nor_is_what_costs_money_that_is_not_there() -> None:
    quota = {"error": {"type": "insufficient_quota", "code": "insufficient_quota"}}
    (text,) = found([call(0, 0, 429, response=quota), call(1, 5)])
    assert text.startswith("retried_refusal: calls[1] repeats calls[0] (429 insufficient_quota), which another try")


def test_nor_what_says_so() -> None:
    assert found([call(0, 0, 500, sent=(("x-should-retry", "false"),)), call(1, 5)]) == [
        "retried_refusal: calls[1] repeats calls[0] (500), which says x-should-retry: false"
    ]


# --- how often --------------------------------------------------------------------------------------------------------


def test_a_storm_is_many_attempts_in_little_time() -> None:
    quick = in_turn(*((n * 0.05, 500) for n in range(12)))
    assert found(quick, ignore=["no_backoff", "never_gave_up"]) == [
        "storm: 12 attempts at one request within 550ms: calls[0], calls[1], calls[2], ..., calls[11]; "
        "at most 10 in 1s are fair"
    ]
    assert judge(quick[:10], ignore=["no_backoff"]).ok
    assert found(quick[:4], max_burst=3, ignore=["no_backoff"])[0].startswith("storm: 4 attempts at one request within")
    assert judge(quick[:4], max_burst=3, window=0.1, ignore=["no_backoff"]).ok


def test_so_are_many_at_once_after_a_failure() -> None:
    calls = [call(0, 0, 500), *(call(n, 1 + n / 1000, took=2.0) for n in range(1, 13))]
    assert any(text.startswith("storm: 12 attempts at one request within 11ms") for text in found(calls))


def test_a_storm_of_all_requests_is_judged_if_asked_for() -> None:
    calls = [call(n, n * 0.1, text=str(n)) for n in range(12)]
    assert judge(calls).ok
    assert found(calls, max_in_window=8, window=0.85) == [
        "storm: 9 calls for all requests together within 800ms: calls[0], calls[1], calls[2], ..., calls[8]; "
        "at most 8 in 850ms are fair"
    ]
    assert judge(calls, max_in_window=9, window=0.85).ok
    assert judge(calls, max_in_window=1, ignore=["storm"]).ok


def test_it_gives_up_after_some_attempts() -> None:
    forever = in_turn(*((2.0**n, 500) for n in range(12)))
    assert found(forever, max_seconds=1e6, same_within=1e6) == [
        "never_gave_up: 12 attempts at one request, more than 10: calls[0], calls[1], calls[2], ..., calls[11]"
    ]
    assert judge(forever, max_attempts=12, max_seconds=1e6, same_within=1e6).ok


def test_it_gives_up_after_some_time() -> None:
    late = [limited(0, 0, 50), limited(1, 51, 50), call(2, 102)]
    assert judge(late).ok
    assert found(late, max_seconds=100) == [
        "never_gave_up: calls[2] came 1m42s after calls[0] (429 rate_limit_exceeded), the first attempt; "
        "at most 1m40s are fair"
    ]


# --- work that is lost or done twice ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": 500}, "calls[0] (500)"),
        ({"ended": "cut"}, "calls[0] (200, cut)"),
        ({"ended": "reset"}, "calls[0] (200, reset)"),
        ({"ended": "stalled"}, "calls[0] (200, stalled)"),
        ({"fault": "malformed"}, "calls[0] (200, malformed)"),
        ({"status": 429, "sent": told(20), "response": LIMITED}, "calls[0] (429 rate_limit_exceeded)"),
    ],
)
def test_work_is_lost_that_is_never_tried_again(fields: dict[str, Any], said: str) -> None:
    calls = [call(0, 0, **fields), call(1, 1, text="else")]
    assert judge(calls).ok
    assert found(calls, lost_work=True) == [f"lost_work: {said} was never tried again"]
    assert judge([calls[0], call(1, 50)], lost_work=True).ok


@pytest.mark.parametrize(
    "fields", [{"status": 400}, {"status": 429, "sent": told(121)}, {"ended": "open"}, {"fault": "no_done"}, {}]
)
def test_no_work_is_lost_where_another_try_would_be_wrong(fields: dict[str, Any]) -> None:
    assert judge([call(0, 0, **fields)], lost_work=True).ok


def test_work_that_was_given_up_is_not_lost() -> None:
    assert judge(in_turn((0, 500), (0.5, 500), (1.5, 500)), lost_work=True).ok


def test_what_was_answered_is_not_done_again() -> None:
    assert found([call(0, 0, 500), call(1, 1), call(2, 2), call(3, 3)]) == [
        "duplicated_work: calls[2], calls[3] repeat calls[1] (200), whose answer had been delivered 900ms before"
    ]
    assert found([call(0, 0, number=0), call(1, 2, number=1)]) == [
        "duplicated_work: calls[1] repeats calls[0] (200), whose answer had been delivered 1.9s before"
    ]
    assert judge([call(0, 0, number=0), call(1, 2, number=1)], ignore=["duplicated_work"]).ok


@pytest.mark.parametrize("fields", [{"key": "once"}, {"method": "GET"}, {"number": 0}])
def test_what_may_be_done_again(fields: dict[str, Any]) -> None:
    assert judge([call(0, 0, **fields), call(1, 1, **fields)]).ok


# --- the verdict ------------------------------------------------------------------------------------------------------


def test_the_verdict_in_words() -> None:
    calls = [call(0, 0, 400), call(1, 1), call(2, 2, text="else"), call(3, 3, text="else")]
    verdict = judge(calls)
    assert (verdict.requests, verdict.retried, verdict.calls) == (2, 1, 4)
    assert str(verdict) == (
        "2 findings in 4 calls for 2 requests, 1 tried again:\n"
        "  retried_refusal: calls[1] repeats calls[0] (400), which another try does not change\n"
        "  duplicated_work: calls[3] repeats calls[2] (200), whose answer had been delivered 900ms before"
    )
    assert str(judge([])) == "No finding in 0 calls for 0 requests, 0 tried again."
    assert judge(calls) == judge(calls)
