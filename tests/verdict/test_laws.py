"""Laws: no calls make a judgement raise, and a client that does all right is never blamed, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.recorder import Call, Ended
from pytest_mockopenai.verdict import judge
from pytest_mockopenai.verdict.explaining import not_resilient
from tests.verdict.conftest import call, told

# --- any calls --------------------------------------------------------------------------------------------------------

ANY_TIME = st.floats() | st.floats(0, 100) | st.integers(0, 5).map(float)
ANY_HEADER = st.tuples(
    st.sampled_from(["retry-after", "Retry-After-Ms", "x-should-retry"]),
    st.text(max_size=5) | st.integers(0, 9).map(str),
)
ANY_CALL = st.builds(
    call,
    st.integers(0, 9),
    ANY_TIME,
    st.integers(100, 599) | st.sampled_from([200, 400, 429, 500]),
    took=ANY_TIME,
    number=st.none() | st.integers(-1, 3) | st.text(max_size=2),
    key=st.none() | st.sampled_from("ab"),
    text=st.sampled_from("ab") | st.text(max_size=2),
    sent=st.lists(ANY_HEADER, max_size=2).map(tuple),
    method=st.sampled_from(["POST", "GET", "WS"]),
    ended=st.sampled_from(get_args(Ended)),
    fault=st.none() | st.sampled_from(["cut", "malformed", "no_done"]),
    response=st.none() | st.sampled_from(["x", [], {"error": "x"}, {"error": {"code": 3}}, {"status": "failed"}]),
    finished=st.none() | ANY_TIME,
)


@given(st.lists(ANY_CALL), st.booleans(), st.integers(1, 3), ANY_TIME.filter(lambda time: 0 <= time < 1e9))
def test_no_calls_make_it_raise(calls: list[Call], strict: bool, few: int, window: float) -> None:
    verdict = judge(calls, each_once=strict, lost_work=strict, max_attempts=few, max_burst=few, window=window)
    assert verdict.ok == (verdict.findings == ())
    assert str(verdict) == str(
        judge(calls, each_once=strict, lost_work=strict, max_attempts=few, max_burst=few, window=window)
    )
    assert {one.index for finding in verdict.findings for one in finding.calls} <= {one.index for one in calls}
    if not verdict.ok:
        assert not_resilient(verdict).startswith("The client is not resilient.")


# --- a perfect client -------------------------------------------------------------------------------------------------

Failure = dict[str, Any]
"""What becomes of an attempt, as fields of a call."""

WAITS: st.SearchStrategy[Headers] = st.floats(0.05, 50).map(told) | st.floats(0.05, 50).map(
    lambda wait: (("retry-after", f"{wait:.2f}"),)
)
FAILURES: st.SearchStrategy[Failure] = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from([408, 409, 429, 500, 503]), "sent": st.just(()) | WAITS}),
    st.fixed_dictionaries({"ended": st.sampled_from(["cut", "reset", "stalled", "client_gone"])}),
    st.fixed_dictionaries({"fault": st.sampled_from(["malformed", "short_body", "error_event"])}),
)
REFUSALS: st.SearchStrategy[Failure] = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from([400, 401, 403, 404, 422])}),
    st.just({"status": 429, "response": {"error": {"code": "insufficient_quota"}}}),
    st.just({"status": 500, "sent": (("x-should-retry", "false"),)}),
)
ATTEMPTS = 6


@st.composite
def answered(draw: st.DrawFn, *, ending: st.SearchStrategy[Failure | None]) -> list[Call]:
    """The calls of a perfect client that is asked for one thing; `ending` is what comes of the last attempt."""
    at, calls = draw(st.floats(0, 20)), []
    for number, failure in enumerate([*draw(st.lists(FAILURES, max_size=ATTEMPTS - 1)), draw(ending)]):
        took = draw(st.floats(0.001, 5))
        calls.append(call(0, at, took=took, number=number, **{"status": 200, **(failure or {})}))
        at += took + _wait(draw, failure or {}, number)
    return calls


def _wait(draw: st.DrawFn, failure: Failure, number: int) -> float:
    """As long as it was told, or else as the SDK's backoff; never less."""
    sent = dict(failure.get("sent", ()))
    if "Retry-After-Ms" in sent:
        return float(sent["Retry-After-Ms"]) / 1000 + draw(st.floats(0, 0.5))
    if "retry-after" in sent:
        return float(sent["retry-after"]) + draw(st.floats(0, 0.5))
    return min(0.5 * 2**number, 8) * (1 - 0.25 * draw(st.floats(0, 1)))


Changed = Callable[[int, list[Call]], list[Call]]


def made_different(number: int, calls: list[Call], *, numbered: bool = True) -> list[Call]:
    """The same calls, asking for something that nobody else asks for."""
    changed = []
    for one in calls:
        inquiry = one.inquiry
        request = inquiry.request if numbered else replace(inquiry.request, headers=())
        changed.append(
            replace(one, inquiry=replace(inquiry, body={**inquiry.body, "user": str(number)}, request=request))
        )
    return changed


def at_once(works: list[list[Call]], change: Changed = lambda number, calls: calls) -> list[Call]:
    """The calls of all works in the order in which they came, numbered by it."""
    calls = [one for number, work in enumerate(works) for one in change(number, work)]
    return [replace(one, index=at) for at, one in enumerate(sorted(calls, key=lambda one: one.arrived))]


WORKS = st.lists(answered(ending=st.none() | FAILURES | REFUSALS), max_size=6)


@given(WORKS)
def test_a_perfect_client_is_never_blamed(works: list[list[Call]]) -> None:
    verdict = judge(at_once(works, made_different))
    assert verdict.ok, str(verdict)
    assert verdict.requests == len(works)


@given(WORKS)
def test_nor_is_one_that_numbers_nothing(works: list[list[Call]]) -> None:
    verdict = judge(at_once(works, lambda number, calls: made_different(number, calls, numbered=False)))
    assert verdict.ok, str(verdict)
    assert verdict.requests == len(works)


@given(st.lists(answered(ending=st.none()), max_size=6))
def test_nor_is_one_that_asks_for_the_same_at_once(works: list[list[Call]]) -> None:
    verdict = judge(at_once(works))
    assert verdict.ok, str(verdict)
    assert verdict.requests == len(works)


@given(st.lists(answered(ending=st.none()), max_size=6))
def test_nothing_is_lost_by_a_client_that_tries_until_it_is_answered(works: list[list[Call]]) -> None:
    verdict = judge(at_once(works, made_different), lost_work=True)
    assert verdict.ok, str(verdict)


@given(st.floats(0.05, 50), st.floats(0, 0.8), st.booleans())
def test_one_that_comes_too_early_is_always_blamed(wait: float, share: float, numbered: bool) -> None:
    numbers = (0, 1) if numbered else (None, None)
    early = [call(0, 0.0, 429, took=0.0, sent=told(wait), number=numbers[0]), call(1, wait * share, number=numbers[1])]
    assert [finding.kind for finding in judge(early).findings] == ["retry_after_ignored"]


@given(st.lists(FAILURES, min_size=11, max_size=20), st.booleans())
def test_one_that_never_gives_up_is_always_blamed(failures: list[Failure], numbered: bool) -> None:
    calls = [
        call(at, at * 50.0, **{"status": 200, **failure}, number=at if numbered else None)
        for at, failure in enumerate(failures)
    ]
    assert "never_gave_up" in {finding.kind for finding in judge(calls).findings}
