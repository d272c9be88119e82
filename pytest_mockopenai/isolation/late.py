"""Says when modules get imported later, without importing any."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["on_import"]

Then = Callable[[], None]


@contextmanager
def on_import(names: Iterable[str], then: Then) -> Iterator[None]:
    """While on, call `then` after each import of one of the modules that were not there at the start."""
    missing = frozenset(name for name in names if name not in sys.modules)
    if not missing:
        yield
        return
    finder = _Finder(missing, then)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in (sys.meta_path or ()):  # None while the interpreter shuts down
            sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def __init__(self, names: frozenset[str], then: Then) -> None:
        self._names = names
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        spec = self._found(fullname, path, target)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self._then)
        return spec

    def _found(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        """What the finders after this one find; those before it had their turn."""
        finders = sys.meta_path
        after = finders[finders.index(self) + 1 :] if self in finders else []
        specs = (finder.find_spec(fullname, path, target) for finder in after if hasattr(finder, "find_spec"))
        return next((spec for spec in specs if spec is not None), None)


class _Loader(Loader):
    def __init__(self, inner: Any, then: Then) -> None:
        self._inner = inner
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._inner.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module shall see its own loader: readers of its source and data ask it.
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        self._inner.exec_module(module)
        self._then()
