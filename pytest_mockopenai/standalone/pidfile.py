"""A file that says which process serves, held by a lock: so one that a killed process left behind is seen as such."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pytest_mockopenai.standalone.config import BadOption

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows
    flock = None  # type: ignore[assignment]


class Pidfile:
    """Holds a pidfile while a server serves; it is removed at the end. Raises BadOption if another server holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def __enter__(self) -> Pidfile:
        if flock is None:
            raise BadOption("--pidfile needs a POSIX system")
        self._fd = _opened(self._path)
        os.ftruncate(self._fd, 0)
        return self

    def write(self, url: str) -> None:
        """Says that this process serves there."""
        os.pwrite(self._fd, f"{os.getpid()}\n{url}\n".encode(), 0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


_TRIES = 20
_PAUSE = 0.02  # seconds; who looks whether a pidfile is held, holds it for a moment


def _opened(path: Path) -> int:
    for attempt in range(_TRIES):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise BadOption(f"--pidfile: cannot write {path}: {error.strerror}") from None
        if _free(fd) and _is(path, fd):
            return fd
        os.close(fd)
        time.sleep(_PAUSE if attempt < _TRIES - 1 else 0)
    raise BadOption(f"--pidfile: {path} is held by another server")


def _is(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Found:
    """What a pidfile says: who serves where (no URL: not listening yet), and whether that process is there."""

    pid: int | None
    url: str
    alive: bool


def look(path: Path) -> Found | None:
    """What the pidfile says; None if there is none."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        lines = os.pread(fd, 4096, 0).decode(errors="replace").split("\n")
        pid = int(lines[0]) if lines[0].isdecimal() else None
        return Found(pid, lines[1] if len(lines) > 1 else "", alive=not _free(fd))
    finally:
        os.close(fd)


def _free(fd: int) -> bool:
    try:
        flock(fd, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    return True
