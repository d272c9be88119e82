"""Calls and their usage in Redis: those of all workers, in the order in which they were answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, get_args

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.usage import Method, Usage
from pytest_mockopenai.recorder import Call, Ended, Entry
from pytest_mockopenai.standalone.shared.link import Link
from pytest_mockopenai.standalone.shared.scripts import Lua
from pytest_mockopenai.standalone.shared.written import read, written

_LOG = logging.getLogger("pytest_mockopenai")
_METHODS: tuple[Method, ...] = get_args(Method)
_SEPARATOR = "\0"


class RedisRecorder:
    """Keeps the last calls and the usage of all of them, as `recorder.Recorder` does.

    At most `limit` calls are kept, and no more than `room` bytes of their JSON (but always the last one).
    """

    def __init__(self, link: Link, limit: int = 10_000, room: int = 256 * 2**20) -> None:
        self._link = link
        self._limit = limit
        self._room = room
        self._numbers, self._calls, self._ended, self._usage = (
            link.key(name) for name in ("numbers", "calls", "ended", "usage")
        )

    def add(self, entry: Entry) -> None:
        """Keep a call, and number it."""
        keys = (self._numbers, self._calls, self._ended, self._usage)
        sums = _sums(entry.model, entry.usage) if entry.usage else ()
        text = written(entry.call())
        entry.index = int(self._link.run(Lua.ADD, keys, text, self._limit, self._room, self._link.ttl, *sums))

    def end(self, entry: Entry, ended: Ended, finished: float) -> None:
        """Note how and when (Unix time) an exchange ended; nothing if the call is no longer kept.

        The reply is on its way by then, so a store that cannot be reached makes no difference to it.
        """
        entry.end(ended, finished)
        try:
            self._link.run(Lua.END, (self._calls, self._ended), entry.index, f"{ended} {finished!r}", self._link.ttl)
        except Refused as refused:
            _LOG.warning("How call %d ended (%s) is not noted: %s", entry.index, ended, refused)

    def revise(self, entry: Entry, response: Any, usage: Usage | None) -> None:
        """Put another response and usage in the place of a call's; the sums of one no longer kept stay."""
        entry.revise(response, usage)
        try:
            while not self._revised(entry.index, response, usage):
                pass
        except Refused as refused:
            _LOG.warning("What call %d came to is not noted: %s", entry.index, refused)

    def _revised(self, index: int, response: Any, usage: Usage | None) -> bool:
        before = self._link.ask(lambda redis: redis.hget(self._calls, str(index)))
        if before is None:
            return True
        call = read(Call, before)
        after = written(replace(call, response=response, usage=usage))
        sums = _counts(call.model, (usage or Usage()).less(call.usage or Usage()))
        return bool(self._link.run(Lua.REVISE, (self._calls, self._usage, self._numbers), index, before, after, *sums))

    @property
    def count(self) -> int:
        """How many calls there were, those no longer kept included."""
        count, base = self._link.ask(lambda redis: redis.hmget(self._numbers, ["count", "base"]))
        return int(count or 0) - int(base or 0)

    def calls(self) -> tuple[Call, ...]:
        """The calls kept, oldest first."""
        calls, ended, base = self._link.together(
            lambda pipeline: (
                pipeline.hgetall(self._calls),
                pipeline.hgetall(self._ended),
                pipeline.hget(self._numbers, "base"),
            )
        )
        return tuple(
            replace(read(Call, calls[index]), index=int(index) - int(base or 0), **_ending(ended.get(index)))
            for index in sorted(calls, key=int)
        )

    def usage(self) -> dict[str, Usage]:
        """The usage of all calls, by model."""
        found: dict[str, dict[str, Any]] = {}
        for key, value in self._link.ask(lambda redis: redis.hgetall(self._usage)).items():
            model, _, name = key.decode("utf-8", "surrogatepass").rpartition(_SEPARATOR)
            number = int(value)
            found.setdefault(model, {})[name] = _METHODS[number] if name.endswith("_method") else number
        return {model: Usage(**given) for model, given in sorted(found.items())}

    def clear(self) -> None:
        """Forget everything; numbering goes on, so a call still open finds itself gone."""
        self._link.run(Lua.CLEAR, (self._numbers, self._calls, self._ended, self._usage), self._link.ttl)


def _ending(noted: bytes | None) -> dict[str, Any]:
    """How and when a call ended, as it was noted; nothing of one that is open."""
    ended, _, finished = (noted or b"").decode().partition(" ")
    return {"ended": ended, "finished": float(finished)} if ended else {}


def _sums(model: str, usage: Usage) -> Iterator[bytes | int]:
    """What the sums of a model grow by: counts, and how sure the least sure of them is."""
    yield from _counts(model, usage)
    for name in ("prompt_method", "completion_method"):
        yield _name(model, name)
        yield _METHODS.index(getattr(usage, name))


def _counts(model: str, usage: Usage) -> Iterator[bytes | int]:
    for name in (field.name for field in fields(usage) if field.name.endswith("_tokens")):
        yield _name(model, name)
        yield getattr(usage, name)


def _name(model: str, name: str) -> bytes:
    return f"{model}{_SEPARATOR}{name}".encode("utf-8", "surrogatepass")
