"""Stored objects in Redis: collections of JSON objects, bounded, oldest first; and bytes."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mockopenai.core import errors, jsontext
from pytest_mockopenai.core.endpoint import JSON, Contents
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.standalone.shared.link import Link
from pytest_mockopenai.standalone.shared.scripts import Lua
from pytest_mockopenai.store import CONTENT_LIMIT

LIMIT = 10_000
"""Objects of one collection; past it the oldest is forgotten."""


class RedisCollection:
    """Objects by id, as `core.endpoint.Collection` says; the same ones for all who share the Redis."""

    def __init__(self, link: Link, name: str, limit: int = LIMIT) -> None:
        self._link = link
        self._name = name
        self._limit = limit
        self._items = link.key("items", name)
        self._order = link.key("order", name)

    def put(self, id_: str, item: JSON | Unread) -> None:
        """Keep an object; one of the same id is replaced, and the new one takes its place in the order."""
        self._put(id_, item)

    def get(self, id_: str) -> JSON | None:
        """The object, or None if it was never put, was deleted or is forgotten."""
        found = self._link.ask(lambda redis: redis.hget(self._items, _id(id_)))
        return None if found is None else jsontext.loads(found)

    def update(self, id_: str, change: Callable[[JSON], JSON], *, first: JSON | None = None) -> JSON | None:
        """Replace the object by what `change` makes of it, or of `first` if there is none; returns that, or None.

        `change` is called again, with what the object is then, if another worker was faster.
        """
        while True:
            kept = self._link.ask(lambda redis: redis.hget(self._items, _id(id_)))
            before = first if kept is None else jsontext.loads(kept)
            if before is None:
                return None
            changed = change(before)
            if self._put(id_, changed, (b"" if kept is None else kept,)):
                return changed

    def _put(self, id_: str, item: JSON | Unread, known: tuple[bytes, ...] = ()) -> bool:
        """Keep an object; not if something else is there by now than what is `known` (empty: nothing)."""
        keys = (self._items, self._order, self._link.key("numbers"), self._link.key("collections"))
        text = item.text if isinstance(item, Unread) else jsontext.dumps(item)
        return bool(self._link.run(Lua.PUT, keys, self._name, _id(id_), text, self._limit, self._link.ttl, *known))

    def delete(self, id_: str) -> bool:
        """Forget an object; returns whether there was one."""
        gone, _ = self._link.together(
            lambda pipeline: (pipeline.hdel(self._items, _id(id_)), pipeline.zrem(self._order, _id(id_)))
        )
        return bool(gone)

    def all(self) -> list[JSON]:
        """All objects, oldest first."""
        order, items = self._link.together(
            lambda pipeline: (pipeline.zrange(self._order, 0, -1), pipeline.hgetall(self._items))
        )
        return [jsontext.loads(items[id_]) for id_ in order]


class RedisContents:
    """Bytes by id, as `core.endpoint.Contents` says; the same ones for all who share the Redis."""

    def __init__(self, link: Link, limit: int = CONTENT_LIMIT) -> None:
        self._link = link
        self._limit = limit
        self._keys = link.key("contents"), link.key("numbers")

    def put(self, id_: str, data: bytes) -> None:
        """Keep bytes, in the place of those of the same id; raises `Refused` if there is no room for them."""
        if not self._link.run(Lua.PUT_CONTENT, self._keys, _id(id_), data, self._limit, self._link.ttl):
            raise Refused(errors.no_room(self._limit))

    def get(self, id_: str) -> bytes | None:
        """The bytes, or None if they were never put or are deleted."""
        found: bytes | None = self._link.ask(lambda redis: redis.hget(self._keys[0], _id(id_)))
        return found

    def delete(self, id_: str) -> bool:
        """Forget bytes; returns whether there were any."""
        return bool(self._link.run(Lua.DELETE_CONTENT, self._keys, _id(id_)))


class RedisStore:
    """The contents, and the collections by name."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.contents: Contents = RedisContents(link)

    def collection(self, name: str) -> RedisCollection:
        """The collection of this name: the same objects at each call."""
        return RedisCollection(self._link, name)


def _id(id_: str) -> bytes:
    """Ids come from clients' paths too, so they may hold anything."""
    return id_.encode("utf-8", "surrogatepass")
