"""Requests as they are read: matched to an endpoint, parsed, found valid. What comes again is not read again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from pytest_mockopenai.core import handle
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.heading import Heading
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.prepared import Prepared
from pytest_mockopenai.core.recent import Recent
from pytest_mockopenai.core.routes import Match
from pytest_mockopenai.core.scenario import Source as WordSource
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.seed import Source
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.settings import Settings

LARGEST = 2**16
"""Bytes of a body up to which it is remembered."""

_ROOM = 4 * 2**20  # bytes of bodies and prepared answers; what is kept may be twice as much
_OVERHEAD = 2048  # bytes of a reading beside them

Key: TypeAlias = tuple[str, str, str | None, bytes]

Basis: TypeAlias = tuple[Answer | None, str | None]
"""What a prepared answer hangs on beside the request: the scripted answer, and the encoding set for the model."""


class Routine(NamedTuple):
    """How a request was answered, and all that it hangs on that may change: while it does not, it is again.

    `standard` are the headers of the reply that are not its own.
    """

    scenario: str | None
    is_sdk: bool
    settings: Settings
    script: Script
    encoding: str | None
    word: Word
    source: WordSource
    prepared: Prepared
    standard: Headers

    def holds(self, heading: Heading, settings: Settings, encoding: str | None) -> bool:
        """Whether it is as it was, but for the script."""
        return (
            settings is self.settings
            and heading.scenario == self.scenario
            and heading.is_sdk is self.is_sdk
            and encoding == self.encoding
        )


@dataclass(slots=True, eq=False)
class Reading:
    """A valid request, and what is the same whenever it comes again.

    `length` is of the request's body. `count_key` is under what its repetitions are counted, `source` gives their
    draws. `repeatable`: the endpoint says that its answer can be prepared; `latest` is the last one that was, and for
    what. `routine` is how it was answered, if one like it can be answered so again. `last` is what was last recorded of
    it, and for which headers: a load test sends the same ones over and over.
    """

    match: Match
    body: JSON
    model: str
    length: int
    count_key: int
    source: Source
    repeatable: bool
    latest: tuple[Basis, Prepared] | None = None
    routine: Routine | None = None
    last: tuple[Headers, Inquiry] | None = None

    def inquiry(self, request: Request) -> Inquiry:
        """What this request asks, which is one of those that were read so."""
        return Inquiry(self.match.endpoint.resource, request, self.body, self.model)

    def recorded(self, headers: Headers) -> Inquiry | None:
        """What was recorded of the last request with these headers: one object for all that are alike."""
        last = self.last
        return last[1] if last and (last[0] is headers or last[0] == headers) else None

    def record(self, headers: Headers, kept: Inquiry) -> Inquiry:
        """Remember what is recorded of requests with these headers, unless it hangs on what was stored before."""
        if self.repeatable or not self.match.endpoint.history:
            self.last = (headers, kept)
        return kept

    def prepared(self, basis: Basis) -> Prepared | None:
        """The answer prepared for this very script; None if another one was prepared last, or none."""
        latest = self.latest
        return latest[1] if latest and latest[0][0] is basis[0] and latest[0][1] == basis[1] else None


def reading_of(match: Match, body: JSON, model: str, length: int, seed: int) -> Reading:
    """The reading of a body that has been checked."""
    endpoint = match.endpoint
    text = handle.seed_text(endpoint, match.path, body)
    return Reading(match, body, model, length, count_key(text), Source(seed, text), endpoint.repeatable(body))


def count_key(text: bytes) -> int:
    """A short key for a long text."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


class Readings:
    """The readings of the last requests, found by all that was read of them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._recent: Recent[Key, Reading] = Recent(_ROOM, _size)

    def find(self, request: Request, heading: Heading) -> Reading | None:
        """The reading of an equal request."""
        return self._recent.get(_key(request, heading)) if _is_remembered(request) else None

    def keep(self, request: Request, heading: Heading, reading: Reading) -> None:
        """Remember how a request was read."""
        if _is_remembered(request) and reading.match.endpoint.read is None:
            self._recent.put(_key(request, heading), reading)

    def keep_prepared(self, reading: Reading, prepared: Prepared, *, of: Basis) -> None:
        """Remember the answer that was prepared for a request."""
        reading.latest = (of, prepared)
        self._recent.grow(prepared.size)


def _size(reading: Reading) -> int:
    """Bytes of a reading, about."""
    return _OVERHEAD + 2 * reading.length + (reading.latest[1].size if reading.latest else 0)


def _is_remembered(request: Request) -> bool:
    return request.method == "POST" and len(request.body) <= LARGEST


def _key(request: Request, heading: Heading) -> Key:
    return request.method, request.target, heading.content_type, request.body
