"""What calls took, added up: bounded in memory however many there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_STEP = math.log(1.01)


class Distribution:
    """Times in seconds; quantiles are right to one percent, count, sum and maximum exactly."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.most = 0.0
        self._slots: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Counts one time."""
        self.count += 1
        self.sum += seconds
        self.most = max(self.most, seconds)
        self._slots[math.floor(math.log(max(seconds, 1e-9)) / _STEP)] += 1

    def quantile(self, share: float) -> float:
        """The time that this share of all did not exceed; 0 without any."""
        rank, passed = max(1, math.ceil(share * self.count)), 0
        for slot in sorted(self._slots):
            passed += self._slots[slot]
            if passed >= rank:
                return min(self.most, math.exp((slot + 0.5) * _STEP))
        return 0.0

    def summary(self) -> dict[str, float]:
        """In milliseconds."""
        mean = self.sum / self.count if self.count else 0.0
        shown = {"mean": mean, "p50": self.quantile(0.5), "p95": self.quantile(0.95), "p99": self.quantile(0.99)}
        return {name: round(value * 1000, 3) for name, value in {**shown, "max": self.most}.items()}


@dataclass(slots=True)
class Outcome:
    """One call: its status (0: none came), times in seconds, tokens, and why it failed, if it did."""

    status: int = 0
    seconds: float = 0.0
    first: float | None = None
    gaps: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failure: str | None = None


class Figures:
    """All calls of a run."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.statuses: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.latency = Distribution()
        self.first = Distribution()
        self.between = Distribution()

    def add(self, outcome: Outcome) -> None:
        """Counts a call; times are of those that succeeded."""
        self.calls += 1
        self.statuses[str(outcome.status) if outcome.status else "none"] += 1
        self.prompt_tokens += outcome.prompt_tokens
        self.completion_tokens += outcome.completion_tokens
        if outcome.failure is not None:
            self.failed += 1
            self.failures[outcome.failure] += 1
            return
        self.latency.add(outcome.seconds)
        if outcome.first is not None:
            self.first.add(outcome.first)
        for gap in outcome.gaps:
            self.between.add(gap)

    def summary(self, seconds: float) -> dict[str, Any]:
        """Everything, for a run that took so long; times in milliseconds."""
        tokens = {"prompt": self.prompt_tokens, "completion": self.completion_tokens}
        times: Mapping[str, Distribution] = {
            "latency_ms": self.latency,
            "time_to_first_token_ms": self.first,
            "inter_token_ms": self.between,
        }
        return {
            "calls": self.calls,
            "failed": self.failed,
            "seconds": round(seconds, 3),
            "calls_per_second": _rate(self.calls - self.failed, seconds),
            **{name: taken.summary() for name, taken in times.items() if taken.count},
            "statuses": dict(sorted(self.statuses.items())),
            "tokens": {**tokens, "per_second": _rate(self.prompt_tokens + self.completion_tokens, seconds)},
            "failures": dict(self.failures.most_common(10)),
        }


def _rate(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds > 0 else 0.0


_TITLES = {"latency_ms": "latency", "time_to_first_token_ms": "first token", "inter_token_ms": "between tokens"}


def report(summary: Mapping[str, Any], concurrency: int) -> str:
    """The summary for people."""
    lines = [
        f"{summary['calls']:,} calls in {summary['seconds']:.2f} s, {concurrency} at a time: "
        f"{summary['calls_per_second']:,.1f} answered a second"
    ]
    for name, title in _TITLES.items():
        if name in summary:
            lines.append(
                f"  {title:<15}" + "".join(f"{key} {value:,.1f} ms   " for key, value in summary[name].items())
            )
    lines.append(
        f"  {'status':<15}" + "   ".join(f"{status}: {count:,}" for status, count in summary["statuses"].items())
    )
    tokens = summary["tokens"]
    lines.append(f"  {'tokens':<15}{tokens['prompt']:,} prompt + {tokens['completion']:,} completion, "
                 f"{tokens['per_second']:,.0f} a second")  # fmt: skip
    lines += [f"  {'failed':<15}{count:,} x {why}" for why, count in summary["failures"].items()]
    return "\n".join(line.rstrip() for line in lines)
