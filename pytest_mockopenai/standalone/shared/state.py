"""What mocks in several processes keep between calls, in one Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from uuid import uuid4

from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.standalone.shared.calls import RedisRecorder
from pytest_mockopenai.standalone.shared.collections import RedisStore
from pytest_mockopenai.standalone.shared.link import Link
from pytest_mockopenai.standalone.shared.script import RedisScript
from pytest_mockopenai.standalone.shared.scripts import Lua
from pytest_mockopenai.standalone.shared.written import written_script
from pytest_mockopenai.state import SEEN, Mark, Taking

_RESET = (
    *("numbers", "script", "rules", "collections"),  # in the order in which `Lua.RESET` names them
    *("calls", "ended", "usage", "seen", "seen:old", "clock", "contents"),
)


class RedisState:
    """A `state.State` that all mocks with the same Redis and prefix share."""

    def __init__(
        self, link: Link, *, record_limit: int = 10_000, record_bytes: int = 256 * 2**20, remembered: int = SEEN
    ) -> None:
        self._link = link
        self._script = RedisScript(link, remembered)
        self.store = RedisStore(link)
        self.recorder = RedisRecorder(link, record_limit, record_bytes)
        self.seen = self._script.seen  # one call less on the way of each request
        self.where = link.where
        self._clock = link.key("clock")

    @property
    def script(self) -> Script:
        """The rules and the words they still have."""
        return self._script.look().left

    def has(self, script: Script) -> bool:
        """Never: others may have changed it."""
        return False

    def take(self, taking: Taking) -> Word | None:
        """The word for the request that this thread counted last."""
        return self._script.take(taking)

    def change(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one; see `state.State.change`.

        Raises `CannotCross` (a ValueError) for a rule with `where=`.
        """
        self._script.change(change, mark)

    @property
    def clock_setting(self) -> ClockSetting:
        """How the clock of all of them shows time."""
        return _read_clock(self._link.ask(lambda redis: redis.get(self._clock)))

    def set_clock(self, change: Callable[[ClockSetting], ClockSetting]) -> None:
        """Put the changed setting in the place of the present one."""
        while True:
            before = self._link.ask(lambda redis: redis.get(self._clock)) or b""
            after = json.dumps(asdict(change(_read_clock(before))))
            if self._link.run(Lua.REPLACE, (self._clock,), before, after, self._link.ttl):
                return

    def reset(self) -> None:
        """Forget all of it, for all who share it."""
        names = (
            "numbers",
            "script",
            "rules",
            "collections",
            "calls",
            "ended",
            "usage",
            "seen",
            "seen:old",
            "clock",
            "contents",
        )
        keys = [self._link.key(name) for name in names]
        arguments = self._link.key(), uuid4().hex, written_script(Script()), self._link.ttl
        self._link.run(Lua.RESET, keys, *arguments)

    def close(self) -> None:
        """Close the connections; what was kept stays for the others."""
        self._link.close()


def _read_clock(text: bytes | None) -> ClockSetting:
    return ClockSetting(**json.loads(text)) if text else REAL_TIME
