"""What a mock keeps between calls: collections of JSON objects, and bytes, in memory, bounded; it is no database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_mockopenai.core import endpoint, errors
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.unread import Unread

CONTENT_LIMIT = 512 * 2**20
"""Bytes that the contents of a store may have together."""


class Collection:
    """Objects by id, oldest first; past `limit` objects the oldest is forgotten. Safe to use from many threads.

    Objects are handed out as they were put, not copied: to change one, put another in its place with `update`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, JSON | Unread] = {}
        self._limit = limit

    def put(self, id_: str, item: JSON | Unread) -> None:
        """Keep an object; one of the same id is replaced, and the new one takes its place in the order."""
        with self._lock:
            self._keep(id_, item)

    def _keep(self, id_: str, item: JSON | Unread) -> None:
        self._items[id_] = item
        if len(self._items) > self._limit:
            del self._items[next(iter(self._items))]

    def _read(self, id_: str) -> JSON | None:
        item = self._items.get(id_)
        if isinstance(item, Unread):
            read: JSON = item.read()
            self._items[id_] = read
            return read
        return item

    def get(self, id_: str) -> JSON | None:
        """The object, or None if it was never put, was deleted or is forgotten."""
        with self._lock:
            return self._read(id_)

    def update(self, id_: str, change: Callable[[JSON], JSON], *, first: JSON | None = None) -> JSON | None:
        """Replace the object by what `change` makes of it, or of `first` if there is none; returns that, or None."""
        with self._lock:  # no other call comes between reading and writing, so a deleted object stays deleted
            before = self._read(id_) if id_ in self._items else first
            if before is None:
                return None
            changed = change(before)
            self._keep(id_, changed)
            return changed

    def delete(self, id_: str) -> bool:
        """Forget an object; returns whether there was one."""
        with self._lock:
            return self._items.pop(id_, None) is not None

    def all(self) -> list[JSON]:
        """All objects, oldest first."""
        with self._lock:
            return [item for id_ in self._items if (item := self._read(id_)) is not None]


class Contents:
    """Bytes by id, at most `limit` of them together. Safe to use from many threads."""

    def __init__(self, limit: int = CONTENT_LIMIT) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, bytes] = {}
        self._limit = self._left = limit

    def put(self, id_: str, data: bytes) -> None:
        """Keep bytes, in the place of those of the same id; raises `Refused` if there is no room for them."""
        with self._lock:
            left = self._left + len(self._items.get(id_, b"")) - len(data)
            if left < 0:
                raise Refused(errors.no_room(self._limit))
            self._items[id_], self._left = data, left

    def get(self, id_: str) -> bytes | None:
        """The bytes, or None if they were never put or are deleted."""
        with self._lock:
            return self._items.get(id_)

    def delete(self, id_: str) -> bool:
        """Forget bytes; returns whether there were any."""
        with self._lock:
            data = self._items.pop(id_, None)
            self._left += len(data or b"")
            return data is not None


class Store:
    """The contents, and the collections of one mock by name. Safe to use from many threads."""

    def __init__(self, limit: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._collections: dict[str, Collection] = {}
        self.contents: endpoint.Contents = Contents()
        self._limit = limit

    def collection(self, name: str) -> Collection:
        """The collection of this name: the same one at each call."""
        with self._lock:
            if name not in self._collections:
                self._collections[name] = Collection(self._limit)
            return self._collections[name]
