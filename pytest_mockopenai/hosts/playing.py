"""One connection of a host that has a thread for each: receives requests and plays replies on a blocking socket."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread, current_thread
from time import monotonic

from pytest_mockopenai.core.wire import Dialogue
from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.port import Ending, Sleep
from pytest_mockopenai.hosts.reading import Incoming, Reader

_RECEIVE = 64 * 1024
# More than any client sends ahead while its reply is being played.
_AHEAD = 64 * 1024 * 1024
_LINGER_ON_FOR_0_S = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Line:
    """An open connection. One thread uses it; only `hang_up` may come from another."""

    def __init__(self, sock: socket.socket, reader: Reader, lines: Lines) -> None:
        self.socket = sock
        self._reader = reader
        self._lines = lines
        self._era = lines.era
        self._hung_up = False

    def next_request(self) -> Incoming | None:
        """Waits for the next request; None once the client has left. Raises Refused, as the reader does."""
        while (incoming := self._reader.next()) is None:
            interim = self._reader.interim()
            if (interim and not self._write(interim)) or not self._receive():
                return None
        self._era = self._lines.era
        return incoming

    def play(self, answering: Answering, sleep: Sleep | None = None) -> bool:
        """Plays a reply to its end; whether another request may follow on this connection.

        While it waits it looks out for the client leaving and for `hang_up`; if a `sleep` waits in its place, it looks
        afterwards.
        """
        due = monotonic()
        ending: Ending | None = None
        for act in answering.framed.acts:
            due += act.after
            if act.after > 0 and not self._wait(act.after, due, sleep):
                return self._broken_off(answering)
            ending = act.ending
            if ending:
                answering.ended(ending)
            if act.data and not self._write(act.data):
                return self._broken_off(answering)
        if answering.framed.dialogue is not None:
            return self._converse(answering, answering.framed.dialogue, sleep)
        return self._end(ending, answering.framed.keep_alive)

    def close_in_order(self, patience: float = 0.0) -> None:
        """Ends our side, and takes what the client still sends for so many seconds.

        Closing a socket with unread bytes in it is a reset, and a reset may take the reply from the client.
        """
        deadline = monotonic() + patience
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            self.socket.settimeout(patience)
            while self.socket.recv(_RECEIVE) and monotonic() < deadline:
                pass

    def hang_up(self) -> None:
        """Ends the connection, whatever its thread is waiting for."""
        self._hung_up = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def wait_for_client_to_leave(self) -> None:
        """Returns when the client has left, or after `hang_up`."""
        self._client_stays(None)

    def _receive(self) -> bool:
        """Feeds the reader; False if the client has left."""
        try:
            data = self.socket.recv(_RECEIVE)
        except ConnectionError:
            return False
        self._reader.feed(data)
        return bool(data)

    def _write(self, data: bytes) -> bool:
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def _wait(self, seconds: float, due: float, sleep: Sleep | None) -> bool:
        """Waits; whether the client is still there. Never longer than `seconds`: a test may have stopped the clock."""
        if sleep is None:
            return self._client_stays(min(seconds, due - monotonic()))
        sleep(seconds)
        return self._client_stays(0.0)

    def _client_stays(self, seconds: float | None) -> bool:
        """Whether the client is still there after so long (None: for ever). Keeps what it sends in the meantime."""
        deadline = None if seconds is None else monotonic() + seconds
        try:
            while self._reader.buffered < _AHEAD:
                self.socket.settimeout(None if deadline is None else max(0.0, deadline - monotonic()))
                if not self._receive():
                    return False
        except (TimeoutError, BlockingIOError):
            return not self._hung_up
        finally:
            self.socket.settimeout(None)
        return False

    def _converse(self, answering: Answering, dialogue: Dialogue, sleep: Sleep | None) -> bool:
        """Plays what follows a handshake; the connection is closed after it."""
        from pytest_mockopenai.hosts.dialogue import Player  # loads the extra `websockets`

        with self._lines.lasting(self, self._era):
            self.socket.setblocking(False)
            ending = Player(self.socket, dialogue, answering, sleep).play(self._reader.rest())
            with suppress(OSError):
                self.socket.setblocking(True)
            return self._end(ending, keep_alive=False) if ending else self._broken_off(answering)

    def _broken_off(self, answering: Answering) -> bool:
        answering.ended("cut" if self._hung_up else "client_gone")
        return False

    def _end(self, ending: Ending | None, keep_alive: bool) -> bool:
        if ending == "done" and keep_alive:
            return True
        if ending == "stalled":
            self._lines.hold(self, self._era)
        elif ending == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ON_FOR_0_S)
        else:
            self.close_in_order()
        return False


class Lines:
    """All open connections of a host and their threads.

    `era` counts the releases: a request taken in an earlier era may no longer begin a stall.
    """

    def __init__(self) -> None:
        self.era = 0
        self._lock = Lock()
        self._threads: dict[Line, Thread] = {}
        self._held: set[Line] = set()

    def open(self, line: Line, thread: Thread) -> None:
        """Takes a line in, before its thread starts."""
        with self._lock:
            self._threads[line] = thread

    def close(self, line: Line) -> None:
        """Closes a line's socket, at the end of its thread."""
        with self._lock:
            self._threads.pop(line, None)
            line.socket.close()

    def hold(self, line: Line, era: int) -> None:
        """Stalls a line until its client leaves, or until the next release."""
        with self._lock:
            if era != self.era:
                return
            self._held.add(line)
        line.wait_for_client_to_leave()
        with self._lock:
            self._held.discard(line)

    @contextmanager
    def lasting(self, line: Line, era: int) -> Iterator[None]:
        """While a dialogue lasts the next release ends it; one from an earlier era ends at once."""
        with self._lock:
            self._held.add(line)
            if era != self.era:
                line.hang_up()
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(line)

    def release(self) -> None:
        """Ends every stall and every dialogue."""
        with self._lock:
            self.era += 1
            for line in self._held:
                line.hang_up()

    def hang_up(self, patience: float) -> None:
        """Ends every line, and waits for their threads, at most so many seconds in all."""
        with self._lock:
            for line in self._threads:
                line.hang_up()
            threads = [thread for thread in self._threads.values() if thread is not current_thread()]
        deadline = monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))
