"""The operations of the installed openai package by path; a resource file is parsed when a request first needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from pytest_mockopenai.contract.derived.library import Source, sources
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.derived.reading import operations_of
from pytest_mockopenai.core.routes import parameters_last, segments_of, values_in

_PARAMETER = re.compile(r"\{[^}]*\}")


def all_operations() -> tuple[Operation, ...]:
    """Every operation, in the order of the files; for listings, since it parses them all (most of a second)."""
    return tuple(operation for source in sources() for operation in operations_of(source))


def paths() -> frozenset[str]:
    """Every path, with its parameters in braces; no file is parsed for them."""
    return frozenset(path for source in sources() for path in source.paths)


def normal(path: str) -> str:
    """A path with nameless parameters: the same for all who name them differently."""
    return _PARAMETER.sub("{}", path)


@lru_cache(maxsize=1024)
def matching(path: str) -> tuple[tuple[Operation, Mapping[str, str]], ...]:
    """The operations of a request's path with the values in it, those first whose path says more of it literally."""
    return tuple(_matching(path))


def _matching(path: str) -> Iterator[tuple[Operation, Mapping[str, str]]]:
    segments = segments_of(path)
    for template in _templates().get(len(segments), ()):
        if values_in(segments_of(template), path) is None:
            continue
        for operation in at(template):
            values = values_in(operation.segments, path)
            if values is not None:
                yield operation, values


@cache
def at(path: str) -> tuple[Operation, ...]:
    """The operations of a path that is written with parameters, whatever those are called."""
    wanted = normal(path)
    found = (operation for source in _by_path().get(wanted, ()) for operation in operations_of(source))
    return tuple(operation for operation in found if normal(operation.path) == wanted)


@cache
def _by_path() -> Mapping[str, tuple[Source, ...]]:
    table: dict[str, dict[Source, None]] = {}
    for source in sources():
        for path in source.paths:
            table.setdefault(normal(path), {})[source] = None
    return {path: tuple(found) for path, found in table.items()}


@cache
def _templates() -> Mapping[int, tuple[str, ...]]:
    """The paths by their number of segments, literal ones first."""
    table: dict[int, list[str]] = {}
    for path in _in_order(_named(path) for path in _by_path()):
        table.setdefault(len(segments_of(path)), []).append(path)
    return {length: tuple(found) for length, found in table.items()}


def _in_order(found: Iterable[str]) -> list[str]:
    return sorted(found, key=lambda path: parameters_last(segments_of(path)))


def _named(path: str) -> str:
    """A path whose nameless parameters have a name again, which a match needs."""
    numbers = iter(range(path.count("{}")))
    return re.sub(r"\{\}", lambda _: f"{{p{next(numbers)}}}", path)
