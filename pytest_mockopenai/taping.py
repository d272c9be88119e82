"""Who answers what no script does, in the place of the mock's own making-up: recordings, or the API itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Reply


class BadRecording(ValueError):
    """A recording is wrong; the message says where and what is wanted."""


Complain: TypeAlias = Callable[[str], object]
"""Takes a problem that fails the test."""

Known: TypeAlias = Callable[[Any, "Usage | None"], object]
"""Takes a response and its usage."""


@dataclass(frozen=True, slots=True)
class Told:
    """A reply that is ready to be played, and what is to be recorded of the call.

    A reply that is still arriving has `later`: it is given who wants to know response and usage when they are known.
    """

    reply: Reply
    source: Source
    response: Any = None
    usage: Usage | None = None
    stream: bool = False
    later: Callable[[Known], object] | None = None


class Deck(Protocol):
    """Recordings. Safe to use from many threads."""

    def answer(self, inquiry: Inquiry, complain: Complain) -> Told:
        """The reply to a request, found or fetched; raises `Refused` if there is none. May wait for a network."""
        ...

    def problems(self, *, strict: bool) -> list[str]:
        """What would fail a test in the end, each explained."""
        ...

    def rewind(self) -> None:
        """Begin anew."""
        ...
