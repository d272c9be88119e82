"""One connection: reads requests, has them answered, writes what is to be written, and sees that both ends close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.hosts.aio.activity import Activity, Lingering, Resetting, Stalled
from pytest_mockopenai.hosts.aio.hub import Hub
from pytest_mockopenai.hosts.aio.line import Line
from pytest_mockopenai.hosts.aio.playing import Playing
from pytest_mockopenai.hosts.aio.relaying import Relaying, Waiting
from pytest_mockopenai.hosts.desk import Answering
from pytest_mockopenai.hosts.reading import Incoming, Reader

# What a client may send ahead while its reply is being played, in bytes; the rest is left in its socket.
_AHEAD = 256 * 1024


class Connection(Line):
    """An open connection. While it has an `activity`, that takes what happens; else requests are read.

    `earned` are the bytes of a request that came since it began. `era` is the hub's when the last request came.
    """

    __slots__ = ("__weakref__", "_serving", "activity", "earned", "era", "hub", "reader")

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub
        self.reader = Reader(body_limit=hub.limits.body, head_limit=hub.limits.head)
        self.activity: Activity | None = None
        self.era = hub.era
        self.earned = 0
        self._serving = False
        hub.expected.add(self)

    # --- what the loop calls ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins; one connection too many is told so."""
        self.begin(transport)
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
            elif self.paused:
                self.keep(data)
            else:
                if not self.earned:
                    self.since = None
                incoming = self.reader.whole(data)
                if incoming is not None:
                    self._take(incoming)
                    self._served()
                    return
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
        return not self.is_tls

    def resume_writing(self) -> None:
        """Goes on where it was paused."""
        super().resume_writing()
        try:
            if self.activity is not None:
                self.activity.writable()
            else:
                self.resume_reading()
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
        super().connection_lost(exc)

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

    # --- requests -----------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answers all requests that have come, the short replies in one write."""
        reader = self.reader
        self._serving = True
        try:
            while reader.buffered and self.activity is None and not self.paused:
                incoming = reader.next()
                if incoming is None:
                    self._wait_for_more()
                    break
                self._take(incoming)
        except Refused as refused:
            self.refuse(refused.error)
        finally:
            self._serving = False
        self._served()

    def _take(self, incoming: Incoming) -> None:
        self.earned = 0
        self.since = None
        self.answer(incoming)

    def _served(self) -> None:
        self.flush()
        if self.half_closed and self.activity is None and not self.paused:
            self.close()

    def answer(self, incoming: Incoming) -> None:
        """Answers one request."""
        hub = self.hub
        self.era = hub.era
        if hub.draining and not self.reader.buffered:
            incoming = Incoming(incoming.request, incoming.http11, keep_alive=False)
        if self.is_tls:
            incoming = incoming._replace(request=replace(incoming.request, scheme="https"))
        if hub.threads is None:
            self.play(hub.desk.answer(incoming))
        else:
            self.activity = waiting = Waiting(self)
            waiting.begin(hub.threads, incoming)

    def play(self, answering: Answering) -> None:
        """Plays a reply, or begins to."""
        acts, keep_alive, _, arriving = answering.framed
        act = acts[0] if type(acts) is tuple else None
        if act is not None and act.ending and act.after <= 0:
            answering.ended("done")
            self.write(act.data, answering)
            if not keep_alive:
                self._close_in_order()
        else:
            self.activity = playing = Playing(self, answering) if arriving is None else Relaying(self, answering)
            playing.begin()

    def play_and_serve(self, answering: Answering) -> None:
        """Plays a reply that took its time, and goes on with what was sent meanwhile."""
        self.resume_reading()
        self.play(answering)
        self.serve()

    def _wait_for_more(self) -> None:
        if interim := self.reader.interim():
            self.write(interim)

    def refuse(self, error: Error) -> None:
        """Answers what is no request, and closes."""
        answering = self.hub.desk.refuse(error)
        for act in answering.framed.acts:
            self.write(act.data)
        self._linger()

    def keep(self, data: bytes) -> None:
        """Keeps what a client sends ahead; if it is much, the rest waits in its socket."""
        self.reader.feed(data)
        if self.reading and self.reader.buffered > _AHEAD:
            self.pause_reading()

    # --- ending -------------------------------------------------------------------------------------------------------

    def end(self, ending: Ending, keep_alive: bool) -> None:
        """A reply has ended: what follows, on this connection."""
        self.activity = None
        self.since = None
        if ending == "done" and keep_alive:
            self.resume_reading()
            if not self._serving:
                self.serve()
        elif ending == "stalled" and self.era == self.hub.era:
            self.flush()
            self.reader.rest()
            self.resume_reading()
            self.activity = Stalled(self)
        elif ending == "reset":
            self._reset_after_flush()
        else:
            self._close_in_order()

    def _reset_after_flush(self) -> None:
        self.flush()
        if self.paused:
            self.activity = Resetting(self)
        else:
            self.reset()

    def _close_in_order(self) -> None:
        if self.reader.buffered or not self.reading:
            self._linger()
        else:
            self.close()

    def _linger(self) -> None:
        if self.half_closed or not self.close_half():
            self.close()
            return
        self.resume_reading()
        self.activity = Lingering(self, monotonic())

    def _broken(self, error: BaseException) -> None:
        """A bug of ours ends one connection, not the host."""
        self.hub.desk.keep(error)
        self.hang_up()


def _full(hub: Hub) -> Error:
    message = f"This mock has {hub.limits.connections} open connections, as many as it may have."
    return Error(503, message, type="server_error")
