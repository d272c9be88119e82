"""HTTP/1.x requests out of bytes, fed as they come. No socket: a host receives, and feeds what it got.

Strict where leniency would let two readers see two different requests (RFC 9112, sections 5 and 6: spaces before a
colon, folded lines, a length beside a transfer coding), lenient about what health checks and proxies send (HTTP/1.0, no
Host, absolute targets, bare line feeds).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.hosts.chunked import Chunked, unreadable

BODY_LIMIT = 65 * 1024 * 1024
HEAD_LIMIT = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_TOKEN)
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
_SCHEME = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_TLS_HANDSHAKE = 0x16
_FIRST_BYTES = frozenset(b"\r\n" + bytes(byte for byte in range(33, 127) if _NAME.fullmatch(chr(byte))))
# Clients repeat themselves: heads and header lines that were read before are known. Longer ones are not kept.
_KNOWN_SIZE = 4 * 1024
_KNOWN_HEADS, _KNOWN_LINES = 256, 1024
_TOO_LONG = 10**18


class Incoming(NamedTuple):
    """A request, and what its client understands: `http11`, and whether it wants the connection kept."""

    request: Request
    http11: bool
    keep_alive: bool


class _Head(NamedTuple):
    """What a head says: the request without its body, and the body's size in bytes, None if it is chunked."""

    incoming: Incoming
    size: int | None
    expects_continue: bool


