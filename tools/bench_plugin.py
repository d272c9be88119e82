"""What the plugin costs a test run that does not use it: time, and the heavy modules that it may not load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench_runs import Cost, Limits, cost_of, in_turns, output_of, typical
from bench_suites import CONTENDERS, pytest_command

HEAVY = ("openai", "httpx", "httpx2", "numpy", "pydantic", "pytest_httpserver", "werkzeug")
"""Modules that are to be imported on first use only."""

NO_PLUGIN = "no plugin"

_REPORTER = f"""\
import sys


def pytest_sessionfinish():
    print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""


@dataclass(frozen=True, slots=True)
class Idle:
    """The cost of collecting an empty file with a plugin on, and which of `HEAVY` it loaded."""

    cost: Cost
    loaded: tuple[str, ...]


def run(python: Path, folder: Path, limits: Limits) -> dict[str, Idle]:
    """What each contender's plugin costs when nothing uses it, by its name; `NO_PLUGIN` is the floor."""
    plugins = {name: contender.plugin for name, contender in CONTENDERS.items() if contender.plugin}
    plugins = {NO_PLUGIN: "", **plugins}
    (folder / "bench_reporter.py").write_text(_REPORTER, encoding="utf-8")
    # Without any test pytest would exit with 5.
    (folder / "test_one.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    runs = {name: partial(cost_of, _collect(python, plugin), folder) for name, plugin in plugins.items()}
    costs = in_turns(runs, limits)
    return {name: Idle(typical(costs[name]), _loaded(python, plugin, folder)) for name, plugin in plugins.items()}


def _collect(python: Path, plugin: str, *arguments: str) -> list[str | Path]:
    return pytest_command(python, plugin, "--collect-only", "test_one.py", *arguments)


def _loaded(python: Path, plugin: str, folder: Path) -> tuple[str, ...]:
    printed = output_of(_collect(python, plugin, "-p", "bench_reporter"), folder)
    line = next(line for line in printed.splitlines() if "loaded:" in line)
    return tuple(line.partition("loaded:")[2].split())
