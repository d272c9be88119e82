"""The chunks of a file, ready to be searched: worked out when first asked for, and remembered while there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.recent import Recent
from pytest_mockopenai.retrieval.chunks import cut
from pytest_mockopenai.retrieval.documents import kind_of, text_of
from pytest_mockopenai.retrieval.ranking import Features


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a file and what it has in common with queries."""

    text: str
    features: Features


_Key: TypeAlias = tuple[bytes, str, int, int]

_ROOM = 128 * 2**20  # bytes
_FEATURE = 150  # bytes of one feature of a chunk, about


def _size(chunks: tuple[Chunk, ...]) -> int:
    return sum(2 * len(chunk.text) + _FEATURE * len(chunk.features.weights) for chunk in chunks)


_chunks: Recent[_Key, tuple[Chunk, ...]] = Recent(_ROOM, _size)


def chunks_of(data: bytes, filename: str, strategy: JSON) -> tuple[Chunk, ...]:
    """The chunks of a file by a static chunking strategy, in order; raises `Unreadable`."""
    most, overlap = strategy["static"]["max_chunk_size_tokens"], strategy["static"]["chunk_overlap_tokens"]
    key = (data, kind_of(filename), most, overlap)
    found = _chunks.get(key)
    if found is None:
        found = tuple(Chunk(text, Features(text)) for text in cut(text_of(data, filename), most, overlap))
        _chunks.put(key, found)
    return found
