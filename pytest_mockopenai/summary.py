"""Sums what all tests of a run used, on any number of workers, and says it in one line at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

if TYPE_CHECKING:
    from pytest_mockopenai.mock import MockOpenAI

PROPERTY = "mock_openai"
"""The user property of a test's report: `calls=2 prompt_tokens=20`; it crosses workers and lands in JUnit XML."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What some tests used. `sure`: all token counts are exact or given. `cost` in US dollars, None if unknown."""

    tests: int = 0
    calls: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    sure: bool = True
    cost: float | None = None
    unpriced: tuple[str, ...] = ()
    source: str = ""

    def __add__(self, other: Totals) -> Totals:
        costs = [cost for cost in (self.cost, other.cost) if cost is not None]
        return Totals(
            self.tests + other.tests,
            self.calls + other.calls,
            self.errors + other.errors,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.sure and other.sure,
            sum(costs) if costs else None,
            tuple(dict.fromkeys((*self.unpriced, *other.unpriced))),
            other.source or self.source,
        )

    def __str__(self) -> str:
        parts = [f"{_count(self.calls, 'call')} in {_count(self.tests, 'test')}"]
        if self.errors:
            parts.append(_count(self.errors, "error"))
        if self.prompt_tokens or self.completion_tokens:
            parts.append(f"{'' if self.sure else '~'}{self.prompt_tokens:,}+{self.completion_tokens:,} tokens")
        return ", ".join(parts) + self._cost_text()

    def _cost_text(self) -> str:
        if self.cost is None or not (self.cost or self.unpriced):
            return ""
        from pytest_mockopenai.explain import dollars

        unpriced = f"; no price for: {', '.join(self.unpriced)}" if self.unpriced else ""
        return f", would have cost {dollars(self.cost)} ({self.source}{unpriced})"


def properties(mock: MockOpenAI) -> list[tuple[str, object]]:
    """The user property of a test with this mock; none if it got no call."""
    totals = _totals(mock)
    return [(PROPERTY, _text(totals))] if totals.calls else []


def of_failure(mock: MockOpenAI) -> str:
    """The report section of a failed test; a mock elsewhere that has gone is said in its place."""
    from pytest_mockopenai import explain

    try:
        return explain.section(mock.calls, mock.refusals, mock.problems, mock.settings)
    except (ConnectionError, RuntimeError) as error:
        return str(error)


def without(properties: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """The user properties but ours: a test that runs again starts anew."""
    return [pair for pair in properties if pair[0] != PROPERTY]


def _totals(mock: MockOpenAI) -> Totals:
    calls, used, cost = mock.calls, mock.usage, mock.cost_details
    return Totals(
        tests=1,
        calls=len(calls),
        errors=sum(call.status >= 400 for call in calls),
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        sure=used.method in ("exact", "given"),
        cost=cost.amount if cost else None,
        unpriced=cost.unpriced if cost else (),
        source=cost.source if cost else "",
    )


def _text(totals: Totals) -> str:
    numbers = {"calls": totals.calls, "errors": totals.errors}
    numbers |= {"prompt_tokens": totals.prompt_tokens, "completion_tokens": totals.completion_tokens}
    texts = {name: str(number) for name, number in numbers.items() if number}
    if not totals.sure:
        texts["counts"] = "estimated"
    if totals.cost is not None:
        texts["cost"] = f"{totals.cost:.10f}".rstrip("0").rstrip(".")
        texts["prices"] = quote(totals.source, safe="")
    if totals.unpriced:
        texts["unpriced"] = ",".join(quote(model, safe="/:") for model in totals.unpriced)
    return " ".join(f"{name}={text}" for name, text in texts.items())


def _read(text: str) -> Totals:
    texts: Mapping[str, str] = dict(pair.split("=", 1) for pair in text.split())
    return Totals(
        tests=1,
        calls=int(texts.get("calls", 0)),
        errors=int(texts.get("errors", 0)),
        prompt_tokens=int(texts.get("prompt_tokens", 0)),
        completion_tokens=int(texts.get("completion_tokens", 0)),
        sure="counts" not in texts,
        cost=float(texts["cost"]) if "cost" in texts else None,
        unpriced=tuple(unquote(model) for model in texts["unpriced"].split(",")) if "unpriced" in texts else (),
        source=unquote(texts.get("prices", "")),
    )


class Summary:
    """Listens to the reports of all tests; those of xdist's workers arrive too."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._counted: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a test when it is over; one that runs again is one test, but all its calls count."""
        texts = [str(text) for name, text in report.user_properties if name == PROPERTY]
        if report.when == "teardown" and texts:
            self.totals += replace(_read(texts[0]), tests=int(report.nodeid not in self._counted))
            self._counted.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line; none with `-qq`, and none if no test called the mock."""
        if self.totals.calls and terminalreporter.config.get_verbosity() >= -1:
            terminalreporter.write_line(f"mock_openai: {self.totals}")


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
