"""What a host and the app behind it ask of each other, as protocols. No code that runs, but one check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from pytest_mockopenai.core.wire import Ending, Reply, Request, faults_of

__all__ = ["CannotPlay", "Ending", "Exchange", "Handler", "Host", "Sleep", "must_play"]

Sleep: TypeAlias = Callable[[float], None]
"""Waits so many seconds; `time.sleep` is one."""


class Exchange(Protocol):
    """One request being answered."""

    @property
    def reply(self) -> Reply:
        """What the host shall send."""

    def ended(self, how: Ending) -> None:
        """Told once, just before the last write or the close: who has seen the end finds it noted.

        Told once more with `client_gone` if that last write then fails because the client has left.
        """


class Handler(Protocol):
    """The app, as a host sees it."""

    def exchange(self, request: Request) -> Exchange:
        """Answers one request; called on any thread, at any time, by several at once."""


class Host(Protocol):
    """A server that plays what its handler replies, from `start` to `stop`."""

    handler: Handler | None
    sleep: Sleep | None

    @property
    def errors(self) -> list[BaseException]:
        """What the handler raised, and any other failure of the mock itself."""

    @property
    def plays(self) -> frozenset[str]:
        """The ways of ending early (`core.wire.HOWS`) that this host can play."""

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a path."""

    def start(self) -> None:
        """Listens; returns when connections are accepted."""

    def stop(self) -> None:
        """Closes every connection and stops listening, without waiting for any client."""

    def release_stalled(self) -> None:
        """Closes the connections held by a stall and all WebSockets, and lets no request taken before now begin one."""


class CannotPlay(ValueError):
    """Raised for a reply with a fault that the host cannot play."""


def must_play(reply: Reply, plays: frozenset[str]) -> None:
    """Raises CannotPlay if the reply asks for more than the host `plays`."""
    if not (faults := faults_of(reply)) <= plays:
        missing = sorted(faults - plays)
        able = ", ".join(sorted(plays)) or "none"
        raise CannotPlay(f"This host cannot play the fault {missing[0]!r}. It plays: {able}.")
