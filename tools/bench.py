"""Compares this project with what else a test may use; all of it is measured in the same run, in turns.

    python tools/bench.py [--quick] [--rounds N] [--tests N] [--python PATH]

Trust the ratios, not the times: those change with the machine and with what else it does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic

import bench_exchange
import bench_plugin
import bench_python
import bench_requests
import bench_suites
from bench_runs import Cost, Limits
from bench_suites import NO_CALL, OURS, WAYS
from bench_tables import Row, ratio, table

BUDGET = 170.0  # seconds for everything; each contender is measured once even if that takes longer
AIM = 0.5
_AGAINST = ("pytest-httpserver", "llmock")
_CHEAP = 3  # times the rounds, for what takes only a moment

Suites = Mapping[tuple[str, str], Cost]


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
        limits = Limits(options.rounds, begun + BUDGET)
        _plugin(python, folder, replace(limits, rounds=limits.rounds * _CHEAP))
        _requests(python, folder, options.tests * 2, replace(limits, rounds=limits.rounds * _CHEAP))
        _exchange(python, folder, quick=options.quick)
        suites = _suites(python, folder, options.tests, limits)
    if not options.quick:
        _aim(suites)
    print(f"\nMedians of at most {options.rounds} rounds; {monotonic() - begun:.0f} s in all. Trust ratios, not times.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare pytest-mockopenai with what else a test may use.")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test: one round of few tests, ratios mean nothing"
    )
    parser.add_argument("--rounds", type=int, help="how often each contender runs (default: 3)")
    parser.add_argument("--tests", type=int, help="tests in the generated file (default: 300)")
    parser.add_argument("--python", type=Path, help="a Python that has all contenders, instead of a new environment")
    options = parser.parse_args()
    rounds, tests = (1, 10) if options.quick else (3, 300)
    options.rounds = rounds if options.rounds is None else options.rounds
    options.tests = tests if options.tests is None else options.tests
    if min(options.rounds, options.tests) < 1:
        parser.error("--rounds and --tests are whole numbers of at least 1")
    return options


# --- what is measured -------------------------------------------------------------------------------------------------


def _plugin(python: Path, folder: Path, limits: Limits) -> None:
    measured = bench_plugin.run(python, folder, limits)
    floor = measured[bench_plugin.NO_PLUGIN].cost.cpu
    rows = [
        (name, *_seconds(idle.cost), ratio(idle.cost.cpu, floor), ", ".join(idle.loaded) or "none")
        for name, idle in measured.items()
    ]
    title = "A pytest run that collects one test and uses no plugin"
    table(title, ("plugin", "wall s", "CPU s", "CPU / none", "heavy modules loaded"), rows)


def _requests(python: Path, folder: Path, requests: int, limits: Limits) -> None:
    rates = bench_requests.run(python, folder, requests, limits)
    rows = [(name, f"{rate:.0f}", ratio(rates[OURS], rate)) for name, rate in rates.items()]
    table("Requests per second, one client on one connection", ("server", "per second", "ours / it"), rows)


def _exchange(python: Path, folder: Path, *, quick: bool) -> None:
    measured = bench_exchange.run(python, folder, quick=quick)
    rows = [(kind, *bench_exchange.cells(row)) for kind, row in measured.items()]
    table("One request without a socket, recording included: CPU us, and ratios", bench_exchange.HEAD, rows)


def _suites(python: Path, folder: Path, tests: int, limits: Limits) -> Suites:
    costs = bench_suites.run(python, folder, tests, limits)
    for way in WAYS:
        ours = costs[OURS, way]
        rows = [_suite_row(name, costs[name, way], ours) for name in (NO_CALL, OURS, *_AGAINST)]
        head = ("with", "wall s", "CPU s", "ours / it, wall", "ours / it, CPU")
        table(f"Whole pytest run of {tests} tests, one chat call each: {way}", head, rows)
    return costs


def _aim(costs: Suites) -> None:
    way = next(iter(WAYS))
    shares = {name: costs[OURS, way].wall / costs[name, way].wall for name in _AGAINST}
    reached = "reached" if max(shares.values()) < AIM else "missed"
    said = ", ".join(f"{share:.2f} of {name}" for name, share in shares.items())
    print(f"\nAim, with a {way} under {AIM:.2f} of the time of both: {reached} ({said}).")


def _suite_row(name: str, cost: Cost, ours: Cost) -> Row:
    return (name, *_seconds(cost), ratio(ours.wall, cost.wall), ratio(ours.cpu, cost.cpu))


# --- how it is shown --------------------------------------------------------------------------------------------------


def _seconds(cost: Cost) -> tuple[str, str]:
    return f"{cost.wall:.2f}", f"{cost.cpu:.2f}"


if __name__ == "__main__":
    main()
