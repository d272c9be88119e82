"""The text of simple PDF files (ISO 32000-1): those whose fonts have one byte for a character, in Latin letters.

Such are what libraries like reportlab and fpdf2 write with the standard fonts. A file with embedded composite fonts, as
word processors and browsers write, or an encrypted one, is not read: its bytes say nothing without its fonts' tables.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

from pytest_mockopenai.retrieval.unreadable import unparsed

_STREAM = re.compile(rb"<<((?:[^<>]|<<[^<>]*>>|<[^<>]*>)*)>>\s*stream\r?\n")
_FILTER = re.compile(rb"/(\w+Decode)\b")
_BEYOND = re.compile(rb"/Encrypt\b|/Type0\b|/ObjStm\b")
_MOST = 32 * 2**20
"""Bytes that the streams of a file may unpack to: a small one may be packed to blow up."""

_TOKEN = re.compile(
    rb"(?P<string>\()"
    rb"|<(?P<hex>[0-9A-Fa-f\s]*)>"
    rb"|(?P<number>[-+]?[0-9]*\.?[0-9]+)"
    rb"|(?P<word>T[jJdDm*]|BT|ET|['\"])(?![A-Za-z0-9])"
    rb"|/[^\s()<>\[\]/%]*|[A-Za-z*]+|%[^\r\n]*"
)
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_GAP = -200
"""A move of more than so many thousandths of the font's size inside of a line is a space."""


def text_of(data: bytes) -> str:
    """The text that a PDF file shows, a line for each line; raises `Unreadable`."""
    if b"%PDF-" not in data[:1024] or _BEYOND.search(data):
        raise unparsed()
    shown = b"".join(piece for content in _contents(data) for piece in _shown(content))
    lines = (line.strip() for line in shown.decode("cp1252", "replace").splitlines())
    return "\n".join(line for line in lines if line)


def _contents(data: bytes) -> Iterator[bytes]:
    """The streams that show text."""
    left, place = _MOST, 0
    while (found := _STREAM.search(data, place)) is not None:
        place = data.find(b"endstream", found.end())
        if place < 0:
            return
        content = _unpacked(found[1], data[found.end() : place], left)
        left -= len(content)
        if left <= 0:
            raise unparsed()
        if b"BT" in content and b"ET" in content:
            yield content


def _unpacked(dictionary: bytes, packed: bytes, most: int) -> bytes:
    """What a stream holds, up to so many bytes; nothing if it is packed in a way that text is not."""
    content = packed
    for (name,) in (found.groups() for found in _FILTER.finditer(dictionary)):
        try:
            if name == b"FlateDecode":
                content = zlib.decompressobj().decompress(content, most)
            elif name == b"ASCII85Decode":
                content = base64.a85decode(content.strip().removeprefix(b"<~").removesuffix(b"~>"))
            elif name == b"ASCIIHexDecode":
                content = _from_hex(content.strip().removesuffix(b">"))
            else:
                return b""
        except (zlib.error, ValueError):
            raise unparsed() from None
    return content


def _shown(content: bytes) -> Iterator[bytes]:
    """The strings that are shown, and a line's end where the next one begins elsewhere."""
    waiting: list[bytes] = []
    moved, place = b"0", 0
    while (token := _TOKEN.search(content, place)) is not None:
        place = token.end()
        if token["string"] is not None:
            end = _end_of_string(content, place)
            if end is None:
                return
            waiting.append(_ESCAPE.sub(_unescaped, content[place : end - 1]))
            place = end
        elif token["hex"] is not None:
            waiting.append(_from_hex(token["hex"]))
        elif token["number"] is not None:
            moved = token["number"]
            if float(moved) < _GAP:
                waiting.append(b" ")
        elif token["word"] in (b"Tj", b"TJ", b"'", b'"'):
            yield from ([b"\n"] if token["word"] in (b"'", b'"') else [])
            yield from waiting
            waiting = []
        elif token["word"] is not None:
            waiting = []
            yield b"" if token["word"] == b"Td" and float(moved) == 0 else b"\n"


def _end_of_string(content: bytes, place: int) -> int | None:
    """Behind the parenthesis that closes a string, in which others may open and close."""
    depth = 1
    for found in _IN_STRING.finditer(content, place):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return None


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if code[:1].isdigit() and code[0] < 0x38 else _ESCAPED.get(code, code)


def _from_hex(digits: bytes) -> bytes:
    packed = b"".join(digits.split())
    return bytes.fromhex((packed + b"0" * (len(packed) % 2)).decode("ascii", "replace"))
