"""One connection: reads requests, has them answered, writes what is to be written, and sees that both ends close."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from time import monotonic
from typing import cast

from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.hosts.aio.activity import Activity, Lingering, Resetting, Stalled
from pytest_mockopenai.hosts.aio.hub import Hub
from pytest_mockopenai.hosts.aio.playing import Playing
from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.reading import Incoming, Reader

_AT_ONCE = 128 * 1024
# What a client may send ahead while its reply is being played, in bytes; the rest is left in its socket.
_AHEAD = 256 * 1024
_LINGER_ON_FOR_0_S = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection(asyncio.Protocol):
    """An open connection. While it has an `activity`, that takes what happens; else requests are read.

    `paused`: something that was written has not been taken by the client's socket yet. `since` is when the connection
    was first seen doing what it does now, in the seconds of `monotonic`, None if it was not looked at yet: asking for
    the time with each request would cost more than it tells. `earned` are the bytes of a request that came since.
    """

    __slots__ = (
        "__weakref__",
        "_out",
        "_pending",
        "_reading",
        "_transport",
        "_unsure",
        "activity",
        "earned",
        "era",
        "half_closed",
        "hub",
        "hung_up",
        "paused",
        "reader",
        "since",
        "untaken",
    )

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.reader = Reader(body_limit=hub.limits.body, head_limit=hub.limits.head)
        self.activity: Activity | None = None
        self.era = hub.era
        self.paused = self.half_closed = self.hung_up = False
        self.since: float | None = None
        self.earned = self.untaken = 0
        self._transport: asyncio.Transport
        self._out: list[bytes] = []
        self._pending = 0
        self._reading = True
        self._unsure: list[Answering] = []
        hub.expected.add(self)

    # --- what the loop calls ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins; one connection too many is told so."""
        self._transport = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(0)  # to be paused means that something is left to write
        self.hub.expected.discard(self)
        self.hub.connections.add(self)
        if self.hub.closed:
            self.hang_up()
        elif self.hub.full:
            self.refuse(_full(self.hub))

    def data_received(self, data: bytes) -> None:
        """Reads requests and answers them, as many as there are."""
        try:
            if self.activity is not None:
                self.activity.received(data)
            else:
                if not self.earned:
                    self.since = None
                self.earned += len(data)
                self.reader.feed(data)
                self.serve()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._broken(error)

    def eof_received(self) -> bool:
        """Takes the end of what the client sends for its leaving, unless a reply is just being written."""
        self.half_closed = True
        if self.activity is not None:
            self.activity.left()
        elif not self.paused:
            self.close()
        return self._transport.get_extra_info("sslcontext") is None

    def pause_writing(self) -> None:
        """Writes no more for now."""
        self.paused = True
        self.since = monotonic()
        self.untaken = self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        """Goes on where it was paused."""
        self.paused = False
        self.since = monotonic()
        self._unsure.clear()
        try:
            if self.activity is not None:
                self.activity.writable()
            else:
                self.serve()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._broken(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells whom it concerns."""
        self.hub.connections.discard(self)
        activity, self.activity = self.activity, None
        if activity is not None:
            activity.lost()
        self._lose_unsure()

    def go_on(self, play: Callable[[float], None], now: float) -> None:
        """Goes on with what the activity waited to do."""
        try:
            play(now)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._broken(error)

    def retire(self, idle_since: float) -> None:
        """The host is about to stop: closes if it has been idle since then, and ends what has no end of its own."""
        if self.activity is not None:
            self.activity.retire()
        elif not self.paused and not self.reader.midway and self.seen(monotonic()) <= idle_since:
            self.close()

    def seen(self, now: float) -> float:
        """Looks at the connection: since when it has done what it does now."""
        if self.since is None:
            self.since = now
        return self.since

    # --- requests -----------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answers all requests that have come, the short replies in one write."""
        reader = self.reader
        try:
            while reader.buffered and self.activity is None and not self.paused:
                incoming = reader.next()
                if incoming is None:
                    self._wait_for_more()
                    break
                self.earned = 0
                self.since = None
                self.answer(incoming)
        except Refused as refused:
            self.refuse(refused.error)
        self.flush()
        if self.half_closed and self.activity is None and not self.paused:
            self.close()

    def answer(self, incoming: Incoming) -> None:
        """Answers one request."""
        hub = self.hub
        self.era = hub.era
        if hub.draining and not self.reader.buffered:
            incoming = Incoming(incoming.request, incoming.http11, keep_alive=False)
        answering = hub.desk.answer(incoming)
        acts, keep_alive, _ = answering.framed
        act = acts[0] if type(acts) is tuple else None
        if act is not None and act.ending and act.after <= 0:
            answering.ended("done")
            self.write(act.data, answering)
            if not keep_alive:
                self._close_in_order()
        else:
            self.activity = playing = Playing(self, answering)
            playing.begin()

    def _wait_for_more(self) -> None:
        if interim := self.reader.interim():
            self.write(interim)

    def refuse(self, error: Error) -> None:
        """Answers what is no request, and closes."""
        answering = self.hub.desk.refuse(error)
        for act in answering.framed.acts:
            self.write(act.data)
        self._linger()

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, data: bytes, told: Answering | None = None) -> None:
        """Writes with the next `flush`, or at once if it is much; `told` is corrected if it does not get there."""
        self._out.append(data)
        self._pending += len(data)
        if told is not None:
            self._unsure.append(told)
        if self._pending > _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hands all that is written to the socket, in one piece."""
        out = self._out
        if not out:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        self._pending = 0
        if not self._transport.is_closing():
            self._transport.write(data)
        if self._transport.is_closing():
            self._lose_unsure()
        elif not self.paused:
            self._unsure.clear()

    def _lose_unsure(self) -> None:
        for answering in self._unsure:
            if not self.hung_up:
                answering.ended("client_gone")
        self._unsure.clear()

    # --- reading ------------------------------------------------------------------------------------------------------

    def keep(self, data: bytes) -> None:
        """Keeps what a client sends ahead; if it is much, the rest waits in its socket."""
        self.reader.feed(data)
        if self._reading and self.reader.buffered > _AHEAD:
            self.pause_reading()

    def pause_reading(self) -> None:
        """Leaves what comes in the socket."""
        if self._reading and not self._transport.is_closing():
            self._reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Takes what comes."""
        if not self._reading and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()

    # --- ending -------------------------------------------------------------------------------------------------------

    def end(self, ending: Ending, keep_alive: bool) -> None:
        """A reply has ended: what follows, on this connection."""
        self.activity = None
        self.since = None
        if ending == "done" and keep_alive:
            self.resume_reading()
            self.serve()
        elif ending == "stalled" and self.era == self.hub.era:
            self.flush()
            self.activity = Stalled(self)
        elif ending == "reset":
            self._reset_after_flush()
        else:
            self._close_in_order()

    def close(self) -> None:
        """Closes, after all that was written has been taken."""
        self.flush()
        self._transport.close()

    def reset(self) -> None:
        """Closes by a TCP RST."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ON_FOR_0_S)
        self._transport.abort()

    def hang_up(self) -> None:
        """Closes at once; who is told finds that the host did it."""
        self.hung_up = True
        self._transport.abort()

    def leave(self) -> None:
        """Gives the client up: it takes nothing."""
        self._transport.abort()

    def progressed(self, now: float) -> bool:
        """Whether the client has taken something since this was asked last."""
        untaken = self._transport.get_write_buffer_size()
        if untaken >= self.untaken:
            return False
        self.since, self.untaken = now, untaken
        return True

    def _reset_after_flush(self) -> None:
        self.flush()
        if self.paused:
            self.activity = Resetting(self)
        else:
            self.reset()

    def _close_in_order(self) -> None:
        if self.reader.buffered or not self._reading:
            self._linger()
        else:
            self.close()

    def _linger(self) -> None:
        self.flush()
        if self.half_closed or self._transport.is_closing():
            self._transport.close()
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume_reading()
        self.activity = Lingering(self, monotonic())

    def _broken(self, error: BaseException) -> None:
        """A bug of ours ends one connection, not the host."""
        self.hub.desk.keep(error)
        self.hang_up()


def _full(hub: Hub) -> Error:
    message = f"This mock has {hub.limits.connections} open connections, as many as it may have."
    return Error(503, message, type="server_error")
