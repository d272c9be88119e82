"""Compares this project with what else a test may use; all of it is measured in the same run, in turns.

    python tools/bench.py [--quick] [--rounds N] [--tests N] [--python PATH]

Trust the ratios, not the times: those change with the machine and with what else it does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import bench_plugin
import bench_python
import bench_requests
import bench_suites
from bench_runs import Cost, Limits
from bench_suites import NO_CALL, OURS, WAYS

BUDGET = 110.0  # seconds of measuring after which no further round begins
AIM = 0.5
_AGAINST = ("pytest-httpserver", "llmock")

Row = Sequence[str]


def main() -> None:
    """Measure everything and print it."""
    options = _options()
    begun = monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if options.python is None:
            print("Installing this project and what it is compared with ...", flush=True)
        python = options.python or bench_python.new(folder / "environment")
        print(bench_python.versions(python, folder))
        limits = Limits(options.rounds, monotonic() + BUDGET)
        _plugin(python, folder, limits)
        _requests(python, folder, options.tests * 2, limits)
        _suites(python, folder, options.tests, limits)
    print(f"\n{monotonic() - begun:.0f} s in all. Trust the ratios, not the times.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare pytest-mockopenai with what else a test may use.")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test: one round of few tests, ratios mean nothing"
    )
    parser.add_argument("--rounds", type=int, help="how often each contender runs (default: 3)")
    parser.add_argument("--tests", type=int, help="tests in the generated file (default: 300)")
    parser.add_argument("--python", type=Path, help="a Python that has all contenders, instead of a new environment")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.tests = options.tests or (10 if options.quick else 300)
    if min(options.rounds, options.tests) < 1:
        parser.error("--rounds and --tests are whole numbers of at least 1")
    return options


# --- what is measured -------------------------------------------------------------------------------------------------


def _plugin(python: Path, folder: Path, limits: Limits) -> None:
    measured = bench_plugin.run(python, folder, limits)
    floor = measured[bench_plugin.NO_PLUGIN].cost.cpu
    rows = [
        (name, *_seconds(idle.cost), _ratio(idle.cost.cpu, floor), ", ".join(idle.loaded) or "none")
        for name, idle in measured.items()
    ]
    title = "A pytest run that collects one test and uses no plugin"
    _table(title, ("plugin", "wall s", "CPU s", "CPU / none", "heavy modules loaded"), rows)


def _requests(python: Path, folder: Path, requests: int, limits: Limits) -> None:
    rates = bench_requests.run(python, folder, requests, limits)
    rows = [(name, f"{rate:.0f}", _ratio(rates[OURS], rate)) for name, rate in rates.items()]
    _table("Requests per second, one client on one connection", ("server", "per second", "ours / it"), rows)


def _suites(python: Path, folder: Path, tests: int, limits: Limits) -> None:
    costs = bench_suites.run(python, folder, tests, limits)
    for way in WAYS:
        ours = costs[OURS, way]
        rows = [_suite_row(name, costs[name, way], ours) for name in (NO_CALL, OURS, *_AGAINST)]
        head = ("with", "wall s", "CPU s", "ours / it, wall", "ours / it, CPU")
        _table(f"Whole pytest run of {tests} tests, one chat call each: {way}", head, rows)
    way = next(iter(WAYS))
    shares = {name: costs[OURS, way].wall / costs[name, way].wall for name in _AGAINST}
    reached = "reached" if max(shares.values()) < AIM else "missed"
    said = ", ".join(f"{share:.2f} of {name}" for name, share in shares.items())
    print(f"\nAim, with a client per test under {AIM:.2f} of both: {reached} ({said}).")


def _suite_row(name: str, cost: Cost, ours: Cost) -> Row:
    return (name, *_seconds(cost), _ratio(ours.wall, cost.wall), _ratio(ours.cpu, cost.cpu))


# --- how it is shown --------------------------------------------------------------------------------------------------


def _seconds(cost: Cost) -> tuple[str, str]:
    return f"{cost.wall:.2f}", f"{cost.cpu:.2f}"


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}" if other else "?"


def _table(title: str, head: Row, rows: Sequence[Row]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join((first.strip().ljust(widths[0]), *others)), flush=True)


if __name__ == "__main__":
    main()
