"""Compares the standalone host with other servers, and plays very many paced streams; all measured in the same run.

    python tools/bench_host.py [--seconds S] [--rounds N]

Needs Linux, which says what CPU time a process has used. uvicorn (with httptools), nginx and other mocks are measured
if they are installed (`bench_host_servers.PEERS`). The load comes from one Python process, so requests per second are
those of the slower of the two; CPU time is the server's own, and the steadiest figure. Trust the ratios, not the times.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import monotonic

from bench_host_servers import AIMS, METHODS, OUR_MOCK, OURS, WARM_UP, Command, mocks, served, servers
from bench_python import ROOT
from bench_runs import TIMEOUT, Limits, environment, in_turns, output_of
from bench_tables import ratio, table

_LOAD = str(ROOT / "tools" / "bench_host_load.py")
_SENDS = str(ROOT / "tools" / "bench_host_sends.py")
_WARM_UP_SECONDS = 90
_CONNECTIONS = 64
_STREAMS = ((1000, 0.02, 150), (5000, 0.1, 30))
_SPREAD = 1.0
_AIM_MS, _AIM_US = 10.0, 8.0

_PLAY = f"""\
import asyncio, sys
from time import process_time
sys.path.insert(0, {str(ROOT)!r})
from pytest_mockopenai.core.wire import Send, Stream
from pytest_mockopenai.hosts.aio import AioHost, new_loop
many, each, chunks, load, spread = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
data = b'data: {{"object":"chat.completion.chunk","choices":[{{"index":0,"delta":{{"content":" word"}}}}]}}\\n\\n'

class Exchange:
    reply = Stream(200, (("content-type", "text/event-stream"),), tuple(Send(data, each) for _ in range(chunks)))
    def ended(self, how): pass

class Handler:
    def exchange(self, request): return Exchange()

async def main():
    host = AioHost(Handler())
    port = (await host.listen()).rpartition(":")[2]
    command = (sys.executable, load, "streams", port, str(many), spread)
    loading = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    while host.streams < many:
        await asyncio.sleep(0.01)
    cpu, played = process_time(), host.lag.count
    while host.streams == many:
        await asyncio.sleep(0.01)
    cpu, played = process_time() - cpu, host.lag.count - played
    await loading.wait()
    print(host.lag.quantile(0.5), host.lag.p99, host.lag.worst, cpu / played)

new_loop().run_until_complete(main())
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers per second, and the server's CPU seconds for each."""

    per_second: float
    cpu: float


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description="Compare the standalone host with other servers.")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each server is loaded, each time")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    options = parser.parse_args()
    if not Path("/proc/self/stat").exists():
        parser.error("this needs Linux, whose /proc tells the CPU time of a process")
    limits = Limits(options.rounds, monotonic() + TIMEOUT)
    title = f"The same small reply to each POST, {_CONNECTIONS} connections kept alive"
    _compare(title, servers(), OURS, options.seconds, limits)
    title = f"Whole mocks, calls recorded: the same chat completion, {_CONNECTIONS} connections kept alive"
    _compare(title, mocks(), OUR_MOCK, options.seconds, limits)
    _play(limits)


# --- requests ---------------------------------------------------------------------------------------------------------


def _compare(title: str, commands: Mapping[str, Command], ours_is: str, seconds: float, limits: Limits) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        runs = {
            server: partial(_rate, server, command(Path(name), port := _free_port()), port, seconds)
            for server, command in commands.items()
        }
        rates = {server: _typical(measured) for server, measured in in_turns(runs, limits).items()}
    ours = rates.get(ours_is) or next(iter(rates.values()))
    rows = [
        (
            name,
            f"{rate.per_second:.0f}",
            ratio(rate.per_second, ours.per_second),
            f"{rate.cpu * 1e6:.1f}",
            ratio(rate.cpu, ours.cpu),
            _verdict(rate.cpu / ours.cpu, AIMS.get(name)) if ours_is == OUR_MOCK else "",
        )
        for name, rate in rates.items()
    ]
    head = ("server", "per second", "it / ours", "CPU us each", "it / ours", "aim")
    table(title, head, rows)


def _verdict(ratio: float, aim: float | None) -> str:
    return "" if aim is None else f"{aim:g}: {'reached' if ratio >= aim else 'missed'}"


def _rate(server: str, command: list[str], port: int, seconds: float) -> Rate:
    load: list[str | Path] = [sys.executable, _LOAD, METHODS.get(server, "posts"), str(port), str(_CONNECTIONS)]
    with served(command, port) as pid:
        if server in WARM_UP:
            output_of([*load, str(_WARM_UP_SECONDS), str(WARM_UP[server])], ROOT)
        before = _cpu_of(pid)
        answers, took = map(float, output_of([*load, str(seconds)], ROOT).split())
        return Rate(answers / took, (_cpu_of(pid) - before) / answers)


def _cpu_of(pid: int) -> float:
    """The CPU seconds that a process has used: fields 14 and 15 of proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _typical(rates: list[Rate]) -> Rate:
    return Rate(median(rate.per_second for rate in rates), median(rate.cpu for rate in rates))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


# --- streams ----------------------------------------------------------------------------------------------------------


def _play(limits: Limits) -> None:
    rows = [_stream_row(many, each, chunks, limits) for many, each, chunks in _STREAMS]
    head = ("streams at once", "late: median", "p99", "worst ms", "CPU us a chunk", "of that a bare send()", "aim")
    table("Paced streams in one process, begun over one second: how late what is due is written", head, rows)


def _stream_row(many: int, each: float, chunks: int, limits: Limits) -> tuple[str, ...]:
    runs = in_turns({"": partial(_streams, many, each, chunks)}, limits)[""]
    half, p99, worst, cpu, bare = (median(values) for values in zip(*runs, strict=True))
    reached = "reached" if p99 * 1e3 < _AIM_MS and cpu * 1e6 <= _AIM_US else "missed"
    late = (f"{seconds * 1e3:.1f}" for seconds in (half, p99, worst))
    return (f"{many} at {each * 1e3:.0f} ms a chunk", *late, f"{cpu * 1e6:.1f}", f"{bare * 1e6:.1f}", reached)


def _streams(many: int, each: float, chunks: int) -> tuple[float, ...]:
    """How late they were, the CPU seconds of a chunk while all play, and those of a bare send in the same run."""
    measured: list[float] = []
    for program in (("-c", _PLAY), (_SENDS,)):
        command = [sys.executable, *program, str(many), str(each), str(chunks), _LOAD, str(_SPREAD)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=TIMEOUT, check=True)
        measured += map(float, done.stdout.split())
    return tuple(measured)


if __name__ == "__main__":
    main()
