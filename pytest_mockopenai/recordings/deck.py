"""Replays a cassette, and what is not on it records from the upstream, if there is one."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.pace import at_once
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Relay
from pytest_mockopenai.recordings import explaining, reading, redaction
from pytest_mockopenai.recordings.cassette import Cassette, Slot
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest, redacted
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.recordings.upstream import Arrival, Unreachable, Upstream
from pytest_mockopenai.taping import BadRecording, Complain, Known, Told

_SECRETS = 1000  # keys of clients that are known by their very text; the oldest are forgotten first
_PATIENCE = 30.0  # seconds that streams still coming may take when it is over


class CassetteDeck:
    """Replays from a cassette, and records on it what an upstream answers. Safe to use from many threads.

    `rhythm` replays in the recorded times, else all at once. `where` is the file or folder, for messages. `failed` says
    whether anything was to be recorded that could not be.
    """

    def __init__(self, cassette: Cassette, upstream: Upstream | None, *, where: Path, rhythm: bool) -> None:
        self.cassette = cassette
        self.failed = False
        self._upstream = upstream
        self._where = where
        self._rhythm = rhythm
        self._arrivals: list[Arrival] = []
        self._own_secrets = upstream.secrets if upstream else ()
        self._secrets: dict[str, None] = {}
        self._lock = threading.Lock()

    @property
    def redactor(self) -> Redactor:
        """What takes out all secrets that have been seen."""
        return self._without(self._secrets)

    def _without(self, secrets: Iterable[str]) -> Redactor:
        return Redactor(redaction.longest_first((*self._own_secrets, *secrets)))

    def answer(self, inquiry: Inquiry, complain: Complain) -> Told:
        """The recorded reply, or that of the upstream; raises `Refused` if there is neither."""
        secrets = redaction.secrets_of(inquiry.request)
        asked = RecordedRequest.of(inquiry.request, self._without(secrets))
        known = self.cassette.find(asked)
        if known is not None:
            return _told(known, "recording", rhythm=self._rhythm)
        if not self.cassette.records or self._upstream is None:
            explained = explaining.unrecorded(inquiry, self.cassette.nearest(asked), self._where, self.cassette.mode)
            complain(explained)
            raise Refused(errors.unrecorded(explained.partition("\n")[0]))
        self._remember(secrets)
        return self._recorded(inquiry, asked, self._upstream, complain)

    def _remember(self, secrets: Iterable[str]) -> None:
        with self._lock:
            self._secrets = {**self._secrets, **dict.fromkeys(secrets)}
            if len(self._secrets) > _SECRETS:
                self._secrets = dict.fromkeys(list(self._secrets)[-_SECRETS:])

    def _recorded(self, inquiry: Inquiry, asked: RecordedRequest, upstream: Upstream, complain: Complain) -> Told:
        slot = self.cassette.begin(asked)
        try:
            came = upstream.ask(inquiry.request)
        except BaseException as error:
            self.cassette.end(slot, None)
            self.failed = True
            if not isinstance(error, Unreachable):
                raise
            complain(explaining.unreachable(inquiry, str(error)))
            raise Refused(errors.upstream_unreachable(str(error))) from None
        if isinstance(came, Arrival):
            return self._arriving(came, slot, complain)
        self._keep(slot, came, complain)
        return _told(came, "upstream", rhythm=False)

    def _arriving(self, arrival: Arrival, slot: Slot, complain: Complain) -> Told:
        known: Future[tuple[Any, Usage | None]] = Future()

        def complete(answered: RecordedReply) -> None:
            self._keep(slot, answered, complain)
            response = reading.response_of(answered)
            known.set_result((response, reading.usage_of(response)))

        def later(told: Known) -> None:
            known.add_done_callback(lambda done: told(*done.result()))

        with self._lock:
            self._arrivals = [each for each in self._arrivals if not each.wait(0)]
            self._arrivals.append(arrival)
        arrival.begin(complete)
        relay = Relay(arrival.status, arrival.headers, arrival)
        return Told(relay, "upstream", stream=True, later=later)

    def _keep(self, slot: Slot, answered: RecordedReply, complain: Complain) -> None:
        """Record it; a file that cannot be written is a problem, and no reason to withhold the reply."""
        try:
            self.cassette.end(slot, redacted(Interaction(slot.request, answered), self.redactor).reply)
        except BadRecording as error:
            self.failed = True
            complain(f"A reply could not be recorded: {error}")

    def problems(self, *, strict: bool) -> list[str]:
        """A `strict` mock wants all recordings used."""
        unused = self.cassette.unused() if strict else []
        return [explaining.unused(unused, self._where)] if unused else []

    def rewind(self) -> None:
        """All recordings are unused again."""
        self.cassette.rewind()

    def close(self) -> None:
        """Wait for what is still coming, and ask the upstream no more."""
        for arrival in self._arrivals:
            arrival.wait(_PATIENCE)
        if self._upstream is not None:
            self._upstream.close()


def _told(answered: RecordedReply, source: Source, *, rhythm: bool) -> Told:
    response = reading.response_of(answered)
    reply = answered.played() if rhythm else at_once(answered.played())
    return Told(reply, source, response, reading.usage_of(response), stream=answered.streamed)
