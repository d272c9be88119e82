"""What a mock keeps between calls, behind one seam: in memory, unless several mocks are to share it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from pytest_mockopenai.core.clock import REAL_TIME, ClockSetting
from pytest_mockopenai.core.endpoint import Store
from pytest_mockopenai.core.recent import Recent
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Call, Ended, Entry, Recorder
from pytest_mockopenai.store import Store as LocalStore

SEEN = 30_000
"""Requests at least whose repetitions are counted; those longest not seen are forgotten first."""

Mark: TypeAlias = tuple[str, str]
"""A part of the script, and what it is changed to: both names that whoever changes it chooses."""

Taking: TypeAlias = Callable[[Script], "tuple[Word | None, Script]"]
"""Takes a word: from a script to the word, or None, and the script after it; the same script if no word is used up."""


class Recording(Protocol):
    """Keeps the last calls and the usage of all of them; see `recorder.Recorder`."""

    def add(self, entry: Entry) -> None:
        """Keep a call, and number it."""
        ...

    def end(self, entry: Entry, ended: Ended, finished: float) -> None:
        """Note how and when (Unix time) an exchange ended."""
        ...

    def revise(self, entry: Entry, response: Any, usage: Usage | None) -> None:
        """Put another response and usage in the place of a call's; the sums of one no longer kept stay."""
        ...

    @property
    def count(self) -> int:
        """How many calls there were, those no longer kept included."""
        ...

    def calls(self) -> tuple[Call, ...]:
        """The calls kept, oldest first."""
        ...

    def usage(self) -> dict[str, Usage]:
        """The usage of all calls, by model."""
        ...

    def clear(self) -> None:
        """Forget everything; numbering goes on, so a call still open finds itself gone."""
        ...


class State(Protocol):
    """What a mock keeps between calls. Safe to use from many threads.

    One that is kept elsewhere raises `Refused` with `errors.state_unavailable` whenever it cannot be reached.
    """

    @property
    def store(self) -> Store:
        """The objects that were stored."""
        ...

    @property
    def recorder(self) -> Recording:
        """The calls."""
        ...

    @property
    def script(self) -> Script:
        """The rules and the words they still have."""
        ...

    def has(self, script: Script) -> bool:
        """Whether this very script is known to be still the present one, without asking anybody."""
        ...

    def seen(self, key: int) -> int:
        """How often this request has been counted, this time included."""
        ...

    def take(self, taking: Taking) -> Word | None:
        """The word for the request that this thread counted last. `taking` may be called more than once."""
        ...

    def change(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one. `change` may be called more than once.

        Of mocks that share this state and make a change of the same mark one after another, only the first makes it:
        workers that read the same stubs file do not each begin its sequences anew.
        """
        ...

    @property
    def clock_setting(self) -> ClockSetting:
        """How the clock shows time."""
        ...

    def set_clock(self, change: Callable[[ClockSetting], ClockSetting]) -> None:
        """Put the changed setting in the place of the present one. `change` may be called more than once."""
        ...

    def reset(self) -> None:
        """Forget all of it; the clock shows real time."""
        ...


class LocalState:
    """In memory, for one mock."""

    def __init__(self, record_limit: int = 10_000, record_bytes: int = 256 * 2**20) -> None:
        self._limits = record_limit, record_bytes
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all of it; a call still open keeps what it began with."""
        with self._lock:
            self.store: Store = LocalStore()
            self.recorder: Recording = Recorder(*self._limits)
            self.script = Script()
            self.clock_setting = REAL_TIME
            self._seen: Recent[int, int] = Recent(SEEN)

    def has(self, script: Script) -> bool:
        """Whether this very script is still the present one."""
        return script is self.script

    def seen(self, key: int) -> int:
        """How often this request has been counted, this time included."""
        with self._lock:
            count = (self._seen.get(key) or 0) + 1
            self._seen.put(key, count)
        return count

    def take(self, taking: Taking) -> Word | None:
        """The word for a call. Rules are tried without the lock: a `where=` function may itself script the mock."""
        while True:
            script = self.script
            if not script.rules:
                return None
            word, after = taking(script)
            if after is script is self.script:
                return word
            with self._lock:
                if self.script is script:  # else another call or the test was faster: try again on what is left
                    self.script = after
                    return word

    def change(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one; nobody shares it, so marks make no difference."""
        with self._lock:
            self.script = change(self.script)

    def set_clock(self, change: Callable[[ClockSetting], ClockSetting]) -> None:
        """Put the changed setting in the place of the present one."""
        with self._lock:
            self.clock_setting = change(self.clock_setting)
