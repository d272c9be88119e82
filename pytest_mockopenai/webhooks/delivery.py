"""One webhook on its way: written and signed, sent to a receiver, and what came of it."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.webhooks import signed

PATIENCE = 10.0
"""Seconds that a receiver may take."""

WAITS = (0.02, 0.1)
"""Seconds before a failed delivery is tried again, each time; OpenAI's own are longer and more, up to three days."""

_KEPT = 4096  # characters of what a receiver answered


class Event(NamedTuple):
    """A webhook as a receiver gets it: what `client.webhooks.unwrap(payload, headers, secret=...)` takes."""

    payload: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that was sent, and what the receiver answered to the last attempt.

    `type` is such as `batch.completed`; `id` that of the batch, `event_id` the event's own, `webhook_id` that of the
    delivery, by which a receiver knows it again. `time` is by the mock's clock, in Unix seconds. Without an answer
    `status` is None and `error` says why. `body` is what was answered, as far as it was kept.
    """

    type: str
    id: str
    event_id: str
    webhook_id: str
    url: str
    time: float
    attempts: int = 0
    status: int | None = None
    body: str = ""
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Made:
    """An event that is to be sent, and the id of its webhook, which stays the same however often it is tried."""

    event: JSON
    webhook_id: str

    def signed(self, secret: str, timestamp: int | None = None) -> Event:
        """As it goes out; `timestamp` in Unix seconds, None: the real time, by which receivers go."""
        payload, at = jsontext.text(self.event), int(time.time()) if timestamp is None else timestamp
        return Event(payload, signed(secret, self.webhook_id, at, payload))


def webhook_id(draw: Draw) -> str:
    """The id of a webhook, which a receiver knows it by."""
    return "wh_" + draw.hex_token("webhook", 32)


def sent(about: Delivery, make: Callable[[], Event], sleep: Callable[[float], object] = time.sleep) -> Delivery:
    """POST it, and again a few times if the receiver does not take it; each time signed anew."""
    for attempt, wait in enumerate((0.0, *WAITS), 1):
        if wait:
            sleep(wait)
        about = replace(_posted(about, make()), attempts=attempt)
        if about.delivered:
            break
    return about


class _NoRedirect(HTTPRedirectHandler):
    """A receiver that sends elsewhere has not taken it."""

    def redirect_request(self, *_: object) -> None:
        return None


def _posted(about: Delivery, event: Event) -> Delivery:
    opener = build_opener(ProxyHandler({}), _NoRedirect)
    request = Request(about.url, event.payload.encode(), dict(event.headers), method="POST")
    try:
        with opener.open(request, timeout=PATIENCE) as reply:
            return replace(about, status=reply.status, body=_text(reply.read(_KEPT)), error=None)
    except HTTPError as refused:
        with refused:
            return replace(about, status=refused.code, body=_text(refused.read(_KEPT)), error=None)
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        return replace(about, status=None, body="", error=f"{why}" or type(why).__name__)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
