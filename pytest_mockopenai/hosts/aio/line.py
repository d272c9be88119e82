"""One end of a connection: what is written to it, whether it is read, and how it is closed. No HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from time import monotonic
from typing import cast

from pytest_mockopenai.hosts.desk import Answering

_AT_ONCE = 128 * 1024
_LINGER_ON_FOR_0_S = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Line(asyncio.Protocol):
    """An open line. What is written goes out in one piece with `flush`.

    `paused`: something that was written has not been taken by the client's socket yet. `reading`: what comes is taken.
    `is_tls`: it is encrypted; then neither side can close its half alone.
    `half_closed`: the client sends no more. `hung_up`: the host has closed it. `since` is when the line was first seen
    doing what it does now, in the seconds of `monotonic`, None if it was not looked at yet: asking for the time with
    each request would cost more than it tells.
    """

    __slots__ = (
        "_fd",
        "_out",
        "_pending",
        "_transport",
        "_unsure",
        "_untaken",
        "half_closed",
        "hung_up",
        "is_tls",
        "paused",
        "reading",
        "since",
    )

    def __init__(self) -> None:
        self.paused = self.half_closed = self.hung_up = self.is_tls = False
        self.reading = True
        self.since: float | None = None
        self._transport: asyncio.Transport
        self._fd: int | None = None
        self._out: list[bytes] = []
        self._pending = 0
        self._unsure: list[Answering] = []
        self._untaken = 0

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(0)  # to be paused means that something is left to write
        self.is_tls = self._transport.get_extra_info("sslcontext") is not None
        if not self.is_tls and sys.platform != "win32":  # where no socket is a file
            self._fd = self._transport.get_extra_info("socket").fileno()

    def pause_writing(self) -> None:
        """Writes no more for now."""
        self.paused = True
        self.since = monotonic()
        self._untaken = self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        """All that was written has been taken."""
        self.paused = False
        self.since = monotonic()
        self._unsure.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        """What was not taken has not arrived."""
        self._fd = None  # the transport closes it next, and another connection may get its number
        self._lose_unsure()
        self._transport.close()  # Python 3.10 warns of a TLS transport that only the client has closed

    # --- time ---------------------------------------------------------------------------------------------------------

    def seen(self, now: float) -> float:
        """Looks at the connection: since when it has done what it does now."""
        if self.since is None:
            self.since = now
        return self.since

    def progressed(self, now: float) -> bool:
        """Whether the client has taken something since this was asked last."""
        untaken = self._transport.get_write_buffer_size()
        if untaken >= self._untaken:
            return False
        self.since, self._untaken = now, untaken
        return True

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
            self.send(data)
        if self._transport.is_closing():
            self._lose_unsure()
        elif not self.paused:
            self._unsure.clear()

    def send(self, data: bytes) -> None:
        """Hands this to the socket, past the transport, which costs 3 us; the rest is the transport's to write.

        Nothing that was written may be waiting for a `flush`. While `paused` something waits in the transport.
        """
        sent = 0
        if self._fd is not None and not self.paused:
            try:
                sent = os.write(self._fd, data)
            except OSError:  # full or gone: the transport finds the same, and knows what to do
                sent = 0
        if sent < len(data):
            self._transport.write(data[sent:])

    def _lose_unsure(self) -> None:
        for answering in self._unsure:
            if not self.hung_up:
                answering.ended("client_gone")
        self._unsure.clear()

    # --- reading ------------------------------------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Leaves what comes in the socket."""
        if self.reading and not self._transport.is_closing():
            self.reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Takes what comes."""
        if not self.reading and not self._transport.is_closing():
            self.reading = True
            self._transport.resume_reading()

    # --- closing ------------------------------------------------------------------------------------------------------

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

    def close_half(self) -> bool:
        """Says that nothing more will be written, if that can be said; False if it is closing already."""
        self.flush()
        if self._transport.is_closing():
            return False
        if self._transport.can_write_eof():
            self._transport.write_eof()
        return True
