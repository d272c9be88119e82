"""The standalone mock as a process of its own, for tests."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import running

READY = re.compile(r"^Listening on (\S+)/v1", re.MULTILINE)
COMMAND = (sys.executable, "-m", "pytest_mockopenai")


@dataclass(frozen=True)
class Served:
    """Where a server listens, its process, and what it has printed."""

    url: str
    pid: int
    log: Path

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def reload(self) -> None:
        """Tells it to read its stubs again at once."""
        os.kill(self.pid, signal.SIGHUP)


@contextmanager
def served(folder: Path, *options: str, name: str = "mock", env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`mockopenai serve` on a free port with these options, until the end of the block."""
    log = folder / f"{name}.log"
    found: list[str] = []

    def ready() -> bool:
        found.extend(READY.findall(log.read_text(encoding="utf-8")))
        return bool(found)

    with running([*COMMAND, "serve", "--port=0", *options], ready=ready, log=log, env=env) as process:
        yield Served(found[0], process.pid, log)
