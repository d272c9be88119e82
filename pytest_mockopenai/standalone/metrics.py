"""Prometheus metrics of a server, and the handler that answers `GET /metrics` with them.

Needs the extra `server` (prometheus-client). Labels are bounded: endpoints, statuses and words are lists, and of models
only the first so many have a label of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_mockopenai.core.wire import Ending, Reply, Request, Whole
from pytest_mockopenai.hosts.port import Exchange, Handler
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Call

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

PATH = "/metrics"
MODELS = 50
"""So many model names are labels; all others are `other`."""

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LAGS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The directory, by prometheus-client's own variable, in which workers share their numbers."""


_TOKENS = ("prompt", "completion", "cached", "reasoning")


@dataclass(frozen=True, slots=True)
class _Counted:
    """The metrics with the labels of one kind of call; None for those that such calls have none of."""

    requests: Any
    duration: Any
    first: Any
    prompt: Any
    completion: Any
    cached: Any
    reasoning: Any


class Metrics:
    """An observer that counts; `page` is what Prometheus scrapes, of all workers if they share a directory.

    `gauges` are read when the page is made: the number of open connections and of replies being played.
    """

    def __init__(self, gauges: Callable[[], tuple[int, int]] | None = None) -> None:
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
            "request_duration_seconds", "From request to end.", ["endpoint"], buckets=_SECONDS, **made
        )
        self._first = Histogram(
            "time_to_first_token_seconds", "Until a stream's first event.", ["endpoint"], buckets=_SECONDS, **made
        )
        self._lag = Histogram("stream_lag_seconds", "How late a stream ended.", buckets=_LAGS, **made)
        self._gauges = gauges
        self._models: set[str] = set()
        self._known: dict[tuple[object, ...], _Counted] = {}

    def began(self, call: Call) -> None:
        """One more in flight."""
        self._in_flight.inc()

    def ended(self, seen: Seen) -> None:
        """Counts a call."""
        call = seen.call
        self._in_flight.dec()
        counted = self._counted(call)
        counted.requests.inc()
        counted.duration.observe(seen.duration)
        if call.stream and seen.first is not None:
            counted.first.observe(seen.first)
        if call.stream and seen.late is not None:
            self._lag.observe(max(0.0, seen.late))
        if call.usage is not None:
            counted.prompt.inc(call.usage.prompt_tokens)
            counted.completion.inc(call.usage.completion_tokens)
            if call.usage.cached_tokens or call.usage.reasoning_tokens:
                counted.cached.inc(call.usage.cached_tokens)
                counted.reasoning.inc(call.usage.reasoning_tokens)

    def _counted(self, call: Call) -> _Counted:
        """What calls like this are counted by; kept, since to look labels up costs more than to count."""
        model = self._model(call.model) if call.usage is not None else None
        key = (call.endpoint, call.status, word_of(call), model, call.stream)
        known = self._known.get(key)
        if known is None:
            endpoint = call.endpoint or "unknown"
            known = self._known[key] = _Counted(
                self._requests.labels(endpoint, call.status, word_of(call)),
                self._duration.labels(endpoint),
                self._first.labels(endpoint) if call.stream else None,
                *(self._tokens.labels(model, kind) if model is not None else None for kind in _TOKENS),
            )
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

        if self._gauges is not None:
            connections, playing = self._gauges()
            self._connections.set(connections)
            self._playing.set(playing)
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


def word_of(call: Call) -> str:
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
