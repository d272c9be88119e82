"""The command line as a user has it: real processes, on ports that are free."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

COMMAND = (sys.executable, "-m", "pytest_mockopenai")
PATIENCE = 30.0


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command run to its end."""
    environ = {**os.environ, **(env or {})}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE, env=environ)


@dataclass
class Served:
    """A server that runs: its process, its base URL, and what it prints."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    url: str = ""

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/v1")

    def lines(self) -> list[str]:
        """The lines of its log so far, without the ready line."""
        return self.out.read_text().splitlines()[1:]

    def until(self, true: Callable[[], object]) -> None:
        """Waits until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, self.err.read_text()
            time.sleep(0.02)

    def chat(self, content: str = "Hi", **more: object) -> httpx.Response:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **more}
        return httpx.post(f"{self.url}/chat/completions", json=body, headers={"authorization": "Bearer sk-secret"})

    def stop(self) -> int:
        """Stops it in order; its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Served]:
    """A server, until the block ends."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port=0", *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
    served = Served(process, out, err)
    try:
        served.until(lambda: b"\n" in out.read_bytes() or process.poll() is not None)
        assert process.poll() is None, err.read_text()
        served.url = out.read_text().splitlines()[0].removeprefix("Listening on ")
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end; see `run`."""
    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a server with these arguments; all are ended with the test."""
    with ExitStack() as stack:

        def start(*arguments: str) -> Served:
            folder = tmp_path / f"server{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return stack.enter_context(serving(folder, *arguments))

        yield start
