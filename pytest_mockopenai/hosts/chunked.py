"""Chunked request bodies out of bytes, fed as they come (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error, Refused

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")
_LINE_LIMIT = 8 * 1024


def unreadable(why: str) -> Error:
    """400: what came is not HTTP, or not clear."""
    return Error(400, f"Could not read the HTTP request: {why}.")


class Chunked:
    """A chunked body of at most so many bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()
        self._left = 0
        self._done = False
        self._step: Callable[[bytearray], bool] = self._size

    def take(self, buffer: bytearray) -> bytes | None:
        """Takes what is the body's off the buffer's front; the whole body once it is complete. Raises Refused."""
        while not self._done:
            if not self._step(buffer):
                return None
        return bytes(self._body)

    def _size(self, buffer: bytearray) -> bool:
        line = _line(buffer)
        if line is None:
            return False
        found = _CHUNK_SIZE.fullmatch(line)
        if found is None:
            raise Refused(unreadable(f"cannot read the chunk size {line[:40].decode('latin-1')!r}"))
        self._left = int(found.group(1), 16)
        if len(self._body) + self._left > self._limit:
            raise Refused(errors.too_large(self._limit))
        self._step = self._data if self._left else self._trailer
        return True

    def _data(self, buffer: bytearray) -> bool:
        piece = buffer[: self._left]
        del buffer[: self._left]
        self._body += piece
        self._left -= len(piece)
        if self._left:
            return False
        self._step = self._gap
        return True

    def _gap(self, buffer: bytearray) -> bool:
        line = _line(buffer)
        if line is None:
            return False
        if line:
            raise Refused(unreadable("a chunk is longer than its size says"))
        self._step = self._size
        return True

    def _trailer(self, buffer: bytearray) -> bool:
        line = _line(buffer)
        self._done = line == b""
        return line is not None


def _line(buffer: bytearray) -> bytes | None:
    """Takes a line off the buffer, without its end; None if there is none yet."""
    end = buffer.find(b"\n")
    if end > _LINE_LIMIT or (end < 0 and len(buffer) > _LINE_LIMIT):
        raise Refused(unreadable("a line of the chunked body is too long"))
    if end < 0:
        return None
    line = bytes(buffer[:end]).removesuffix(b"\r")
    del buffer[: end + 1]
    return line
