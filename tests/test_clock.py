"""The clock of a mock: stopped, moved on, real again; and what goes by it."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import MockOpenAI, hang, slow
from pytest_mockopenai.clock import LocalClock
from pytest_mockopenai.core.clock import ClockSetting
from pytest_mockopenai.state import LocalState

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
SPANS = st.floats(0, 1e9)


class Watch:
    """A clock over a real time that is set by hand."""

    def __init__(self) -> None:
        self.real = 100.0
        self.clock = LocalClock(LocalState(), lambda: self.real)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_it_shows_real_time_at_first(watch):
    watch.real = 101.5
    assert (watch.clock.now, watch.clock.frozen) == (101.5, False)


def test_it_stands_and_is_moved_on(watch):
    watch.clock.freeze()
    watch.real = 200.0
    assert (watch.clock.now, watch.clock.frozen) == (100.0, True)
    watch.clock.advance(timedelta(minutes=1))
    assert watch.clock.now == 160.0
    watch.clock.real()
    assert (watch.clock.now, watch.clock.frozen) == (200.0, False)


def test_a_running_clock_is_moved_on_too(watch):
    watch.clock.advance(3600)
    watch.real = 110.0
    assert watch.clock.now == 3710.0
    watch.clock.freeze()
    assert watch.clock.now == 3710.0


@pytest.mark.parametrize("at", [1767225600, NEW_YEAR, NEW_YEAR.astimezone(timezone(timedelta(hours=5)))])
def test_it_stands_at_a_time(watch, at):
    watch.clock.freeze(at)
    assert watch.clock.now == 1767225600


@given(ahead=SPANS, at=st.none() | SPANS, moves=st.lists(SPANS), real=SPANS)
def test_it_never_goes_back_by_advancing(ahead, at, moves, real):
    setting = ClockSetting(ahead, at)
    for seconds in moves:
        moved = setting.advanced(seconds)
        assert moved.time(real) >= setting.time(real)
        assert (moved.frozen_at is None) == (at is None)
        setting = moved


@pytest.mark.parametrize("wrong", [-1, "1", None, True, float("nan"), float("inf"), timedelta(seconds=-1)])
def test_it_moves_on_by_seconds_only(watch, wrong):
    with pytest.raises(ValueError, match="at least 0, not"):
        watch.clock.advance(wrong)


@pytest.mark.parametrize("wrong", ["noon", -1, True])
def test_a_time_is_a_time(watch, wrong):
    with pytest.raises(ValueError, match="Unix seconds or a datetime, not"):
        watch.clock.freeze(wrong)


def test_a_time_without_a_zone_is_none(watch):
    with pytest.raises(ValueError, match=r"datetime\(2026, 1, 1, tzinfo=timezone.utc\)"):
        watch.clock.freeze(datetime(2026, 1, 1))


def test_what_it_shows_can_be_read(watch):
    watch.clock.freeze(NEW_YEAR)
    assert re.fullmatch(r"<Clock 202\S+, frozen>", repr(watch.clock))


def test_replies_go_by_it(mock_openai):
    mock_openai.clock.freeze(NEW_YEAR)
    mock_openai.reply("Hi" | slow(first=3600, each=60))
    began = time.monotonic()
    chunks = list(
        mock_openai.client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
    )
    assert time.monotonic() - began < 60
    assert {chunk.created for chunk in chunks} == {1767225600}
    call = mock_openai.calls[0]
    assert call.started == 1767225600
    assert abs(call.arrived - time.time()) < 60


def test_what_hangs_hangs_while_it_stands(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.reply(hang())
    with pytest.raises(openai.APITimeoutError):
        mock_openai.client.with_options(timeout=0.05, max_retries=0).responses.create(model="gpt-4o", input="Hi")


def test_a_job_goes_by_it(mock_openai):
    client = mock_openai.client
    mock_openai.clock.freeze()
    made = client.responses.create(model="gpt-4o", input="Hi", background=True)

    def status() -> str:
        return client.responses.retrieve(made.id).status

    assert [made.status, status()] == ["queued", "queued"]
    mock_openai.clock.advance(0.11)
    assert status() == "in_progress"
    mock_openai.clock.advance(0.2)
    assert status() == "completed"


@pytest.mark.mock_openai(job_seconds=0)
def test_a_job_may_be_done_at_once(mock_openai):
    mock_openai.clock.freeze()
    made = mock_openai.client.responses.create(model="gpt-4o", input="Hi", background=True)
    assert made.status == "queued"
    assert mock_openai.client.responses.retrieve(made.id).status == "completed"


def test_a_reset_makes_it_real(mock_openai):
    mock_openai.clock.freeze(0)
    mock_openai.reset()
    assert mock_openai.clock.now == pytest.approx(time.time(), abs=60)


def test_a_mock_elsewhere_has_the_same(mock_openai):
    clock = MockOpenAI.connect(mock_openai.url).clock
    clock.freeze(NEW_YEAR)
    assert (clock.now, clock.frozen) == (1767225600, True)
    clock.advance(timedelta(hours=1))
    assert mock_openai.clock.now == clock.now == 1767229200
    clock.real()
    assert not mock_openai.clock.frozen
    with pytest.raises(ValueError, match="at least 0"):
        clock.advance(-1)
