"""Several processes on one port: a parent that starts them, puts another in the place of one that dies, and stops them.

The kernel deals connections out (SO_REUSEPORT). The parent serves nothing; it holds the port, so that it stays theirs.
A worker ends when its standard input does: so none outlives the parent, however that ends.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from pytest_mockopenai.standalone import signals
from pytest_mockopenai.standalone.building import has_metrics, settings_of, state_of
from pytest_mockopenai.standalone.config import BadOption, Config
from pytest_mockopenai.standalone.server import STDOUT, say
from pytest_mockopenai.standalone.signals import Stop

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SOON = 1.0  # seconds; a worker that dies sooner after it began counts as a failure
_FAILURES = 5  # in a row, after which no other is started
_GRACE = 5.0  # seconds beyond `drain` that a worker has to end
_PAUSE = 0.2  # seconds before one that failed is replaced


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is told on its standard input."""

    config: Config
    log_fd: int


class Crew:
    """The parent of `config.workers` processes; `ready` is called with the URLs when all of them listen."""

    def __init__(self, config: Config, ready: Callable[[Sequence[str]], None]) -> None:
        self._config = config
        self._ready = ready
        self._processes: set[asyncio.subprocess.Process] = set()
        self._urls: list[str] = []
        self._failed = False

    async def run(self) -> int:
        """Runs until told to stop; 0, or 1 if workers could not be kept alive. Raises CannotListen, BadOption."""
        state_of(self._config, settings_of(self._config))  # what is wrong with it is said once, before any worker runs
        with ExitStack() as stack:
            held = stack.enter_context(reserved(self._config.host, self._config.port))
            self._config = replace(self._config, port=held.getsockname()[1])
            self._share_metrics(stack)
            self._stop = stop = Stop()
            signals.listen(stop, lambda: self._tell(signal.SIGHUP))
            keeping = [asyncio.ensure_future(self._keep()) for _ in range(self._config.workers)]
            impatient = asyncio.ensure_future(self._hurry(stop))
            await stop.asked.wait()
            self._tell(signal.SIGTERM)
            results = await asyncio.gather(*keeping, return_exceptions=True)
            impatient.cancel()
            wrong = [result for result in results if isinstance(result, BaseException)]
            if wrong:
                raise wrong[0]
            return 1 if self._failed else 0

    def _share_metrics(self, stack: ExitStack) -> None:
        if has_metrics(self._config):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mockopenai-metrics-"))
            os.environ[_SHARED] = folder
            stack.callback(os.environ.pop, _SHARED, None)

    async def _hurry(self, stop: Stop) -> None:
        await stop.at_once.wait()
        self._tell(signal.SIGTERM)

    def _tell(self, number: int) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self) -> None:
        """Keeps one worker alive until it is time to stop."""
        failures = 0
        while not self._stop.asked.is_set():
            began = monotonic()
            code = await self._work()
            if self._stop.asked.is_set():
                self._failed = self._failed or code != 0
                return
            failures = failures + 1 if monotonic() - began < _SOON else 0
            if failures >= _FAILURES or code == 2:
                say("A worker cannot be kept alive; giving up.")
                self._failed = True
                self._stop.ask()
                return
            say(f"A worker {_died(code)}; another takes its place. What it had recorded and stored is gone.")
            await asyncio.sleep(_PAUSE if failures else 0)

    async def _work(self) -> int:
        """One worker's life; its exit code."""
        process = await self._started()
        self._processes.add(process)
        try:
            if self._stop.asked.is_set():  # told to stop while it was being started
                self._tell(signal.SIGTERM)
            await self._listening(process)
            waiting = [asyncio.ensure_future(wait) for wait in (process.wait(), self._stop.asked.wait())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for future in waiting:
                future.cancel()
            return await self._ended(process)
        finally:
            self._processes.discard(process)
            self._forget(process.pid)

    async def _started(self) -> asyncio.subprocess.Process:
        log = os.dup(STDOUT)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pytest_mockopenai.standalone.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(log,),
                start_new_session=True,  # Ctrl-C in a terminal is for the parent to pass on
            )
        finally:
            order = Order(self._config, log)
            os.close(log)
        if process.stdin is not None:
            process.stdin.write(pickle.dumps(order))
            with suppress(ConnectionError):
                await process.stdin.drain()
        return process

    async def _listening(self, process: asyncio.subprocess.Process) -> None:
        """Waits until the worker listens, or is dead."""
        url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        if url:
            self._urls.append(url)
            if len(self._urls) == self._config.workers:
                self._ready(self._urls[:1])

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Waits for the end of a worker, for as long as it may take."""
        try:
            return await asyncio.wait_for(process.wait(), self._config.drain + _GRACE)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            return await process.wait()

    def _forget(self, pid: int) -> None:
        """What a dead worker counted stays; what it was doing does not."""
        if _SHARED in os.environ:
            for path in Path(os.environ[_SHARED]).glob(f"gauge_live*_{pid}.db"):
                path.unlink(missing_ok=True)


def _died(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def reserved(host: str, port: int) -> socket.socket:
    """A socket that holds a port for workers without listening. Raises CannotListen if others have it."""
    from pytest_mockopenai.hosts.aio.listening import bound

    if not hasattr(socket, "SO_REUSEPORT"):
        raise BadOption("--workers needs a system that shares a port among processes (SO_REUSEPORT): use one worker")
    for sock in bound(host, port, reuse_port=False):  # nobody else has it, not even to share
        with sock:
            family, address = sock.family, sock.getsockname()
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    held.bind(address)
    return held
