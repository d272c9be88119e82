"""How long a model takes, as a value: from seed, request, usage and load to the waits of one reply. No clock.

The parameters are those of llm-d-inference-sim, by the same names; times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from itertools import chain, islice, repeat
from statistics import NormalDist
from typing import Any, Literal, get_args

from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Timing

Distribution = Literal["normal", "lognormal"]


@dataclass(frozen=True, slots=True)
class Latency:
    """A latency model; all times in seconds, and all zero means at once.

    The first token comes after `time_to_first_token`, and `prefill_time_per_token` more for each prompt token that is
    not cached; every further event of a stream after `inter_token_latency`. Each time varies by its `..._std_dev` (0:
    it is fixed) in this `distribution`. With `max_num_seqs` calls in flight everything takes `time_factor_under_load`
    times as long, with one call as long as it says, and in between in proportion.
    """

    time_to_first_token: float = 0.0
    time_to_first_token_std_dev: float = 0.0
    prefill_time_per_token: float = 0.0
    inter_token_latency: float = 0.0
    inter_token_latency_std_dev: float = 0.0
    distribution: Distribution = "normal"
    time_factor_under_load: float = 1.0
    max_num_seqs: int = 5

    def __str__(self) -> str:
        """As `parse` reads it."""
        given = ((item.name, getattr(self, item.name)) for item in fields(self))
        return ";".join(f"{name.replace('_', '-')}={value}" for name, value in given)

    @property
    def grows(self) -> bool:
        """Whether it depends on how many calls are in flight."""
        return self.time_factor_under_load != 1.0

    def timing(self, draw: Draw, usage: Usage, in_flight: int = 1) -> Timing:
        """The waits of one reply; the same for the same `draw`, usage and number of calls in flight."""
        load = self._load(in_flight)
        prefill = self.prefill_time_per_token * max(0, usage.prompt_tokens - usage.cached_tokens)
        vary = _VARIED[self.distribution]
        first = next(vary(self.time_to_first_token + prefill, self.time_to_first_token_std_dev, draw.child("first")))
        if not self.inter_token_latency_std_dev:
            return Timing(first * load, self.inter_token_latency * load)
        return Drawn(first * load, self.inter_token_latency * load, latency=self, draw=draw, load=load)

    def _load(self, in_flight: int) -> float:
        share = (in_flight - 1) / max(1, self.max_num_seqs - 1)
        return 1 + (self.time_factor_under_load - 1) * min(1.0, max(0.0, share))


@dataclass(frozen=True, slots=True)
class Drawn(Timing):
    """A timing whose times between events are drawn one by one; `each` is their mean."""

    latency: Latency = field(kw_only=True)
    draw: Draw = field(kw_only=True)
    load: float = field(kw_only=True)

    def waits(self) -> Iterator[float]:
        """The wait before each event, the same ones at each look."""
        latency = self.latency
        mean, deviation = latency.inter_token_latency, latency.inter_token_latency_std_dev
        drawn = _VARIED[latency.distribution](mean, deviation, self.draw.child("each"))
        return chain((self.first,), (wait * self.load for wait in drawn))

    def total(self, events: int) -> float:
        """How long a reply of so many events after the first takes."""
        return sum(islice(self.waits(), events + 1))


# --- drawing ----------------------------------------------------------------------------------------------------------

_BITS = 12
_MASK = 2**_BITS - 1
_SHIFTS = tuple(range(0, 48, _BITS))


def _normals(draw: Draw) -> Iterator[float]:
    """Numbers of the standard normal distribution, from a table: a draw of its own for each would cost more."""
    table = _quantiles()
    while True:
        bits = int(draw.uniform() * 2**48)
        for shift in _SHIFTS:
            yield table[bits >> shift & _MASK]


@lru_cache(maxsize=1)
def _quantiles() -> tuple[float, ...]:
    """The middle of each of the equally probable parts of the distribution, so their mean is 0."""
    parts = 2**_BITS
    return tuple(map(NormalDist().inv_cdf, ((part + 0.5) / parts for part in range(parts))))


def _normal(mean: float, deviation: float, draw: Draw) -> Iterator[float]:
    """Cut off at 0 and, so that the mean stays, at twice the mean."""
    if not deviation:
        return repeat(mean)
    return (min(max(mean + deviation * number, 0.0), 2 * mean) for number in _normals(draw))


def _lognormal(mean: float, deviation: float, draw: Draw) -> Iterator[float]:
    if not deviation or not mean:
        return repeat(mean)
    variance = math.log1p((deviation / mean) ** 2)
    middle, width = math.log(mean) - variance / 2, math.sqrt(variance)
    return (math.exp(middle + width * number) for number in _normals(draw))


_VARIED: Mapping[Distribution, Callable[[float, float, Draw], Iterator[float]]] = {
    "normal": _normal,
    "lognormal": _lognormal,
}

# --- reading ----------------------------------------------------------------------------------------------------------

PRESETS: Mapping[str, Latency] = {
    "instant": Latency(),
    "fast": Latency(0.1, 0.02, 0.0, 0.005, 0.001),
    "gpt-4o": Latency(0.45, 0.2, 0.00002, 0.012, 0.006, "lognormal"),
    "gpt-4o-mini": Latency(0.35, 0.15, 0.00001, 0.008, 0.004, "lognormal"),
    "reasoning": Latency(5.0, 3.0, 0.00005, 0.015, 0.008, "lognormal"),
    "slow": Latency(2.0, 0.5, 0.0002, 0.08, 0.02),
}
"""Models by name. The numbers are round ones of the order that one sees in practice, not measurements."""

_LONGEST = 3600.0  # seconds
_UNITS = {"ms": 0.001, "s": 1.0}


def parse(text: str) -> Latency:
    """The model that a text spells: `gpt-4o`, `fast;inter-token-latency=20ms`, `time-to-first-token=0.5`.

    A preset's name may come first; parameters are separated by `;`. A time is in seconds, or has a unit (`20ms`).
    Raises ValueError naming the valid presets or parameters.
    """
    head, *rest = [part.strip() for part in text.split(";")]
    if "=" in head:
        head, rest = "instant", [head, *rest]
    if head not in PRESETS:
        raise ValueError(f"there is no latency model '{head}'.{did_you_mean(head, PRESETS)}")
    given = dict(_parameter(part) for part in rest if part)
    return _sound(replace(PRESETS[head], **given))


def _parameter(part: str) -> tuple[str, Any]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not equals:
        raise ValueError(f"'{part}' is no parameter of a latency model; write name=value")
    known = name.replace("-", "_")
    if known not in _PARAMETERS:
        raise ValueError(f"a latency model has no '{name}'.{did_you_mean(name, _spelt(_PARAMETERS))}")
    return known, _READERS.get(known, _seconds)(name, value)


def _spelt(names: Any) -> list[str]:
    return [name.replace("_", "-") for name in names]


def _seconds(name: str, text: str) -> float:
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    return _number(name, text.removesuffix(unit), "a time such as 0.02 (seconds) or 20ms") * _UNITS.get(unit, 1.0)


def _number(name: str, text: str, wanted: str, least: float = 0.0, most: float = _LONGEST) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ValueError(f"{name} is {wanted}, from {least:g} to {most:g}, not '{text}'")
    return value


def _distribution(name: str, text: str) -> str:
    if text not in get_args(Distribution):
        raise ValueError(f"{name} is normal or lognormal, not '{text}'")
    return text


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= len(text) < 8 or int(text) < 1:
        raise ValueError(f"{name} is a whole number from 1 to 9999999, not '{text}'")
    return int(text)


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "distribution": _distribution,
    "max_num_seqs": _whole,
    "time_factor_under_load": lambda name, text: _number(name, text, "a factor", 1.0, 1000.0),
}
_PARAMETERS = frozenset(item.name for item in fields(Latency))


def _sound(latency: Latency) -> Latency:
    """The model; ValueError if it varies by more than a distribution around its mean can."""
    for mean in ("time_to_first_token", "inter_token_latency"):
        deviation = getattr(latency, f"{mean}_std_dev")
        if latency.distribution == "normal" and deviation > getattr(latency, mean):
            spelt = mean.replace("_", "-")
            raise ValueError(
                f"{spelt}-std-dev is {deviation:g}, more than {spelt} itself: "
                "a normal distribution would reach far below 0; use distribution=lognormal"
            )
    return latency
