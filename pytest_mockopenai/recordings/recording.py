"""From options to a deck, and from what it recorded to a file: the recording of one test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pytest_mockopenai.core import fields
from pytest_mockopenai.isolation import API_KEY
from pytest_mockopenai.recordings import files
from pytest_mockopenai.recordings.cassette import Cassette
from pytest_mockopenai.recordings.deck import CassetteDeck
from pytest_mockopenai.recordings.matching import Matcher
from pytest_mockopenai.recordings.upstream import Upstream
from pytest_mockopenai.settings import Record, RecordMode

_KEYS = {"authorization": ("OPENAI_API_KEY",), "api-key": ("AZURE_OPENAI_API_KEY", "OPENAI_API_KEY")}


@contextmanager
def recording(record: Record, mode: RecordMode, file: Path) -> Iterator[CassetteDeck]:
    """A deck that replays the file and records into it, which is written in the end.

    It is not written if a call could not be recorded: a recording is whole. The upstream's key is taken from the
    environment as it is now, and proxies too. Raises `BadRecording` for a file that is none.
    """
    cassette = Cassette(mode, files.read(file), matcher=matcher(record), repeats=record.record_repeat)
    upstream = None
    if cassette.records:
        upstream = Upstream(record.upstream, keys=keys(os.environ), placeholder=API_KEY)
    deck = CassetteDeck(cassette, upstream, where=file, rhythm=record.record_rhythm)
    try:
        yield deck
    finally:
        deck.close()
        if cassette.changed and not deck.failed:
            files.write(file, cassette.interactions, deck.redactor)


def matcher(record: Record) -> Matcher:
    """What compares requests."""
    return Matcher(tuple(map(fields.parse, record.record_ignore)))


def keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The true keys in an environment, by the header that they go into; the mock's placeholder is none."""
    found = {}
    for header, names in _KEYS.items():
        values = (environ.get(name, "") for name in names)
        value = next((value for value in values if value and value != API_KEY), None)
        if value is not None:
            found[header] = value
    return found
