"""Programs as processes: started, waited for, and ended with the test; what they printed explains a failure."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

TAIL = 3_000  # characters of what a program printed that a failure shows


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: Mapping[str, str] | None = None,
    patience: float = 180,
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, once `ready` says so; it is ended with SIGTERM, or killed after ten seconds.

    Fails with the end of what it printed if it ends by itself or is not ready after `patience` seconds.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
        )
    try:
        _wait(process, ready, log, patience)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        printed = log.read_text("utf-8", "replace")[-TAIL:]
        assert process.poll() is None, f"it ended with {process.returncode} and printed:\n{printed}"
        assert time.monotonic() < deadline, f"not ready after {patience} s; it printed:\n{printed}"
        time.sleep(0.05)


def answers(url: str, status: int = 200) -> Callable[[], bool]:
    """Whether a GET of this URL is answered with this status."""

    def ready() -> bool:
        try:
            return httpx.get(url, timeout=2).status_code == status
        except httpx.TransportError:
            return False

    return ready
