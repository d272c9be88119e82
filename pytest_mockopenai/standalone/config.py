"""What `mockopenai serve` was told, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.latency import Latency
from pytest_mockopenai.core.limits import Limits
from pytest_mockopenai.settings import RecordMode, UnknownIds


@dataclass(frozen=True, slots=True)
class Config:
    """The options of `serve`; `options.OPTIONS` says what each means. Times are in seconds, sizes in bytes.

    `fixed` are the names of those that were told, by command line or environment: they win over a stubs file.
    """

    fixed: frozenset[str] = frozenset()
    host: str = "127.0.0.1"
    port: int = 8080
    unix: Path | None = None
    workers: int = 1
    tls: bool = False
    ca_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    redis: str | None = None
    redis_prefix: str = "default"
    drain: float = 30.0
    stubs: tuple[Path, ...] = ()
    seed: int = 0
    latency: Latency | None = None
    limits: Limits | None = None
    job_seconds: float = 0.3
    chaos: Chaos | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    models: tuple[str, ...] = ()
    strict: bool = False
    require_key: bool = False
    invalid_keys: tuple[str, ...] = ()
    unknown_ids: UnknownIds = "not_found"
    record: Path | None = None
    replay: Path | None = None
    record_mode: RecordMode = "new"
    record_ignore: tuple[str, ...] = ()
    record_rhythm: bool = True
    upstream: str | None = None
    upstream_key: str | None = None
    cors: bool = False
    admin: bool = True
    admin_token: str | None = None
    metrics: bool = True
    otel: bool = False
    record_limit: int = 10_000
    head_limit: int = 64 * 2**10
    body_limit: int = 65 * 2**20
    max_connections: int | None = None
    idle_timeout: float | None = 75.0
    head_timeout: float | None = 20.0
    body_timeout: float | None = 30.0
    write_timeout: float | None = 60.0
    log_level: str = "info"
    log_format: str = "text"
    pidfile: Path | None = None


class BadOption(ValueError):
    """An option has a wrong value, or there is no such option; the message says which and what is wanted."""


def check(config: Config) -> None:
    """Raises BadOption for options that do not go together."""
    if (config.cert is None) != (config.key is None):
        raise BadOption("--cert and --key go together: give both, or --tls for a certificate made on the spot")
    if config.tls and config.cert is not None:
        raise BadOption("--tls makes a certificate, --cert names one: give one of them")
    if config.ca_file is not None and not config.tls:
        raise BadOption("--ca-file says where --tls writes its CA: give --tls too")
    if config.record is not None and config.replay is not None:
        raise BadOption("--replay records nothing: give --record, or --replay")
    if config.record is not None and config.workers > 1:
        raise BadOption("--record writes files, which only one process does: use one worker")
    if config.record is None and (config.upstream is not None or config.upstream_key is not None):
        raise BadOption("--upstream is the API that is recorded: give --record too")
    if config.unix is not None and config.workers > 1:
        raise BadOption("--workers share a port, not a unix socket: give --port, or one worker")
