"""From a URL to a shared state, or a sentence that says why there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.standalone.shared.link import TIMEOUT, Link

if TYPE_CHECKING:
    from redis import Redis

    from pytest_mockopenai.standalone.shared.state import RedisState

DEFAULT_PREFIX = "default"

PER_WORKER = (
    "Each worker has its own sequences of rules, calls, usage, rate limits, clock, stored objects, and counts of "
    "repeated requests: they are neither summed nor shared. Give --redis redis://HOST to share them."
)
"""What the command line says when there are several workers and no shared state."""

_SCHEMES = ("redis", "rediss", "unix")
_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


class NoSharedState(ValueError):
    """The state cannot be shared: the URL or the prefix is wrong, or nobody answers there. The message says which."""


def state_from_url(
    url: str,
    prefix: str = DEFAULT_PREFIX,
    *,
    record_limit: int = 10_000,
    record_bytes: int = 256 * 2**20,
    timeout: float = TIMEOUT,
) -> RedisState:
    """The state of all mocks that are given this URL and prefix; its keys begin with `mockopenai:PREFIX:`.

    `url` is `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://...` with TLS, or `unix:///PATH/TO/SOCKET`.
    `record_limit` and `record_bytes` are those of `Settings`; `timeout` is in seconds (`link.TIMEOUT`).
    Raises `NoSharedState`, also if no Redis answers there now.
    """
    if not _PREFIX.match(prefix):
        raise NoSharedState(f"a prefix is made of letters, digits and . _ - (at most 100), not {prefix!r:.120}")
    from pytest_mockopenai.standalone.shared.state import RedisState

    link = Link(_redis(url, timeout), f"mockopenai:{prefix}", _where(url))
    state = RedisState(link, record_limit=record_limit, record_bytes=record_bytes)
    _check_answers(link)
    return state


def _redis(url: str, timeout: float) -> Redis:
    scheme = urlsplit(url).scheme if "://" in url else ""
    if scheme not in _SCHEMES:
        hint = did_you_mean(scheme, _SCHEMES) if scheme else " Write it as redis://HOST:6379/0."
        raise NoSharedState(f"{_where(url)!r:.200} is no URL of a Redis.{hint}")
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise NoSharedState("sharing state needs redis: pip install 'pytest-mockopenai[server]'") from None
    never = Retry(NoBackoff(), 0)  # a command that may have been done must not be done twice
    try:
        return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=never)
    except ValueError as error:
        raise NoSharedState(f"{_where(url)!r} is no URL of a Redis: {error}") from None


def _check_answers(link: Link) -> None:
    try:
        link.ask(lambda redis: redis.ping())
    except Refused as refused:
        raise NoSharedState(f"no Redis answers at {link.where}: {refused.__cause__}") from None


def _where(url: str) -> str:
    """The URL without user and password."""
    if "://" not in url:
        return url.rpartition("@")[2]
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
