"""What a test may use at most, checked against its calls."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from pytest_mockopenai import explain
from pytest_mockopenai.calls import Calls
from pytest_mockopenai.cost import Prices
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.settings import Budget


def exceeded(budget: Budget, calls: Calls, prices: Prices) -> list[str]:
    """The explanation of each limit that the calls go over, with the call that did it, and of an unknown cost."""
    limits: list[tuple[str, float | None, Callable[[Call], float]]] = [
        ("max_calls", budget.max_calls, lambda call: 1),
        ("max_total_tokens", budget.max_total_tokens, lambda call: call.usage.total_tokens if call.usage else 0),
        ("max_cost", budget.max_cost, lambda call: prices.of_call(call) or 0.0),
    ]
    found = [
        text
        for name, limit, measure in limits
        if limit is not None and (text := _over(name, limit, measure, calls)) is not None
    ]
    unpriced = prices.unpriced(calls) if budget.max_cost is not None else []
    return [*found, explain.unpriced(f"max_cost={budget.max_cost:g}", unpriced, prices.source)] if unpriced else found


def _over(name: str, limit: float, measure: Callable[[Call], float], calls: Calls) -> str | None:
    totals = list(accumulate(measure(call) for call in calls))
    if not totals or totals[-1] <= limit:
        return None
    first = next(call for call, total in zip(calls, totals, strict=True) if total > limit)
    return explain.over_budget(name, limit, totals[-1], first, calls)
