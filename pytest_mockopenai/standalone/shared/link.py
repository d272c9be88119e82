"""The connection to Redis: every command goes through here, and none waits long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.standalone.shared.scripts import Lua

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline

T = TypeVar("T")

TIMEOUT = 0.5
"""Seconds that connecting, sending a command or waiting for more of its answer may take."""

PAUSE = 1.0
"""Seconds after a failure in which Redis is not asked: requests are refused at once instead of waiting each."""

TTL = 24 * 60 * 60
"""Seconds after its last use in which a mock's data are forgotten."""


class Link:
    """Commands to one Redis under one prefix of keys. Safe to use from many threads.

    Raises `Refused` with `errors.state_unavailable` for whatever goes wrong, and for `PAUSE` seconds after that.
    """

    def __init__(
        self, redis: Redis, prefix: str, where: str, *, ttl: int = TTL, clock: Callable[[], float] = monotonic
    ) -> None:
        from redis import RedisError

        self.where = where
        self.ttl = ttl
        self._redis = redis
        self._prefix = prefix
        self._clock = clock
        self._failure: type[Exception] = RedisError
        self._scripts = {lua: redis.register_script(lua.text) for lua in Lua}
        self._until = 0.0
        self._why = ""

    def key(self, *parts: str) -> str:
        """The key of this name below the prefix."""
        return ":".join((self._prefix, *parts))

    def run(self, lua: Lua, keys: Sequence[str], *arguments: str | bytes | int | float) -> Any:
        """Run a script on these keys; nothing else happens in Redis meanwhile."""
        return self._asked(lambda: self._scripts[lua](keys=keys, args=arguments))

    def ask(self, command: Callable[[Redis], Any]) -> Any:
        """Run one command."""
        return self._asked(lambda: command(self._redis))

    def together(self, fill: Callable[[Pipeline], object]) -> list[Any]:
        """Run several commands, nothing else between them; returns their answers."""

        def run() -> list[Any]:
            with self._redis.pipeline(transaction=True) as pipeline:
                fill(pipeline)
                return pipeline.execute()

        return self._asked(run)

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()

    def _asked(self, run: Callable[[], T]) -> T:
        if self._why and self._clock() < self._until:
            raise Refused(errors.state_unavailable(self.where, self._why))
        try:
            answer = run()
        except (self._failure, OSError) as error:
            self._why = str(error).rstrip(".") or type(error).__name__
            self._until = self._clock() + PAUSE
            raise Refused(errors.state_unavailable(self.where, self._why)) from error
        self._why = ""
        return answer
