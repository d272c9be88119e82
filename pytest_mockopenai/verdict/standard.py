"""What a client is measured by: thresholds, each with a default that the SDK's own retries meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from pytest_mockopenai.core.suggest import did_you_mean

GRAIN = 0.005
"""Seconds by which threads and clocks blur a wait: a shorter one cannot be told from none."""


@dataclass(frozen=True, slots=True)
class Standard:
    """The thresholds of a judgement; all times in seconds.

    `max_attempts`, `max_seconds`: how often, and for how long, a client may try one request (OpenAI's cookbook tries at
    most 10 times; the SDK's own timeout is 600 s). `max_burst`: attempts at one request within `window`;
    `max_in_window`: calls for all requests together within it, None for any number. `tolerance`: the share by which a
    wait may be shorter than it was told to be. `min_wait`: where no wait was told, every retry but one waits at least
    so long. `max_backoff`: waits need not grow beyond it (8 s in the SDK). `same_within`: an equal request that comes
    within this time after a failure is another attempt at it, and one that comes within this time after an answer
    repeats it. `each_once`: equal requests repeat each other also if the SDK numbers them as new. `lost_work`: a
    request that failed and was never tried again is a finding. `ignore`: kinds of findings to leave out.
    """

    max_attempts: int = 10
    max_seconds: float = 600.0
    max_burst: int = 10
    max_in_window: int | None = None
    window: float = 1.0
    tolerance: float = 0.1
    min_wait: float = 0.01
    max_backoff: float = 8.0
    same_within: float = 60.0
    each_once: bool = False
    lost_work: bool = False
    ignore: frozenset[str] = frozenset()


class Terms(TypedDict, total=False):
    """The parameters of `MockOpenAI.verdict` and `assert_resilient`: those of `Standard`."""

    max_attempts: int
    max_seconds: float
    max_burst: int
    max_in_window: int | None
    window: float
    tolerance: float
    min_wait: float
    max_backoff: float
    same_within: float
    each_once: bool
    lost_work: bool
    ignore: Collection[str]


def standard_of(terms: Mapping[str, Any], kinds: Collection[str]) -> Standard:
    """The standard with these terms; `kinds` are those that can be ignored.

    Raises TypeError for an unknown term or kind of value, ValueError for a wrong value.
    """
    for name, value in terms.items():
        if name not in _CHECKS:
            raise TypeError(f"a verdict has no parameter '{name}'.{did_you_mean(name, _CHECKS)}")
        fits, wanted = _CHECKS[name]
        if not fits(value):
            raise ValueError(f"{name} is {wanted}, not {value!r:.80}")
    ignored = frozenset(terms.get("ignore", ()))
    for kind in sorted(ignored, key=str):
        if kind not in kinds:
            raise ValueError(f"there is no finding '{kind!s:.80}' to ignore.{did_you_mean(str(kind), kinds)}")
    return Standard(**{**terms, "ignore": ignored})


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_kinds(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, (str, bytes))


_COUNT = (_is_count, "a whole number of at least 1")
_TIME = (_is_time, "a number of seconds of at least 0")
_SWITCH = (lambda value: isinstance(value, bool), "True or False")
_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "max_attempts": _COUNT,
    "max_seconds": _TIME,
    "max_burst": _COUNT,
    "max_in_window": (lambda value: value is None or _is_count(value), "a whole number of at least 1, or None"),
    "window": _TIME,
    "tolerance": (lambda value: _is_time(value) and value <= 1, "a share from 0 to 1"),
    "min_wait": _TIME,
    "max_backoff": _TIME,
    "same_within": _TIME,
    "each_once": _SWITCH,
    "lost_work": _SWITCH,
    "ignore": (_is_kinds, "a list of kinds of findings"),
}
