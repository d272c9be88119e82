"""A quiet sine in whole numbers only, so that every platform has the same samples; no other waveform."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, isqrt

PEAK = 3277
"""The largest sample: a tenth of full scale, 20 dB below the loudest 16-bit sound."""

_HALVINGS = 10
_STEPS = 4 << _HALVINGS  # table entries in one turn
_ONE = 1 << 60  # 1.0 in fixed point


@dataclass(frozen=True, slots=True)
class Tone:
    """A mono sound: `rate` samples a second, `hertz` cycles a second, `length` samples in all."""

    rate: int
    hertz: int
    length: int

    @property
    def period(self) -> int:
        """After so many samples the samples repeat exactly; it divides `rate`."""
        return self.rate // gcd(self.rate, self.hertz)

    def samples(self, start: int, count: int) -> list[int]:
        """`count` samples from sample `start` on, each from -PEAK to PEAK."""
        table, advance, rate = sine_table(), self.hertz * _STEPS, self.rate
        return [table[i * advance // rate % _STEPS] for i in range(start, start + count)]


@lru_cache(maxsize=1)
def sine_table() -> tuple[int, ...]:
    """One turn of PEAK * sin in 4096 equal steps, each rounded to the nearest whole number."""
    cos_step = 0  # of a quarter turn, then halved by cos(a/2)^2 = (1 + cos a) / 2
    for _ in range(_HALVINGS):
        cos_step = isqrt((_ONE + cos_step) * _ONE // 2)
    sin_step = isqrt(_ONE * _ONE - cos_step * cos_step)
    cos, sin, table = _ONE, 0, []
    for _ in range(_STEPS):
        table.append((PEAK * sin + _ONE // 2) // _ONE)
        cos, sin = (cos * cos_step - sin * sin_step) // _ONE, (sin * cos_step + cos * sin_step) // _ONE
    return tuple(table)


def little_endian(samples: list[int]) -> bytes:
    """Samples as 16-bit little-endian signed numbers."""
    return struct.pack(f"<{len(samples)}h", *samples)
