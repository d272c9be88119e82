"""Webhooks: events about jobs that have ended, signed as OpenAI signs them and sent to a receiver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_mockopenai.contract.webhooks import data_of
from pytest_mockopenai.core.endpoint import JSON, Collection
from pytest_mockopenai.core.lifecycle import Timeline
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.webhooks import SECRET, checked_secret, checked_url, ending
from pytest_mockopenai.core.webhooks import event as core_event
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.webhooks.delivery import Delivery, Event, Made, sent, webhook_id
from pytest_mockopenai.webhooks.waiting import HasStore, ShowsTime, Waiting

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Delivery", "Event", "LocalWebhooks", "Made", "Sending", "Webhooks", "new"]


class Sending(TypedDict, total=False):
    """How a webhook is sent; what is None is as if it were not given. See `Webhooks`."""

    url: str | None
    data: Mapping[str, Any] | None
    secret: str | None


class Webhooks(ABC):
    """What a test does with webhooks.

    A `type` is one of the installed SDK's, such as `response.completed`; `id` says whom the event is about. `data`
    holds what an event of this type has beside the id. `secret` and `url`, if None, are those of the options
    `webhook_secret` and `webhook_url`; without the option, `core.webhooks.SECRET` signs.
    """

    def event(
        self,
        type: str,
        id: str = "",
        *,
        data: Mapping[str, Any] | None = None,
        secret: str | None = None,
        timestamp: int | None = None,
    ) -> Event:
        """The webhook as a receiver gets it, sent nowhere: payload and headers, signed.

        `timestamp` (Unix seconds) is when it claims to be sent, None: now; the SDK refuses what is five minutes old.
        Raises ValueError for an unknown type, missing data or a wrong secret.
        """
        return self._made(type, id, data).signed(secret or self._secret, timestamp)

    @abstractmethod
    def send(self, type: str, id: str = "", **how: Unpack[Sending]) -> Delivery:
        """Send the webhook now, and return what the receiver answered: `url=`, `data=`, `secret=`.

        Raises ValueError as `event`, and if there is no URL.
        """

    @property
    @abstractmethod
    def deliveries(self) -> Sequence[Delivery]:
        """All that were sent, oldest first: those that jobs caused, and those of `send`."""

    @abstractmethod
    def _made(self, type_: str, id_: str, data: Mapping[str, Any] | None) -> Made:
        """A new event, not yet signed."""

    @property
    @abstractmethod
    def _secret(self) -> str:
        """What signs if nobody says otherwise."""


class LocalWebhooks(Webhooks):
    """The webhooks of a mock in this process; `settings` gives those in force.

    `announce` is told how jobs go; with a `webhook_url`, their ends are delivered by the clock: by a thread in real
    time, and before `moved` returns when a test moves the clock, if this `waits`: a server that has but one thread to
    serve with must not.
    """

    def __init__(self, state: HasStore, clock: ShowsTime, settings: Callable[[], Settings], waits: bool = True) -> None:
        self.waits = waits
        self._state = state
        self._clock = clock
        self._settings = settings
        self._waiting = Waiting(state, clock, self._deliver)
        self._count = count(1)

    def announce(self, kind: str, id_: str, line: Timeline) -> None:
        """Note how a job of `core.webhooks.KINDS` goes on; told again, when that has changed."""
        key, end = f"{kind} {id_}", ending(kind, line)
        if self._settings().webhook_url is None:
            return
        if end is None:
            self._waiting.drop(key)
        else:
            self._waiting.put({"key": key, "type": end[0], "id": id_, "at": end[1]})

    def moved(self) -> None:
        """The clock was moved."""
        self._waiting.wake()
        if self.waits:
            self._waiting.catch_up()

    def open(self) -> None:
        """Deliver again, after a `close`."""
        self._waiting.open()

    def close(self) -> None:
        """Deliver no more."""
        self._waiting.close()

    def send(self, type: str, id: str = "", **how: Unpack[Sending]) -> Delivery:
        """See `Webhooks.send`."""
        made = self._made(type, id, how.get("data"))
        to, signs = self._receiver(how.get("url")), checked_secret(how.get("secret") or self._secret)
        return self._sent(made, id, to, signs)

    def send_soon(self, type: str, id: str = "", **how: Unpack[Sending]) -> str:
        """The same for who must not wait: the thread sends it; returns the `webhook_id` of the delivery to come."""
        made = self._made(type, id, how.get("data"))
        to, signs = self._receiver(how.get("url")), checked_secret(how.get("secret") or self._secret)
        entry = {"key": made.webhook_id, "id": id, "made": made.event, "url": to, "secret": signs}
        self._waiting.put({**entry, "at": self._clock.now})
        return made.webhook_id

    def _made(self, type_: str, id_: str, data: Mapping[str, Any] | None) -> Made:
        return new(type_, id_, data, time=self._clock.now, draw=self._draw(next(self._count)))

    def _receiver(self, url: str | None) -> str:
        to = url or self._settings().webhook_url
        if to is None:
            raise ValueError("a webhook needs somebody to send it to: give url=, or the option webhook_url")
        return checked_url(to)

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """See `Webhooks.deliveries`."""
        return [Delivery(**entry) for entry in self._log.all()]

    @property
    def due(self) -> bool:
        """Whether there are some that ought to have been sent by now, or are being sent."""
        return self._waiting.due

    def _deliver(self, entry: JSON) -> None:
        """Send what is due; the end of a job to nobody, if nobody wants to be told any more."""
        if "made" in entry:
            self._sent(Made(entry["made"], entry["key"]), entry["id"], entry["url"], entry["secret"])
            return
        url = self._settings().webhook_url
        if url is not None:
            draw = self._draw(entry["key"])
            event = core_event(entry["type"], {"id": entry["id"]}, entry["at"], draw)
            self._sent(Made(event, webhook_id(draw)), entry["id"], url, self._secret)

    def _sent(self, made: Made, id_: str, url: str, secret: str) -> Delivery:
        about = Delivery(made.event["type"], id_, made.event["id"], made.webhook_id, url, self._clock.now)
        done = sent(about, lambda: made.signed(secret))
        self._log.put(done.webhook_id, asdict(done))
        return done

    @property
    def _log(self) -> Collection:
        return self._state.store.collection("webhooks.deliveries")

    @property
    def _secret(self) -> str:
        return self._settings().webhook_secret or SECRET

    def _draw(self, label: str | int) -> Draw:
        return draw_for(self._settings().seed, "webhook", label)


def new(type_: str, id_: str, data: Mapping[str, Any] | None, *, time: float, draw: Draw) -> Made:
    """An event, not yet signed; raises ValueError as `Webhooks.event`."""
    event = core_event(type_, data_of(type_, id_, data or {}), time, draw)
    return Made(event, webhook_id(draw))
