"""Latency models: the same draw gives the same waits, the mean is the parameter, and text is read or explained."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields
from itertools import islice
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.latency import PRESETS, Distribution, Drawn, Latency, parse
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Timing

SECONDS = st.floats(0.001, 10)
SHARES = st.floats(0, 0.5)
KINDS: st.SearchStrategy[Distribution] = st.sampled_from(["normal", "lognormal"])
USAGE = Usage(100, 20)


@st.composite
def latencies(draw: st.DrawFn) -> Latency:
    first, each = draw(SECONDS), draw(SECONDS)
    return Latency(first, first * draw(SHARES), 0.001, each, each * draw(SHARES), draw(KINDS), draw(st.floats(1, 5)), 8)


def waits(timing: Timing, count: int = 50) -> list[float]:
    return list(islice(timing.waits(), count))


@given(latencies(), st.integers(), st.integers(1, 20))
def test_the_same_draw_gives_the_same_waits(latency: Latency, seed: int, running: int) -> None:
    one, two = (latency.timing(draw_for(seed, "request"), USAGE, running) for _ in range(2))
    assert waits(one) == waits(one) == waits(two)
    assert one.total(49) == pytest.approx(sum(waits(one)))


@given(latencies(), st.integers())
def test_no_wait_is_negative(latency: Latency, seed: int) -> None:
    assert min(waits(latency.timing(draw_for(seed, "request"), USAGE))) >= 0


@given(latencies())
def test_the_mean_is_the_parameter(latency: Latency) -> None:
    timings = [latency.timing(draw_for(7, number), USAGE) for number in range(1500)]
    assert fmean(timing.first for timing in timings) == pytest.approx(latency.time_to_first_token + 0.1, rel=0.06)
    each = waits(timings[0], 4000)[1:]
    assert fmean(each) == pytest.approx(latency.inter_token_latency, rel=0.06)
    assert pstdev(each) == pytest.approx(latency.inter_token_latency_std_dev, rel=0.2, abs=1e-9)


@given(latencies(), st.integers())
def test_more_load_never_makes_it_quicker(latency: Latency, seed: int) -> None:
    firsts = [latency.timing(draw_for(seed, "request"), USAGE, running).first for running in (1, 2, 4, 8, 100)]
    assert firsts == sorted(firsts)
    assert firsts[3] == pytest.approx(firsts[0] * latency.time_factor_under_load)
    assert firsts[4] == firsts[3]


def test_without_deviation_it_is_fixed() -> None:
    timing = Latency(0.5, inter_token_latency=0.02).timing(draw_for(0, "request"), USAGE)
    assert timing == Timing(0.5, 0.02)
    assert not isinstance(timing, Drawn)


def test_cached_tokens_need_no_prefill() -> None:
    latency = Latency(0.5, prefill_time_per_token=0.001)
    assert latency.timing(draw_for(0), Usage(100, 1)).first == pytest.approx(0.6)
    assert latency.timing(draw_for(0), Usage(100, 1, cached_tokens=80)).first == pytest.approx(0.52)


def test_requests_differ() -> None:
    assert len({waits(PRESETS["gpt-4o"].timing(draw_for(0, number), USAGE))[1] for number in range(20)}) > 10


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("instant", Latency()),
        ("gpt-4o", PRESETS["gpt-4o"]),
        ("time-to-first-token=0.5", Latency(0.5)),
        ("inter-token-latency=20ms; time-to-first-token=1s", Latency(1.0, inter_token_latency=0.02)),
        ("instant;time_factor_under_load=2;max_num_seqs=10", Latency(time_factor_under_load=2.0, max_num_seqs=10)),
        ("inter-token-latency-std-dev=2;distribution=lognormal", Latency(0, 0, 0, 0, 2, "lognormal")),
    ],
)
def test_parse(text: str, model: Latency) -> None:
    assert parse(text) == model


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpt-4", "there is no latency model 'gpt-4'. Did you mean 'gpt-4o'?"),
        ("", "there is no latency model ''. Valid: fast, gpt-4o"),
        ("fast;inter-token=1", "a latency model has no 'inter-token'. Did you mean 'inter-token-latency'?"),
        ("fast;slow", "'slow' is no parameter of a latency model; write name=value"),
        ("time-to-first-token=soon", "time-to-first-token is a time such as 0.02 (seconds) or 20ms, from 0 to 3600"),
        ("time-to-first-token=nan", "from 0 to 3600, not 'nan'"),
        ("time-factor-under-load=0.5", "time-factor-under-load is a factor, from 1 to 1000, not '0.5'"),
        ("max-num-seqs=0", "max-num-seqs is a whole number from 1 to 9999999, not '0'"),
        ("distribution=uniform", "distribution is normal or lognormal, not 'uniform'"),
        ("time-to-first-token=1;time-to-first-token-std-dev=2", "use distribution=lognormal"),
    ],
)
def test_bad_text_is_explained(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


@given(st.text(max_size=30) | st.from_regex(r"(fast|slow|instant);[a-z-]+=[0-9.a-z]+", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse(text), Latency)


def test_every_parameter_can_be_written() -> None:
    values = {"distribution": "lognormal", "max_num_seqs": "7", "time_factor_under_load": "2"}
    text = ";".join(f"{field.name.replace('_', '-')}={values.get(field.name, '0.25')}" for field in fields(Latency))
    assert parse(text) == Latency(0.25, 0.25, 0.25, 0.25, 0.25, "lognormal", 2.0, 7)


@pytest.mark.parametrize("text", [*PRESETS, "fast;inter-token-latency=20ms;distribution=lognormal;max-num-seqs=7"])
def test_a_model_is_shown_as_it_is_read(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)
