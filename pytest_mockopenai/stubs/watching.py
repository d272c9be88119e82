"""Looks whether stubs files have changed, and loads them again if so.

It looks at times and sizes (`stat`) instead of asking the kernel for events: that works on every mount, a ConfigMap's
and a container's included, for a few microseconds a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from pytest_mockopenai.stubs import FORMATS, BadStubs, Stubs
from pytest_mockopenai.stubs.files import stamp


class Watcher:
    """Calls `on_change` with the new stubs after files changed, or `on_error` with what is wrong with them.

    A broken edit is told once; the next edit is looked at anew. `look` looks once; `start` looks every `every` seconds
    in a thread of its own, until `stop`.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        on_change: Callable[[Stubs], object],
        on_error: Callable[[BadStubs], object],
        *,
        every: float = 1.0,
    ) -> None:
        self._paths = tuple(paths)
        self._on_change = on_change
        self._on_error = on_error
        self._every = every
        self._stamp = stamp(self._paths, FORMATS)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self) -> bool:
        """Look once; returns whether there was a change."""
        now = stamp(self._paths, FORMATS)
        if now == self._stamp:
            return False
        self._stamp = now  # taken before reading: a file that changes while it is read is read again
        try:
            stubs = Stubs.load(*self._paths)
        except BadStubs as error:
            self._on_error(error)
        else:
            self._on_change(stubs)
        return True

    def start(self) -> None:
        """Look from now on."""
        self._thread = threading.Thread(target=self._run, name="mock-openai-stubs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; waits for a look that is going on."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self.look()