class Reader:
    """Cuts a connection's bytes into requests: `feed`, then `next` until it gives None, and so on.

    Limits are in bytes. After a Refused the connection can only be closed: where the next request begins is unknown.
    """

    def __init__(self, *, body_limit: int = BODY_LIMIT, head_limit: int = HEAD_LIMIT) -> None:
        self._buffer = bytearray()
        self._body_limit = body_limit
        self._head_limit = head_limit
        self._searched = 0
        self._head: _Head | None = None
        self._chunks = Chunked(body_limit)
        self._continued = False

    @property
    def buffered(self) -> int:
        """How many bytes were fed and not yet used."""
        return len(self._buffer)

    @property
    def midway(self) -> Literal["head", "body"] | None:
        """Which part of a request has begun and is not complete."""
        if self._head is not None:
            return "body"
        return "head" if self._buffer else None

    def feed(self, data: bytes) -> None:
        """Takes bytes as they came, cut anywhere."""
        self._buffer += data

    def rest(self) -> bytes:
        """Takes what was fed and not used: what follows a request that ends the talk of HTTP."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def next(self) -> Incoming | None:
        """The next request with its whole body, or None if more bytes are needed.

        Raises Refused: 400 for what is not HTTP, 413 and 431 for what is over a limit, 501 and 505 for what is not
        spoken here.
        """
        head = self._head
        if head is None:
            head = self._next_head()
            if head is None:
                return None
        incoming, size, _ = head
        body = self._take(size) if size != 0 else b""
        if body is None:
            self._head = head
            return None
        self._head = None
        return _with_body(incoming, body) if body else incoming

    def whole(self, data: bytes) -> Incoming | None:
        """The request that these bytes are, if they are one to the last byte and come after nothing unfinished.

        That is how nearly all requests come. Else None, also for what `next` refuses: then feed them.
        """
        if self._buffer or self._head is not None or data.startswith((b"\r", b"\n")):
            return None
        end = _END_OF_HEAD.search(data)
        if end is None or (start := end.start()) > min(_KNOWN_SIZE, self._head_limit):
            return None
        try:
            incoming, size, _ = _known_head(data[:start].removesuffix(b"\r"))
        except Refused:
            return None
        stop = end.end()
        if size is None or size > self._body_limit or len(data) != stop + size:
            return None
        return _with_body(incoming, data[stop:]) if size else incoming

    def interim(self) -> bytes:
        """What to send while the body is awaited: `100 Continue` if the client asked for it, once; else nothing."""
        if self._head is None or self._continued or not self._head.expects_continue:
            return b""
        self._continued = True
        return CONTINUE

    def _next_head(self) -> _Head | None:
        buffer = self._buffer
        while buffer.startswith((b"\r", b"\n")):
            del buffer[0]
        end = _END_OF_HEAD.search(buffer, self._searched)
        if end is None:
            self._wait_for_head()
            return None
        start, stop = end.span()
        raw = bytes(buffer[:start]).removesuffix(b"\r")
        if len(raw) > self._head_limit:
            raise Refused(_head_too_large(self._head_limit))
        del buffer[:stop]
        self._searched = 0
        head = _known_head(raw) if start <= _KNOWN_SIZE else _head(raw)
        if head.size is None:
            self._chunks = Chunked(self._body_limit)
        elif head.size > self._body_limit:
            raise Refused(errors.too_large(self._body_limit))
        self._continued = False
        return head

    def _take(self, size: int | None) -> bytes | None:
        """Takes a body off the buffer; None if it has not all come."""
        buffer = self._buffer
        if size is None:
            return self._chunks.take(buffer)
        if len(buffer) < size:
            return None
        body = bytes(buffer[:size])
        del buffer[:size]
        return body

    def _wait_for_head(self) -> None:
        size = len(self._buffer)
        if size > self._head_limit:
            raise Refused(_head_too_large(self._head_limit))
        _refuse_what_never_ends(self._buffer)
        self._searched = max(0, size - 2)


def _with_body(incoming: Incoming, body: bytes) -> Incoming:
    asked, http11, keep_alive = incoming
    return Incoming(Request(asked.method, asked.target, asked.headers, body), http11, keep_alive)


def _head(raw: bytes) -> _Head:
    incoming = parse_head(raw)
    expected = incoming.request.header("expect") or ""
    return _Head(incoming, _size_of(incoming), incoming.http11 and expected.lower() == "100-continue")


_known_head = lru_cache(_KNOWN_HEADS)(_head)


def parse_head(raw: bytes) -> Incoming:
    """A request line and headers, without the empty line that ends them; bytes outside ASCII are read as Latin-1.

    An absolute target loses its scheme and host, which say nothing here. Raises Refused (400 or 505).
    """
    line, _, rest = raw.decode("latin-1").replace("\r\n", "\n").partition("\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise Refused(unreadable(f"cannot read the request line {line[:80]!r}"))
    method, target, major, minor = found.groups()
    if major != "1":
        raise Refused(Error(505, f"HTTP/{major}.{minor} is not spoken here. Use HTTP/1.1."))
    header = _known_header if len(raw) <= _KNOWN_SIZE else _header
    headers = tuple(map(header, rest.split("\n"))) if rest else ()
    http11 = minor != "0"
    request = Request(method, _origin_form(target), headers)
    return Incoming(request, http11, _keeps_alive(headers, http11))


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name) or "\r" in value or "\0" in value:
        raise Refused(unreadable(f"cannot read the header line that begins {name[:80]!r}"))
    return name, value.strip(" \t")


_known_header = lru_cache(_KNOWN_LINES)(_header)


def _origin_form(target: str) -> str:
    found = _SCHEME.match(target)
    if found is None:
        return target
    rest = target[found.end() :]
    return rest if rest.startswith("/") else "/" + rest


def _listed(headers: Headers, name: str) -> list[str]:
    values = (value for key, value in headers if key.lower() == name)
    return [item.strip(" \t").lower() for value in values for item in value.split(",")]


def _keeps_alive(headers: Headers, http11: bool) -> bool:
    wishes = _listed(headers, "connection")
    return "close" not in wishes if http11 else "keep-alive" in wishes


# --- bodies -----------------------------------------------------------------------------------------------------------


def _size_of(incoming: Incoming) -> int | None:
    """The size of the body that a head announces, in bytes; None if it is chunked."""
    headers = incoming.request.headers
    codings = _listed(headers, "transfer-encoding")
    lengths = set(_listed(headers, "content-length"))
    if codings and lengths:
        raise Refused(unreadable("both Content-Length and Transfer-Encoding were sent"))
    if codings:
        _must_be_chunked(codings, incoming.http11)
        return None
    return _length(lengths) if lengths else 0


def _must_be_chunked(codings: list[str], http11: bool) -> None:
    if not http11:
        raise Refused(unreadable("HTTP/1.0 has no Transfer-Encoding"))
    if codings != ["chunked"]:
        raise Refused(Error(501, f"Transfer-Encoding {', '.join(codings)!r} is not spoken here. Use 'chunked'."))


def _length(lengths: set[str]) -> int:
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdigit()):
        raise Refused(unreadable(f"Content-Length must be one number, not {', '.join(sorted({text, *lengths}))!r}"))
    return int(text) if len(text.lstrip("0")) <= len(str(_TOO_LONG)) else _TOO_LONG


# --- wording ----------------------------------------------------------------------------------------------------------


def _head_too_large(limit: int) -> Error:
    return Error(431, f"Request header fields too large: the limit is {limit} bytes.")


def _refuse_what_never_ends(buffer: bytearray) -> None:
    """A client that speaks TLS waits for our answer before it sends what could end a head."""
    if not buffer or buffer[0] in _FIRST_BYTES:
        return
    why = "this is TLS, use http:// rather than https://" if buffer[0] == _TLS_HANDSHAKE else "this is not HTTP"
    raise Refused(unreadable(why))
