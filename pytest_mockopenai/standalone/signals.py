"""Being told to stop: the first time in order, the second time at once; and being told to read the stubs again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress


class Stop:
    """Whether to stop, and whether at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()

    def ask(self) -> None:
        """Stop; asked again: at once."""
        (self.at_once if self.asked.is_set() else self.asked).set()


def listen(stop: Stop, reload: Callable[[], None]) -> None:
    """SIGTERM and SIGINT stop; SIGHUP reloads, unless it says that the terminal is gone. Needs the running loop."""
    loop = asyncio.get_running_loop()
    has_terminal = _has_terminal()

    def hung_up() -> None:
        if has_terminal and not _has_terminal():
            stop.ask()
        else:
            reload()

    for number in (signal.SIGTERM, signal.SIGINT):
        _on(loop, number, stop.ask)
    if hasattr(signal, "SIGHUP"):
        _on(loop, signal.SIGHUP, hung_up)


def _on(loop: asyncio.AbstractEventLoop, number: int, act: Callable[[], None]) -> None:
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:  # Windows
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


def _has_terminal() -> bool:
    with suppress(OSError, ValueError, AttributeError):
        return os.isatty(sys.stdin.fileno()) and os.tcgetpgrp(sys.stdin.fileno()) >= 0
    return False
