"""What mocks in several processes keep between calls, in one Redis."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.standalone.shared.calls import RedisRecorder
from pytest_mockopenai.standalone.shared.collections import RedisStore
from pytest_mockopenai.standalone.shared.link import Link
from pytest_mockopenai.standalone.shared.script import RedisScript
from pytest_mockopenai.standalone.shared.scripts import Lua
from pytest_mockopenai.standalone.shared.written import written_script
from pytest_mockopenai.state import SEEN, Mark, Taking


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

    @property
    def script(self) -> Script:
        """The rules and the words they still have."""
        return self._script.look().left

    def take(self, taking: Taking) -> Word | None:
        """The word for the request that this thread counted last."""
        return self._script.take(taking)

    def change(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one; see `state.State.change`.

        Raises `CannotCross` (a ValueError) for a rule with `where=`.
        """
        self._script.change(change, mark)

    def reset(self) -> None:
        """Forget all of it, for all who share it."""
        names = ("numbers", "script", "rules", "collections", "calls", "ended", "usage", "seen", "seen:old")
        keys = [self._link.key(name) for name in names]
        arguments = self._link.key(), uuid4().hex, written_script(Script()), self._link.ttl
        self._link.run(Lua.RESET, keys, *arguments)

    def close(self) -> None:
        """Close the connections; what was kept stays for the others."""
        self._link.close()
