"""Rate limits as values: buckets that never give more than they hold, and tell the truth about when they will."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.limits import Limits, charge, estimated, parse, read, settled

NOW = 1_800_000_000.0
LIMIT = st.none() | st.integers(1, 20) | st.integers(1, 10**8)
LIMITS = st.builds(Limits, LIMIT, LIMIT, LIMIT).filter(bool)
STEPS = st.lists(
    st.tuples(st.floats(0, 100) | st.just(0.0), st.integers(0, 50) | st.integers(0, 10**6)), min_size=1, max_size=40
)


def seconds(text: str) -> float:
    """What a duration as Go writes it stands for."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)(h|ms|m|s)", text))


class Account:
    """What a client sees of its limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.levels: Any = {}
        self.now = NOW

    def ask(self, tokens: int = 0) -> Any:
        made = charge(self.limits, self.levels, self.now, tokens, model="gpt-4o")
        self.levels = made.levels
        return made


@given(limits=LIMITS, steps=STEPS)
def test_no_window_lets_through_more_than_the_bucket_and_what_flows_into_it(limits, steps):
    account, passed = Account(limits), []
    for pause, tokens in steps:
        account.now += pause
        if account.ask(tokens).error is None:
            passed.append((account.now, {"requests": 1, "tokens": tokens}))
    for bucket in limits.buckets:
        for first, (begin, _) in enumerate(passed):
            taken = 0
            for end, amounts in passed[first:]:
                taken += amounts[bucket.scope]
                flown_in = (end - begin) * bucket.limit / bucket.seconds
                assert taken <= (bucket.limit + flown_in) * (1 + 1e-6) + 1


@given(limits=LIMITS, steps=STEPS)
def test_who_waits_as_long_as_he_is_told_is_let_through(limits, steps):
    account = Account(limits)
    for pause, tokens in steps:
        account.now += pause
        error = account.ask(tokens).error
        if error is not None and error.retry_after is not None:
            account.now += int(dict(error.headers)["retry-after-ms"]) / 1000
            assert account.ask(tokens).error is None
        elif error is not None:
            assert tokens > limits.tpm


@given(limits=LIMITS, steps=STEPS)
def test_what_the_headers_promise_holds(limits, steps):
    account = Account(limits)
    for pause, tokens in steps:
        account.now += pause
        told = dict(account.ask(tokens).headers)
        probe = Account(limits)
        probe.levels, probe.now = account.levels, account.now
        requests = int(told.get("x-ratelimit-remaining-requests", 3))
        left = int(told.get("x-ratelimit-remaining-tokens", 0))
        for spent in [left, *[0] * min(requests - 1, 30)] if requests else []:
            assert probe.ask(spent).error is None
        if 0 < requests <= 30 and limits.rpm:
            assert probe.ask(0).error is not None or "x-ratelimit-limit-requests" not in told
        for scope in ("requests", "tokens"):
            if f"x-ratelimit-reset-{scope}" in told:
                then = account.now + seconds(told[f"x-ratelimit-reset-{scope}"])
                limit = int(told[f"x-ratelimit-limit-{scope}"])
                told_of = [bucket for bucket in limits.buckets if (bucket.scope, bucket.limit) == (scope, limit)]
                assert limit in {bucket.whole(bucket.left(account.levels, then)) for bucket in told_of}


@given(limits=LIMITS, steps=STEPS, used=st.integers(0, 100))
def test_settling_gives_back_what_was_charged_too_much(limits, steps, used):
    account = Account(limits)
    for pause, tokens in steps:
        account.now += pause
        before = account.levels
        made = account.ask(tokens)
        if made.error is None:
            levels = settled(limits, made.levels, account.now, tokens, used)
            for bucket in limits.buckets:
                had, has = bucket.left(before, account.now), bucket.left(levels, account.now)
                taken = {"requests": 1, "tokens": used}[bucket.scope]
                assert has == pytest.approx(min(bucket.limit, had - taken), rel=1e-9, abs=1e-3)


def test_an_account_of_three_requests_a_minute():
    account = Account(Limits(rpm=3))
    told = [dict(account.ask().headers) for _ in range(3)]
    assert [each["x-ratelimit-remaining-requests"] for each in told] == ["2", "1", "0"]
    assert [each["x-ratelimit-reset-requests"] for each in told] == ["20s", "40s", "1m0s"]
    error = account.ask().error
    assert error.message == (
        "Rate limit reached for gpt-4o in organization org-mock on requests per min (RPM): Limit 3, Used 3, "
        "Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert (error.status, error.type, error.code, error.retry_after) == (429, "requests", "rate_limit_exceeded", 20)
    assert dict(error.headers)["retry-after-ms"] == "20000"
    account.now += 19.9
    assert account.ask().error
    account.now += 0.1
    assert not account.ask().error


def test_a_day_s_limit_is_told_once_it_is_the_tighter_one():
    account = Account(Limits(rpm=3, rpd=5))
    limits = []
    for _ in range(5):
        limits.append(dict(account.ask().headers)["x-ratelimit-limit-requests"])
        account.now += 60
    assert limits == ["3", "3", "3", "5", "5"]
    error = account.ask().error
    assert "requests per day (RPD): Limit 5, Used 5" in error.message
    assert error.retry_after == pytest.approx(86_400 / 5 - 300)


def test_a_request_that_is_larger_than_the_limit_is_told_so():
    error = Account(Limits(tpm=1000)).ask(1001).error
    assert error.message.startswith("Request too large for gpt-4o in organization org-mock on tokens per min (TPM): ")
    assert "Limit 1000, Requested 1001. The input or output tokens must be reduced" in error.message
    assert (error.type, error.retry_after) == ("tokens", None)


def test_of_two_limits_the_longer_wait_is_told():
    account = Account(Limits(rpm=1, tpm=100))
    account.ask(10)
    assert account.ask(100).error.type == "requests"
    account.now += 60
    account.ask(100)
    account.now += 59
    assert account.ask(100).error.retry_after == 1


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({}, 0),
        ({"input": "x" * 41}, 11),
        ({"messages": [{"role": "user", "content": "y" * 16}], "max_tokens": 50}, 55),
        ({"messages": [{"role": "user", "content": "y" * 16}], "max_completion_tokens": 50, "n": 3}, 155),
        ({"input": "abcd", "instructions": "abcd", "max_output_tokens": 7}, 9),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}, {"image_url": "b" * 99}]}]}, 4),
        ({"messages": 3, "max_tokens": "x", "n": None}, 0),
    ],
)
def test_a_request_is_charged_its_text_and_what_the_model_may_say(body, tokens):
    assert estimated(body) == tokens


# --- as text ----------------------------------------------------------------------------------------------------------


@given(LIMITS, st.sampled_from(["key", "model", "project"]))
def test_limits_are_read_as_they_are_written(limits, per):
    given_ = Limits(limits.rpm, limits.tpm, limits.rpd, per)
    assert parse(str(given_)) == given_


def test_limits_may_be_none():
    assert not Limits()
    assert parse("") == Limits()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rpm", "'rpm' is no limit; write rpm=60"),
        ("rmp=3", "limits have no 'rmp'. Did you mean 'rpm'?"),
        ("rpm=0", "rpm is a whole number from 1 to 1000000000000, not 0"),
        ("rpm=many", "rpm is a whole number from 1 to 1000000000000, not 'many'"),
        ("rpm=1;per=modle", "per is key, model or project, not 'modle'. Did you mean 'model'?"),
    ],
)
def test_a_wrong_limit_is_told(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


@pytest.mark.parametrize("wrong", [{"rpm": 1.5}, {"tpm": True}, {"rpd": -1}, {"a": 1}])
def test_a_wrong_value_is_told(wrong):
    with pytest.raises(ValueError, match=r"whole number|limits have no 'a'"):
        read(wrong)
