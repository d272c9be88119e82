"""Made-up but consistent log probabilities: the chosen token is the likeliest, and all together stay below 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from pytest_mockopenai.core.seed import Draw

T = TypeVar("T")

_LIKELY, _SPREAD = 0.5, 0.499  # the chosen token's probability is from 0.5 to almost 1


def scored(chosen: T, draw: Draw, others: Callable[[int], Sequence[T]]) -> list[tuple[T, float]]:
    """The chosen token and the others that might stand in its place, the likeliest first, each with its natural log.

    `others` makes them from a seed of 63 bits.
    """
    chance = _LIKELY + _SPREAD * draw.uniform()
    rest = 1 - chance
    rivals = others(draw.integer(0, 2**63 - 1))
    return [(chosen, _log(chance)), *((other, _log(rest / 2 ** (place + 1))) for place, other in enumerate(rivals))]


def _log(chance: float) -> float:
    return round(math.log(chance), 8)
