"""The clock of a mock, which a test can stop and move on instead of sleeping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting


class Clock(Protocol):
    """The time by which a mock lives: `created` fields, jobs, expiry and rate limits. It shows real time at first.

    While it stands (`freeze`), replies are sent at once, whatever they are to wait for: nobody could end such a wait.
    """

    @property
    def now(self) -> float:
        """What it shows, in Unix seconds."""

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""

    def freeze(self, at: float | datetime | None = None) -> None:
        """Stand still: at this time (Unix seconds, or a datetime with its zone), or now."""

    def advance(self, seconds: float | timedelta) -> None:
        """Move on by so many seconds; a clock that stands goes on standing. Raises ValueError for less than 0."""

    def real(self) -> None:
        """Show real time again."""


class SetsClock(Protocol):
    """Where a clock's setting is kept: `state.State`."""

    @property
    def clock_setting(self) -> ClockSetting:
        """The setting in force."""

    def set_clock(self, change: Callable[[ClockSetting], ClockSetting]) -> None:
        """Put the changed setting in the place of the present one."""


class LocalClock:
    """A clock in this process. `real_time` is the real one, in Unix seconds; `moved` is called when it has been set."""

    def __init__(self, state: SetsClock, real_time: Callable[[], float] = time.time) -> None:
        self._state = state
        self._real_time = real_time
        self.moved: Callable[[], object] = lambda: None

    @property
    def now(self) -> float:
        """What it shows, in Unix seconds."""
        return self._state.clock_setting.time(self._real_time())

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._state.clock_setting.frozen_at is not None

    def freeze(self, at: float | datetime | None = None) -> None:
        """Stand still at this time, or now."""
        given, real = None if at is None else unix_seconds(at), self._real_time()
        self._set(lambda setting: setting.frozen(setting.time(real) if given is None else given))

    def advance(self, seconds: float | timedelta) -> None:
        """Move on by so many seconds."""
        by = span(seconds)
        self._set(lambda setting: setting.advanced(by))

    def real(self) -> None:
        """Show real time again."""
        self._set(lambda _: REAL_TIME)

    def _set(self, change: Callable[[ClockSetting], ClockSetting]) -> None:
        self._state.set_clock(change)
        self.moved()

    def __repr__(self) -> str:
        return f"<Clock {datetime.fromtimestamp(self.now).astimezone().isoformat()}{', frozen' * self.frozen}>"


def unix_seconds(at: object) -> float:
    """A time in Unix seconds; raises ValueError for what is none, and for a datetime without a zone."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"a time needs its zone: {at!r} may be any; write {_zoned(at)}")
        return at.timestamp()
    return _number("a time is Unix seconds or a datetime", at)


def _zoned(at: datetime) -> str:
    return f"datetime({at.year}, {at.month}, {at.day}, tzinfo=timezone.utc)"


def span(seconds: object) -> float:
    """A span of time in seconds; raises ValueError for anything that is none: a clock does not go back."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    return _number("a clock moves on by seconds or a timedelta, at least 0", seconds)


def _number(wanted: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)
