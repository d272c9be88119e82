"""Prometheus metrics of a server, and the handler that answers `GET /metrics` with them.

Needs the extra `server` (prometheus-client). Labels are bounded: endpoints, statuses and words are lists, and of models
only the first so many have a label of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_mockopenai.core.wire import Ending, Reply, Request, Whole
from pytest_mockopenai.hosts.port import Exchange, Handler
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Entry
from pytest_mockopenai.standalone.lines import Later
from pytest_mockopenai.standalone.tally import TOKENS, Spread, Tally

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

PATH = "/metrics"
MODELS = 50
"""So many model names are labels; all others are `other`."""

SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAGS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""The buckets of the histograms, in seconds."""
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The directory, by prometheus-client's own variable, in which workers share their numbers."""

_MOMENT = 0.05  # seconds


class Metrics:
    """An observer that counts; `page` is what Prometheus scrapes, of all workers if they share a directory.

    To add up costs much less than to tell prometheus-client, which is told when the page is made; of several workers,
    each tells within a tenth of a second, by `later`, which calls a function after so many seconds. `gauges` are read
    then too: the number of open connections and of replies being played. For one thread.
    """

    def __init__(self, gauges: Callable[[], tuple[int, int]] | None = None, *, later: Later | None = None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self._registry, "namespace": "mockopenai"}
        live: dict[str, Any] = {**made, "multiprocess_mode": "livesum"}
        self._requests = Counter("requests", "Calls answered.", ["endpoint", "status", "word"], **made)
        self._tokens = Counter("tokens", "Tokens billed.", ["model", "type"], **made)
        self._in_flight = Gauge("in_flight", "Calls being answered.", **live)
        self._connections = Gauge("connections", "Open connections.", **live)
        self._playing = Gauge("playing", "Replies being played that take time.", **live)
        self._duration = Histogram(
            "request_duration_seconds", "From request to end.", ["endpoint"], buckets=SECONDS, **made
        )
        self._first = Histogram(
            "time_to_first_token_seconds", "Until a stream's first event.", ["endpoint"], buckets=SECONDS, **made
        )
        self._lag = Histogram("stream_lag_seconds", "How late a stream ended.", buckets=LAGS, **made)
        self._gauges = gauges
        self._later = later if _SHARED in os.environ else None
        self._told = True
        self._models: set[str] = set()
        self._open = 0
        self._late = Spread(lambda: self._lag, LAGS)
        self._spreads: dict[str, tuple[Spread, Spread]] = {}
        self._tallies: dict[tuple[object, ...], Tally] = {}

    def began(self, call: Entry) -> None:
        """One more in flight."""
        self._open += 1
        if self._later is not None:
            self._tell_soon()

    def ended(self, seen: Seen) -> None:
        """Counts a call."""
        self._open -= 1
        call, _, duration, first, late = seen
        tally = self._tally(call)
        tally.count(call.usage)
        tally.duration.observe(duration)
        if call.stream:
            if first is not None:
                tally.first.observe(first)
            if late is not None:
                self._late.observe(max(0.0, late))
        if self._later is not None:
            self._tell_soon()

    def tell(self) -> None:
        """Tells prometheus-client what was counted since it was told last."""
        self._told = True
        self._in_flight.set(self._open)
        if self._gauges is not None:
            connections, playing = self._gauges()
            self._connections.set(connections)
            self._playing.set(playing)
        for tally in self._tallies.values():
            tally.tell()
        for spread in (*chain(*self._spreads.values()), self._late):
            spread.tell()

    def _tell_soon(self) -> None:
        if self._told and self._later is not None:
            self._told = False
            self._later(_MOMENT, self.tell)

    def _tally(self, call: Entry) -> Tally:
        """Where calls like this are counted."""
        model = self._model(call.model) if call.usage is not None else None
        key = (call.endpoint, call.status, word_of(call), model)
        known = self._tallies.get(key)
        if known is None:
            endpoint = call.endpoint or "unknown"
            known = self._tallies[key] = Tally(
                self._requests.labels(endpoint, call.status, word_of(call)),
                tuple(self._tokens.labels(model, kind) for kind in TOKENS) if model is not None else (),
                *self._spreads_of(endpoint),
            )
        return known

    def _spreads_of(self, endpoint: str) -> tuple[Spread, Spread]:
        known = self._spreads.get(endpoint)
        if known is None:
            duration, first = (partial(histogram.labels, endpoint) for histogram in (self._duration, self._first))
            known = self._spreads[endpoint] = Spread(duration, SECONDS), Spread(first, SECONDS)
        return known

    def _model(self, name: str) -> str:
        if name not in self._models:
            if len(self._models) >= MODELS:
                return "other"
            self._models.add(name)
        return name[:100]

    def described(self) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
        """Name, type, labels and meaning of each metric, as Prometheus sees them."""
        for metric in (
            *(self._requests, self._tokens, self._in_flight, self._connections),
            *(self._playing, self._duration, self._first, self._lag),
        ):
            (family,) = metric.describe()
            ending = "_total" if family.type == "counter" else ""
            yield family.name + ending, family.type, metric._labelnames, family.documentation

    def page(self) -> tuple[str, bytes]:
        """Content type and text."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        self.tell()
        return CONTENT_TYPE_LATEST, generate_latest(self._all())

    def _all(self) -> CollectorRegistry:
        """The registry to show: this process's, or all workers' together."""
        if _SHARED not in os.environ:
            return self._registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


def word_of(call: Entry) -> str:
    """The name of the scripted word, the first one of several; `none` for a made-up answer."""
    return call.word.partition("(")[0] if call.word else "none"


@dataclass(frozen=True, slots=True)
class Page:
    """An exchange that nobody records."""

    reply: Reply

    def ended(self, how: Ending) -> None:
        """Notes nothing."""


class Scraped:
    """A handler that answers `GET /metrics` itself, and leaves all else to another."""

    def __init__(self, handler: Handler, metrics: Metrics) -> None:
        self._handler = handler
        self._metrics = metrics

    def exchange(self, request: Request) -> Exchange:
        """Answers one request."""
        if not request.target.startswith(PATH) or request.raw_path != PATH or request.method not in ("GET", "HEAD"):
            return self._handler.exchange(request)
        kind, text = self._metrics.page()
        return Page(Whole(200, (("content-type", kind),), text))
