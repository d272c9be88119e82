"""Attributes of modules, replaced while somebody needs it and put back exactly; imports none of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

from .late import on_import

__all__ = ["Patches", "Point", "Stack"]

T = TypeVar("T")
Make = Callable[[Any], Any]

_ABSENT: Any = object()
_MARK = "_mockopenai_replacement"


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One attribute: `make` gets what stands there and returns what to put there.

    What `make` returns must behave as the original when nothing is on: another tool that saved it may put
    it back later. Where nothing stands nothing is put, unless the point `adds`; then `make` gets None.
    """

    module: str
    path: str
    make: Make
    adds: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    owner: Any
    name: str
    before: Any
    replacement: Any

    def undo(self) -> None:
        # If another tool patched over ours, the place is that tool's to put back.
        if vars(self.owner).get(self.name) is not self.replacement:
            return
        if self.before is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.before)


class Patches:
    """A set of points, in place from the first `on` to the last `off`; any thread may call both."""

    __slots__ = ("_lock", "_made", "_placed", "_points", "_users")

    def __init__(self, points: tuple[Point, ...]) -> None:
        self._points = points
        self._placed: dict[Point, _Placed] = {}
        self._made: dict[Point, _Placed] = {}
        self._users = 0
        self._lock = threading.RLock()

    @property
    def active(self) -> bool:
        """Whether somebody is on."""
        return self._users > 0

    @contextmanager
    def on(self) -> Iterator[None]:
        """Place each point as soon as its module is loaded; the last one to leave undoes them, last first."""
        with self._lock:
            self._users += 1
        try:
            self._place_all()
            with on_import((point.module for point in self._points), self._place_all):
                yield
        finally:
            self._leave()

    def _place_all(self) -> None:
        with self._lock:
            if self._users:
                for point in self._points:
                    self._place(point)

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            while not self._users and self._placed:
                self._placed.popitem()[1].undo()

    def _place(self, point: Point) -> None:
        if point in self._placed:
            return
        owner, name = _owner(point)
        if owner is not None and (point.adds or hasattr(owner, name)):
            placed = _placed(point, owner, name, self._made.get(point))
            setattr(owner, name, placed.replacement)
            self._placed[point] = self._made[point] = placed


class Stack(Generic[T]):
    """What is on, the innermost last: `entries` may be read by any thread without a lock."""

    __slots__ = ("_lock", "entries")

    def __init__(self) -> None:
        self.entries: tuple[T, ...] = ()
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, entry: T) -> Iterator[T]:
        """Put `entry` on top, and take that very one away on leaving, wherever it is then."""
        with self._lock:
            self.entries = (*self.entries, entry)
        try:
            yield entry
        finally:
            with self._lock:
                self.entries = tuple(each for each in self.entries if each is not entry)


def _owner(point: Point) -> tuple[Any, str]:
    module = sys.modules.get(point.module)
    owner: Any = module if isinstance(module, ModuleType) else None  # a test may have put a stub there
    *parents, name = point.path.split(".")
    for parent in parents:
        owner = getattr(owner, parent, None)
    return owner, name


def _placed(point: Point, owner: Any, name: str, made: _Placed | None) -> _Placed:
    standing = vars(owner).get(name, _ABSENT)
    if made is not None and made.owner is owner and made.before is standing:
        return made
    marked = getattr(standing, _MARK, None)
    # Ours of an earlier time, put back by another tool. A wrapper made with functools.wraps has a copy of
    # our mark, but is not the function that the mark names.
    if isinstance(marked, _Placed) and marked.replacement is standing:
        return marked
    replacement = point.make(getattr(owner, name, None))
    placed = _Placed(owner, name, standing, replacement)
    setattr(replacement, _MARK, placed)
    return placed
