"""What calls would have cost: by list prices (genai-prices, the extra `cost`), and by prices that the user gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.recorder import Call

MILLION = 1_000_000
# These take a model's name and cost nothing; what a run asks its model is a call of its own.
_FREE = frozenset(
    {"moderations", "models", "responses.input_tokens", "beta.assistants", "beta.threads", "beta.threads.runs"}
)


class NoPrice(LookupError):
    """The cost of some calls is not known, so a sum would be too low; the message names the models."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; `cached` is for prompt tokens read from the cache, None: the same as `input`."""

    input: float
    output: float = 0.0
    cached: float | None = None

    def of(self, usage: Usage) -> float:
        """US dollars."""
        cached = min(usage.cached_tokens, usage.prompt_tokens)
        fresh = usage.prompt_tokens - cached
        cached_price = self.input if self.cached is None else self.cached
        return (fresh * self.input + cached * cached_price + usage.completion_tokens * self.output) / MILLION


@dataclass(frozen=True, slots=True)
class Cost:
    """What some calls would have cost.

    `amount` is in US dollars, without the calls to the models in `unpriced`. `source` says whose prices these are.
    """

    amount: float
    unpriced: tuple[str, ...] = ()
    source: str = ""


class Prices:
    """The prices by model: the user's first, then the list prices."""

    def __init__(self) -> None:
        self._own: dict[str, Price] = {}
        self._declared: Mapping[str, Price] = {}

    def set(self, model: str, *, input: float, output: float = 0.0, cached: float | None = None) -> None:
        """Give a model its prices, in US dollars per million tokens; ValueError for one below 0."""
        for name, value in (("input", input), ("output", output), ("cached", cached)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0):
                raise ValueError(f"{name} is a price in US dollars per million tokens, at least 0, not {value!r}")
        self._own[model] = Price(input, output, cached)

    def declare(self, prices: Mapping[str, Price]) -> None:
        """Put the prices of stubs files in the place of those declared before; those that were `set` win over them."""
        self._declared = dict(prices)

    def of_call(self, call: Call) -> float | None:
        """US dollars; 0 for a call that OpenAI does not bill, None if the model has no price."""
        if call.usage is None:
            return None if _is_billed(call) else 0.0
        own = self._own.get(call.model) or self._declared.get(call.model)
        return own.of(call.usage) if own else _list_price(call.model, call.usage)

    def of_calls(self, calls: Iterable[Call]) -> Cost | None:
        """The sum, and the models left out of it; None if there are no prices at all (no extra, none given)."""
        source = self.source
        if not source:
            return None
        costs = [(call.model, self.of_call(call)) for call in calls]
        unpriced = dict.fromkeys(model for model, amount in costs if amount is None)
        return Cost(sum(amount for _, amount in costs if amount), tuple(unpriced), source)

    def unpriced(self, calls: Iterable[Call]) -> list[str]:
        """The models of the calls that have no price."""
        return list(dict.fromkeys(call.model for call in calls if self.of_call(call) is None))

    @property
    def source(self) -> str:
        """Whose prices these are; empty without any."""
        version = list_version()
        sources = [
            f"genai-prices {version}, list prices" if version else "",
            "your own prices" if self._own or self._declared else "",
        ]
        return ", and ".join(filter(None, sources))


def _is_billed(call: Call) -> bool:
    return call.status < 400 and "model" in call.body and call.endpoint not in _FREE


@cache
def list_version() -> str | None:
    """The version of the installed genai-prices, or None."""
    try:
        return metadata.version("genai-prices")
    except metadata.PackageNotFoundError:
        return None


def _list_price(model: str, usage: Usage) -> float | None:
    if not list_version():
        return None
    import genai_prices

    try:
        priced: Any = genai_prices.calc_price(
            genai_prices.Usage(
                input_tokens=usage.prompt_tokens,
                # A script may give counts that cannot be; genai-prices would raise.
                cache_read_tokens=min(usage.cached_tokens, usage.prompt_tokens),
                output_tokens=usage.completion_tokens,
                output_audio_tokens=min(usage.audio_tokens, usage.completion_tokens),
            ),
            model,
            provider_id="openai",
        )
    except LookupError:
        return None
    return float(priced.total_price)
