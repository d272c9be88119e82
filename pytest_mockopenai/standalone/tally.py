"""What is counted for metrics until they are told of it: to add up costs a tenth of what prometheus-client takes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from pytest_mockopenai.core.usage import Usage

TOKENS = ("prompt", "completion", "cached", "reasoning")
"""The types of tokens that are counted."""


class Spread:
    """Observations of a histogram that it has not been told yet."""

    __slots__ = ("_bounds", "_buckets", "_histogram", "_sum")

    def __init__(self, histogram: Callable[[], Any], bounds: tuple[float, ...]) -> None:
        """`histogram` makes the one with the right labels, or finds it: it is shown once something was observed."""
        self._histogram = histogram
        self._bounds = bounds
        self._clear()

    def _clear(self) -> None:
        self._sum = 0.0
        self._buckets = [0] * (len(self._bounds) + 1)

    def observe(self, seconds: float) -> None:
        """One more."""
        self._sum += seconds
        self._buckets[bisect_left(self._bounds, seconds)] += 1

    def tell(self) -> None:
        """Tells all at once, for which prometheus-client has no public name."""
        if not any(self._buckets):
            return
        histogram = self._histogram()
        histogram._sum.inc(self._sum)
        for bucket, count in zip(histogram._buckets, self._buckets, strict=True):
            if count:
                bucket.inc(count)
        self._clear()


class Tally:
    """What calls of one kind came to, and has not been told to their counters yet.

    `tokens` are the counters of the types in `TOKENS`; none for calls that are billed none.
    """

    __slots__ = ("_cached", "_calls", "_completion", "_count", "_prompt", "_reasoning", "_tokens", "duration", "first")

    def __init__(self, calls: Any, tokens: tuple[Any, ...], duration: Spread, first: Spread) -> None:
        self._calls = calls
        self._tokens = tokens
        self.duration = duration
        self.first = first
        self._clear()

    def _clear(self) -> None:
        self._count = self._prompt = self._completion = self._cached = self._reasoning = 0

    def count(self, usage: Usage | None) -> None:
        """One more call, and what it is billed."""
        self._count += 1
        if usage is not None:
            self._prompt += usage.prompt_tokens
            self._completion += usage.completion_tokens
            self._cached += usage.cached_tokens
            self._reasoning += usage.reasoning_tokens

    def tell(self) -> None:
        """Tells all at once."""
        self._calls.inc(self._count)
        counts = (self._prompt, self._completion, self._cached, self._reasoning)
        for counter, tokens in zip(self._tokens, counts, strict=False):
            counter.inc(tokens)
        self._clear()
