"""A reply as the bytes and waits that a host plays, one act after the other. No socket, no clock.

Every host plays these same acts, so the same reply is the same bytes from each of them (RFC 9112, sections 6 and 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from pytest_mockopenai.core.wire import (
    ENDINGS,
    Arriving,
    Cut,
    Dialogue,
    Ending,
    Headers,
    Relay,
    Reply,
    Send,
    Step,
    Stream,
    Upgrade,
    Whole,
)
from pytest_mockopenai.hosts.reading import Incoming

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_OURS = frozenset({"content-length", "transfer-encoding"})
_LAST_CHUNK = b"0\r\n\r\n"


class Act(NamedTuple):
    """Wait `after` seconds from the act before; if this is the last one, tell its ending; then write `data`."""

    data: bytes
    after: float = 0.0
    ending: Ending | None = None


class Framed(NamedTuple):
    """A reply's acts, of which the last has an ending; a tuple of one for a whole reply.

    After `done` the connection is kept if `keep_alive`. With a `dialogue` the acts are the handshake without an ending,
    and the dialogue is played after them. With `arriving` the first act is there, and each after it is had without
    waiting when that is ready.
    """

    acts: Iterable[Act]
    keep_alive: bool
    dialogue: Dialogue | None = None
    arriving: Arriving | None = None


@dataclass(frozen=True, slots=True)
class _Framing:
    """How the client learns where the body ends: by `fields` of the head, `true` or not, or because it `closes`."""

    fields: Headers
    chunked: bool = False
    closes: bool = False
    true: bool = True


_CHUNKED = _Framing((("transfer-encoding", "chunked"),), chunked=True)


def frame(reply: Reply, incoming: Incoming, date: str) -> Framed:
    """What to play for a reply to this request; `date` is the Date header's value.

    Framing headers are the host's: a `content-length` or `transfer-encoding` among the reply's headers is dropped.
    HEAD, 204 and 304 get no body. Raises ValueError for a header with a line break in it.
    """
    if isinstance(reply, Whole) and (ordinary := _ordinary(reply, incoming, date)):
        return ordinary
    if isinstance(reply, Upgrade):
        return Framed((Act(_head(reply, (), date)),), keep_alive=False, dialogue=reply.dialogue)
    if isinstance(reply, Relay):
        return _relayed(reply, incoming, date)
    steps = _played(reply.steps) if isinstance(reply, Stream) else ()
    framing = _framing_of(reply, steps, incoming)
    keeps = incoming.keep_alive and not framing.closes and not _says_close(reply.headers)
    head = _head(reply, (*framing.fields, *_connection(keeps, incoming, framing)), date)
    bodyless = incoming.request.method == "HEAD" or reply.status in (204, 304)
    keeps = keeps and (framing.true or bodyless)
    if isinstance(reply, Whole):
        return Framed((Act(head if bodyless else head + reply.body, reply.after, "done"),), keeps)
    if bodyless:
        return Framed(_acts(_without_body(steps), head, chunked=False), keeps)
    return Framed(_acts(steps, head, chunked=framing.chunked), keeps)


def _relayed(reply: Relay, incoming: Incoming, date: str) -> Framed:
    """A reply that is still coming: chunked, or for an HTTP/1.0 client ended by closing."""
    framing = _CHUNKED if incoming.http11 else _Framing((), closes=True)
    keeps = incoming.keep_alive and not framing.closes and not _says_close(reply.headers)
    head = _head(reply, (*framing.fields, *_connection(keeps, incoming, framing)), date)
    return Framed(_acts_arriving(reply.arriving, head, chunked=framing.chunked), keeps, arriving=reply.arriving)


def _acts_arriving(arriving: Arriving, head: bytes, *, chunked: bool) -> Iterator[Act]:
    yield Act(head)
    for step in arriving:
        if isinstance(step, Cut):
            yield Act(b"", 0.0, ENDINGS[step.how])
            return
        yield Act(_chunk(step.data, half=False) if chunked else step.data)
    yield Act(_LAST_CHUNK if chunked else b"", 0.0, "done")


def _ordinary(reply: Whole, incoming: Incoming, date: str) -> Framed | None:
    """What nearly every whole reply comes to, found in a quarter of the time; None if there is more to think of."""
    request, http11, keep_alive = incoming
    status, body = reply.status, reply.body
    lines, may_clash = _told(reply.headers, reply.own)
    if may_clash or not (http11 and keep_alive) or request.method == "HEAD" or status in (204, 304):
        return None
    line = _STATUS_LINES.get(status) or _status_line(status)
    head = f"{line}{lines}date: {date}\r\ncontent-length: {len(body)}\r\n\r\n"
    return Framed((Act(_encoded(head) + body, reply.after, "done"),), True)


def _played(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps up to the first cut: nothing after it is ever sent."""
    end = next((index for index, step in enumerate(steps, 1) if isinstance(step, Cut)), len(steps))
    return tuple(steps[:end])


