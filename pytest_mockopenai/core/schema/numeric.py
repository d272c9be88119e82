"""Numbers: the bounds that schemas put on them, and a plausible number within."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pytest_mockopenai.core.schema import names
from pytest_mockopenai.core.schema.document import Parts
from pytest_mockopenai.core.schema.parts import Part, canon, shown
from pytest_mockopenai.core.schema.trouble import Unsatisfiable
from pytest_mockopenai.core.seed import Draw

Number = int | float

_FINER = (2, 4, 6, 9, 12, 17, 25, 50, 100, 200, 330)
_TRIES = 100
_FAR = 1_000


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit on one side; `open` when the limit itself is not allowed."""

    value: Number
    open: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What number schemas allow: bounds on both sides, and what the number has to be a multiple of."""

    lows: tuple[Bound, ...]
    highs: tuple[Bound, ...]
    steps: tuple[Number, ...]

    def allow(self, value: Number) -> bool:
        """Whether a number is within."""
        return (
            all(value > low.value or (value == low.value and not low.open) for low in self.lows)
            and all(value < high.value or (value == high.value and not high.open) for high in self.highs)
            and all(_is_multiple(value, step) for step in self.steps)
        )

    def multiples(self, step: Fraction) -> tuple[int | None, int | None]:
        """The first and the last multiple of a step that may be within, one to spare on either side.

        One to spare because a decimal such as 0.1 is not exactly the float that a validator compares.
        """
        first = max((math.ceil(Fraction(low.value) / step) - 1 for low in self.lows), default=None)
        last = min((math.floor(Fraction(high.value) / step) + 1 for high in self.highs), default=None)
        return first, last


def limits(parts: Parts) -> Limits:
    """The limits of schemas that hold together; draft 4's boolean `exclusiveMinimum` is understood too."""
    lows = (_bound(part, "minimum", "exclusiveMinimum") for part in parts)
    highs = (_bound(part, "maximum", "exclusiveMaximum") for part in parts)
    steps = (_number(part, "multipleOf") for part in parts)
    return Limits(
        tuple(bound for found in lows for bound in found),
        tuple(bound for found in highs for bound in found),
        tuple(step for step in steps if step is not None),
    )


def number(parts: Parts, draw: Draw, *, whole: bool, name: str, taken: Set[Hashable]) -> Number:
    """A number that the schemas allow, in the range that its name suggests if they leave it open."""
    found = limits(parts)
    window = names.window(name, whole)
    for step in _steps(found, whole, window[2]):
        for value in _candidates(found, step, draw, window):
            if found.allow(value) and canon(value) not in taken:
                return value
    raise Unsatisfiable(parts[0].path, _why_none(found, whole))


def _steps(found: Limits, whole: bool, digits: int) -> Iterator[Fraction]:
    """What the number is a multiple of: as asked, or ever finer decimals until one is within bounds."""
    asked = [_decimal(step) for step in found.steps] + [Fraction(1)] * whole
    if asked:
        yield _common_multiple(asked)
        return
    for places in (digits, *_FINER):
        yield Fraction(1, 10**places)


def _candidates(found: Limits, step: Fraction, draw: Draw, window: tuple[int, int, int]) -> Iterator[Number]:
    """Multiples of the step within the bounds: those of the name's range first, from a drawn one onwards."""
    for start, end in _ranges(found.multiples(step), step, window):
        span = end - start + 1
        offset = draw.integer(0, max(0, span - 1))
        for index in range(min(span, _TRIES)):
            yield _plain(step * (start + (offset + index) % span), step)


def _ranges(
    bounds: tuple[int | None, int | None], step: Fraction, window: tuple[int, int, int]
) -> tuple[tuple[int, int], ...]:
    first, last = bounds
    low, high, far = math.ceil(window[0] / step), math.floor(window[1] / step), math.ceil(_FAR / step)
    near = low if first is None else max(low, first), high if last is None else min(high, last)
    if first is None:
        first = (low if last is None else last) - far
    return near, (first, first + far if last is None else last)


def _plain(value: Fraction, step: Fraction) -> Number:
    if step.denominator == 1:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return int(value)


def _bound(part: Part, inclusive: str, exclusive: str) -> list[Bound]:
    switch = part.words.get(exclusive)
    draft4 = isinstance(switch, bool)
    edge, beyond = _number(part, inclusive), None if draft4 else _number(part, exclusive)
    found = [] if edge is None else [Bound(edge, switch is True)]
    return found if beyond is None else [*found, Bound(beyond, True)]


def _number(part: Part, keyword: str) -> Number | None:
    value: Any = part.words.get(keyword)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise part.wrong(keyword, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise part.wrong(keyword, "a finite number")
    if keyword == "multipleOf" and value <= 0:
        raise part.wrong(keyword, "a number above 0")
    return value


def _is_multiple(value: Number, step: Number) -> bool:
    """A multiple both as decimals, which is meant, and as floats, which is what many validators compute."""
    try:
        quotient = value / step
        as_floats = quotient.is_integer() if isinstance(step, float) else value % step == 0
    except OverflowError:
        as_floats = True
    return as_floats and (_decimal(value) / _decimal(step)).denominator == 1


def _decimal(value: Number) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _common_multiple(steps: list[Fraction]) -> Fraction:
    return Fraction(math.lcm(*(step.numerator for step in steps)), math.gcd(*(step.denominator for step in steps)))


def _why_none(found: Limits, whole: bool) -> str:
    kind = "integer" if whole else "number"
    said = [f"above {shown(low.value)}" if low.open else f"from {shown(low.value)}" for low in found.lows]
    said += [f"below {shown(high.value)}" if high.open else f"up to {shown(high.value)}" for high in found.highs]
    said += [f"that is a multiple of {shown(step)}" for step in found.steps]
    return f"there is no {kind} {', '.join(said)}" if said else f"no other {kind} was found"
