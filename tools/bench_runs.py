"""Child processes run and timed, in turns, so that a busy moment of the machine hits all contenders alike."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")

TIMEOUT = 120.0  # seconds for one child
_DROPPED = ("OPENAI_", "AZURE_OPENAI_", "PYTEST_", "PYTHON", "LLMOCK_")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one run or, field by field, the median of several; `cpu` is 0 where the system does not tell."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Limits:
    """How often each contender runs: once, and so many `rounds` as will end before `deadline` (of `time.monotonic`)."""

    rounds: int
    deadline: float


def environment() -> dict[str, str]:
    """This process's variables without those that would change a contender, and without any proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_DROPPED)}
    direct = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
    return {**direct, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def output_of(command: list[str | Path], folder: Path) -> str:
    """Run a child in a folder and return what it prints; SystemExit with its last lines if it fails."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise SystemExit(f"{' '.join(map(str, command))}\nfailed:\n{last}")
    return done.stdout


def cost_of(command: list[str | Path], folder: Path) -> Cost:
    """What a child costs from its start to its end; SystemExit if it fails."""
    wall, cpu = monotonic(), _cpu_of_children()
    output_of(command, folder)
    return Cost(monotonic() - wall, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def in_turns(contenders: Mapping[K, Callable[[], T]], limits: Limits) -> dict[K, list[T]]:
    """The results of each contender's runs: all once, then all again, until a limit is reached."""
    results: dict[K, list[T]] = {name: [] for name in contenders}
    for _ in range(limits.rounds):
        begun = monotonic()
        for name, run in contenders.items():
            results[name].append(run())
        if 2 * monotonic() - begun > limits.deadline:  # the next round will take as long as this one
            break
    return results


def typical(costs: list[Cost]) -> Cost:
    """The median of wall and of CPU time, each for itself."""
    return Cost(median(cost.wall for cost in costs), median(cost.cpu for cost in costs))
