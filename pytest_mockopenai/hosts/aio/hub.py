"""What all connections of a host share."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakSet

from pytest_mockopenai.hosts.aio.lag import Lag
from pytest_mockopenai.hosts.aio.limits import Limits
from pytest_mockopenai.hosts.aio.ticker import Ticker
from pytest_mockopenai.hosts.desk import Desk
from pytest_mockopenai.hosts.port import Sleep

if TYPE_CHECKING:
    from pytest_mockopenai.hosts.aio.connection import Connection


@dataclass(slots=True)
class Hub:
    """The desk and the limits, the open connections, and what is going on with them.

    `era` counts the releases: a request taken in an earlier era may no longer begin a stall or go on with a dialogue.
    `expected` are the connections that have been accepted and did not begin yet, such as those in a TLS handshake.
    `streams` counts the replies that are being played and take time. With `threads` the handler may wait: it is called
    on one of them.
    """

    desk: Desk
    limits: Limits
    sleep: Sleep | None = None
    threads: Executor | None = None
    loop: asyncio.AbstractEventLoop = field(init=False)
    ticker: Ticker = field(init=False)
    lag: Lag = field(default_factory=Lag)
    expected: WeakSet[Connection] = field(default_factory=WeakSet)
    connections: set[Connection] = field(default_factory=set)
    era: int = 0
    streams: int = 0
    draining: bool = False
    closed: bool = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs on this loop from now on."""
        self.loop = loop
        self.ticker = Ticker(loop)
        self.closed = self.draining = False

    @property
    def full(self) -> bool:
        """Whether there are more connections than there may be."""
        most = self.limits.connections
        return most is not None and len(self.connections) > most