def _without_body(steps: Sequence[Step]) -> tuple[Step, ...]:
    first = steps[:1]
    return tuple(Send(b"", step.after) if isinstance(step, Send) else step for step in first)


# --- the head ---------------------------------------------------------------------------------------------------------


def _framing_of(reply: Whole | Stream, steps: tuple[Step, ...], incoming: Incoming) -> _Framing:
    if reply.status in (204, 304):
        return _Framing(())
    if isinstance(reply, Whole):
        return _Framing((("content-length", str(len(reply.body))),))
    if reply.length is None and incoming.http11:
        return _CHUNKED
    sent = sum(len(step.data) for step in steps if isinstance(step, Send))
    half = any(_halves(step) for step in steps[-1:])
    if reply.length is None and not half:
        return _Framing((), closes=True)
    length = reply.length or 0
    announced = _more_than(sent) if half and length <= sent else length
    return _Framing((("content-length", str(announced)),), true=announced == sent)


def _connection(keeps: bool, incoming: Incoming, framing: _Framing) -> Headers:
    """What the head says of the connection: nothing where the default holds, or where a fault is to surprise."""
    if framing.closes or not incoming.keep_alive:
        return (("connection", "close"),)
    return (("connection", "keep-alive"),) if keeps and not incoming.http11 else ()


def _says_close(headers: Headers) -> bool:
    return any(name.lower() == "connection" and value.lower() == "close" for name, value in headers)


def _head(reply: Reply, framing: Headers, date: str) -> bytes:
    added = (("date", date), *framing)
    lines, may_clash = _told(reply.headers, reply.own if isinstance(reply, (Whole, Stream)) else None)
    if may_clash:
        own, added = _settled(reply.headers, added)
        lines = _lines(own)
    return _encoded(f"{_status_line(reply.status)}{lines}{_lines(added)}\r\n")


def _status_line(status: int) -> str:
    return _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n"


def _told(headers: Headers, own: int | None) -> tuple[str, bool]:
    """The lines of a reply's headers, and whether they may clash; those that many replies have are written once."""
    if own is None:
        return _written(headers)
    first, first_clashes = _written(headers[:own])
    rest, rest_clashes = _written_once(headers[own:])
    return first + rest, first_clashes or rest_clashes


def _written(headers: Headers) -> tuple[str, bool]:
    lines = _lines(headers)
    return lines, _may_clash(lines)


_written_once = lru_cache(256)(_written)


def _lines(headers: Headers) -> str:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if lines.count("\n") + lines.count("\r") != 2 * len(headers):
        raise ValueError(f"A reply's header must not have a line break in it: {_broken(headers)!r}.")
    return lines


def _may_clash(lines: str) -> bool:
    """Whether a header of the reply may have the name of one that the host adds."""
    lowered = lines.lower()
    return "date:" in lowered or "connection:" in lowered or "-length:" in lowered or "-encoding:" in lowered


def _settled(own: Headers, added: Headers) -> tuple[Headers, Headers]:
    """Of a name that is given twice, the framing is the host's, and the rest the reply's."""
    names = {name.lower() for name, _ in own}
    return (
        tuple((name, value) for name, value in own if name.lower() not in _OURS),
        tuple((name, value) for name, value in added if name in _OURS or name not in names),
    )


def _broken(headers: Headers) -> str:
    lines = (f"{name}: {value}" for name, value in headers)
    return next(line for line in lines if "\n" in line or "\r" in line)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


# --- the body ---------------------------------------------------------------------------------------------------------


def _acts(steps: Sequence[Step], head: bytes, *, chunked: bool) -> Iterator[Act]:
    tail = _LAST_CHUNK if chunked else b""
    if not steps:
        yield Act(head + tail, 0.0, "done")
        return
    last = len(steps) - 1
    halved = last - 1 if _halves(steps[last]) else None
    for place, step in enumerate(steps):
        if isinstance(step, Cut):
            yield Act(b"", step.after, ENDINGS[step.how])
            return
        data = head + (_chunk(step.data, half=place == halved) if chunked else step.data)
        head = b""
        yield Act(data, step.after) if place < last else Act(data + tail, step.after, "done")


def _chunk(data: bytes, *, half: bool) -> bytes:
    """One chunk; a half one announces twice what it has. Empty data is no chunk at all: that would end the body."""
    if half:
        return b"%x\r\n%b" % (_more_than(len(data)), data)
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _halves(step: Step) -> bool:
    return isinstance(step, Cut) and step.how == "half_chunk"


def _more_than(size: int) -> int:
    return 2 * size or 1
