"""From options to a mock: the app, who observes it, and the handler that a host serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import pytest_mockopenai
from pytest_mockopenai.admin import Admin, Front
from pytest_mockopenai.app import App
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.hosts.port import Handler
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.observing import Locked, Observer
from pytest_mockopenai.recordings import CassetteDeck
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.standalone.calllog import CallLog
from pytest_mockopenai.standalone.config import BadOption, Config
from pytest_mockopenai.standalone.lines import Later
from pytest_mockopenai.standalone.metrics import Metrics, Scraped
from pytest_mockopenai.standalone.recording import deck_of
from pytest_mockopenai.standalone.spans import Spans
from pytest_mockopenai.state import State

_RECORD_BYTES = 32 * 2**20  # of the calls kept, so that memory stays below 150 MB and fits a small container


@dataclass(frozen=True, slots=True)
class Mock:
    """What is served, and what has to be closed after it."""

    scene: Scene
    handler: Handler
    spans: Spans | None = None
    deck: CassetteDeck | None = None


def settings_of(config: Config) -> Settings:
    """How the mock answers. Standalone, waits are told as scripted, and no test's loop ends before a connection."""
    return Settings(
        seed=config.seed,
        strict=config.strict,
        models="strict" if "strict" in config.models else "any",
        require_key=config.require_key,
        invalid_keys=frozenset(config.invalid_keys),
        body_limit=config.body_limit,
        retry_waits=RetryWaits(),
        keep_alive=True,
        latency=config.latency,
        limits=config.limits or None,
        job_seconds=config.job_seconds,
        chaos=config.chaos,
        unknown_ids=config.unknown_ids,
        webhook_url=config.webhook_url,
        webhook_secret=config.webhook_secret,
        record_limit=config.record_limit,
        record_bytes=_RECORD_BYTES,
    )


def build(
    config: Config,
    write: Callable[[str], object],
    *,
    gauges: Callable[[], tuple[int, int]] | None = None,
    later: Later | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> Mock:
    """The mock that the options describe. Raises BadOption.

    `write` takes the lines of its log, `gauges` and `later` are those of `Metrics`, `ready` says whether it wants more
    requests.
    """
    settings = settings_of(config)
    scene = Scene(settings, fixed=config.fixed, state=state_of(config, settings))
    scene.app.webhooks.waits = False  # a receiver may ask the mock something before it answers
    scene.models.add(*(name for name in config.models if name not in ("strict", "any")))
    metrics = Metrics(gauges, later=later) if has_metrics(config) else None
    spans = _spans() if config.otel else None
    log = CallLog(write, format=config.log_format, level=config.log_level) if config.log_level != "off" else None
    told: list[Observer | None] = [metrics, spans, log]
    observers = [observer for observer in told if observer is not None]
    deck = scene.app.deck = deck_of(config)
    scene.app.observers = (Locked(observers),) if records(config) else tuple(observers)
    front = _front(config, scene, ready)
    return Mock(scene, Scraped(front, metrics) if metrics else front, spans, deck)


def records(config: Config) -> bool:
    """Whether calls may wait for another server, so that they are answered on threads."""
    return config.record is not None


def _front(config: Config, scene: Scene, ready: Callable[[], bool]) -> Handler:
    """The app, behind the admin API and CORS if they are wanted."""
    if not config.admin and not config.cors:
        return scene.app
    admin = Admin(scene, token=config.admin_token, version=pytest_mockopenai.__version__, ready=ready)
    return Front(scene.app, admin if config.admin else None, cors=config.cors)


def warm_up() -> None:
    """Answers calls that nobody sees, so that the first client does not wait for what is loaded on first use."""
    app = App(Routes(all_endpoints()), KnownModels(), Settings(require_key=False))
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    head = (("content-type", "application/json"),)
    app.exchange(Request("GET", "/v1/models"))
    for path, body in (("chat/completions", chat), ("responses", {"model": "gpt-4o", "input": "Hi"})):
        for stream in (False, True):
            app.exchange(Request("POST", f"/v1/{path}", head, json.dumps({**body, "stream": stream}).encode()))


def state_of(config: Config, settings: Settings) -> State | None:
    """What workers and replicas share; None if each is on its own. Raises BadOption, also if no Redis answers."""
    if config.redis is None:
        return None
    from pytest_mockopenai.standalone.shared import NoSharedState, state_from_url

    limits = {"record_limit": settings.record_limit, "record_bytes": settings.record_bytes}
    try:
        return state_from_url(config.redis, config.redis_prefix, **limits)
    except NoSharedState as error:
        raise BadOption(str(error)) from None


def has_metrics(config: Config) -> bool:
    """Whether there are metrics: they are wanted, and prometheus-client is there."""
    return config.metrics and find_spec("prometheus_client") is not None


def _spans() -> Spans:
    try:
        return Spans()
    except ImportError:
        raise BadOption("--otel needs OpenTelemetry: pip install 'pytest-mockopenai[otel]'") from None
