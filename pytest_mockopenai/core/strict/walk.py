"""Goes through the schemas inside a schema as OpenAI does, naming their places as its messages do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEFINITIONS = ("$defs", "definitions")
_CHOICES = ("anyOf", "oneOf", "allOf")
_HOLDERS: dict[str, str | None] = {
    "properties": "object",
    "additionalProperties": "object",
    "items": "array",
    **dict.fromkeys((*_CHOICES, *_DEFINITIONS)),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The steps to a schema from the one around it; chained, so that deep nesting costs no more than flat."""

    steps: tuple[str, ...] = ()
    above: Place | None = None

    def context(self) -> tuple[str, ...]:
        """All steps from the root, as in `('properties', 'a', 'items')`."""
        found: list[tuple[str, ...]] = []
        place: Place | None = self
        while place is not None:
            found.append(place.steps)
            place = place.above
        return tuple(step for steps in reversed(found) for step in steps)


@dataclass(frozen=True, slots=True)
class Node:
    """A schema inside another: where it is, how deep, and for which one of its types.

    `again`: it has been there for another of its types.
    """

    place: Place
    schema: Mapping[str, Any]
    level: int
    kind: Any
    again: bool

    def says(self, problem: str) -> str:
        """The problem with its place."""
        return f"In context={self.place.context()!r}, {problem}"


def nodes(root: Mapping[str, Any]) -> Iterator[Node]:
    """Each schema before those inside it; one with several types once for each (campfirein/byterover-cli#42).

    Definitions are named as if each were a root of its own (livekit/agents#5302).
    """
    stack: list[tuple[Place, Any, int]] = [(Place(), root, 0)]
    while stack:
        place, schema, level = stack.pop()
        if not isinstance(schema, Mapping):
            continue
        places = _places(place, schema.get("type"))
        for index, (own, kind) in enumerate(places):
            yield Node(own, schema, level, kind, index > 0)
        located = [_located(places, level, *found) for found in inner(schema)]
        stack.extend(reversed(located))


def inner(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any, str | None]]:
    """The schemas inside, each with the steps to it and the type of value whose inside it describes."""
    for keyword, owner in _HOLDERS.items():
        value = schema.get(keyword)
        if isinstance(value, Mapping) and keyword in ("properties", *_DEFINITIONS):
            yield from (((keyword, str(name)), within, owner) for name, within in value.items())
        elif isinstance(value, list) and keyword in _CHOICES:
            yield from (((keyword, str(index)), within, owner) for index, within in enumerate(value))
        elif keyword in ("items", "additionalProperties") and keyword in schema:
            yield (keyword,), value, owner


def _places(place: Place, kinds: Any) -> list[tuple[Place, Any]]:
    if not isinstance(kinds, list) or not kinds:
        return [(place, kinds)]
    return [(Place(("type", str(index)), place), kind) for index, kind in enumerate(kinds)]


def _located(
    places: list[tuple[Place, Any]], level: int, steps: tuple[str, ...], schema: Any, owner: str | None
) -> tuple[Place, Any, int]:
    if steps[0] in _DEFINITIONS:
        return Place(), schema, 0
    around = next((place for place, kind in places if kind == owner), places[0][0])
    return Place(steps, around), schema, level + (owner is not None)
