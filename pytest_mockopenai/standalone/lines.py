"""Lines on their way to a file descriptor: gathered for a moment, so that a line costs no system call of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Later = Callable[[float, Callable[[], None]], Any]
"""Calls a function after so many seconds; a loop's `call_later`."""

_MOMENT = 0.1
_MOST = 512  # lines kept at most, whatever the time
_ATOMIC = 4096  # bytes; what several processes write at once to one pipe stays in one piece up to here (POSIX)


class Lines:
    """Writes lines to a file descriptor within a tenth of a second; who reads no longer is not written to any more."""

    def __init__(self, fd: int, later: Later) -> None:
        self._fd = fd
        self._later = later
        self._waiting: list[str] = []
        self._gone = False

    def write(self, line: str) -> None:
        """Takes a line, without its line break."""
        if self._gone:
            return
        if not self._waiting:
            self._later(_MOMENT, self.flush)
        self._waiting.append(line)
        if len(self._waiting) >= _MOST:
            self.flush()

    def flush(self) -> None:
        """Writes what is waiting."""
        waiting, self._waiting = self._waiting, []
        for block in blocks(waiting):
            if not self._gone:
                self._put(block)

    def _put(self, block: bytes) -> None:
        try:
            while block:
                block = block[os.write(self._fd, block) :]
        except OSError:
            self._gone = True


def blocks(lines: list[str]) -> list[bytes]:
    """The lines in blocks of at most 4 KiB, each of whole lines."""
    found: list[bytes] = []
    block = b""
    for line in lines:
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        if block and len(block) + len(data) > _ATOMIC:
            found.append(block)
            block = b""
        block += data
    return [*found, block] if block else found
