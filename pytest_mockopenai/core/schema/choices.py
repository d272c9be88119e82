"""The decisions that a schema leaves open (`anyOf`, `oneOf`, ...), and in which order to try the options."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.heights import Heights
from pytest_mockopenai.core.schema.parts import (
    Part,
    canon,
    dependents,
    one,
    several,
    strings,
    types,
    values,
)
from pytest_mockopenai.core.seed import Draw

Decided = frozenset[tuple[int, str]]

_FEW = 50
_OPEN = ("anyOf", "oneOf", "dependentSchemas", "dependencies")
_NOTES = frozenset(("title", "description", "$comment", "examples", "default", "deprecated"))


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision: its key, and for each option the schemas that it adds."""

    key: tuple[int, str]
    options: tuple[Parts, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """What `not` rules out at first sight: types, values, and properties that must not be there together."""

    types: frozenset[str]
    values: frozenset[Hashable]
    together: tuple[tuple[str, ...], ...]


_NOTHING = Refused(frozenset(), frozenset(), ())


def next_choice(parts: Parts, decided: Decided, document: Document) -> Choice | None:
    """The first decision that is still open; None if there is none."""
    for part in parts:
        for keyword, options in _open(part, document) if part.has(*_OPEN) else ():
            key = (id(part.schema), keyword)
            if key not in decided:
                return Choice(key, options)
    return None


def ordered(choice: Choice, draw: Draw, heights: Heights, *, lean: bool) -> tuple[Parts, ...]:
    """The options, the best first: lean ones go by how soon they end, others by the draw, null last.

    Any number comes before any text: so pydantic offers a `Decimal`.
    """
    count = len(choice.options)
    if lean:
        return tuple(sorted(choice.options, key=lambda option: _height(option, heights)))
    start = draw.integer(0, count - 1) if count else 0
    numeric = any(option[0].words.get("type") == "number" for option in choice.options)

    def last(option: Parts) -> tuple[bool, bool]:
        return _is_null(option), numeric and _is_bare(option, "string")

    return tuple(sorted(choice.options[start:] + choice.options[:start], key=last))


def refused(parts: Parts) -> Refused:
    """What the `not` of these schemas rules out at first sight; the rest is found by checking."""
    if not any(part.has("not") for part in parts):
        return _NOTHING
    names: set[str] = set()
    banned: set[Hashable] = set()
    together: list[tuple[str, ...]] = []
    for other in _negated(parts):
        listed = values(other)
        said = set(other.words) - _NOTES
        if said == {"type"}:
            names |= types(other)
        elif said <= {"const", "enum", "type"} and listed is not None:
            banned |= {canon(value) for value in listed}
        elif said <= {"required", "type"} and "required" in said:
            together.append(strings(other, "required"))
    return Refused(frozenset(names), frozenset(banned), tuple(together))


def _negated(parts: Parts) -> list[Part]:
    found = [other for part in parts if (other := one(part, "not")) is not None]
    return found + [option for other in found for option in several(other, "anyOf")]


def _open(part: Part, document: Document) -> list[tuple[str, tuple[Parts, ...]]]:
    found: list[tuple[str, tuple[Parts, ...]]] = []
    if part.has("anyOf"):
        found.append(("anyOf", tuple((option,) for option in several(part, "anyOf"))))
    if part.has("oneOf"):
        found.append(("oneOf", _exclusive(part, document)))
    for name, schema in dependents(part).items():
        found.append((f"dependent {name}", _dependent(part, name, schema, document)))
    return found


def _exclusive(part: Part, document: Document) -> tuple[Parts, ...]:
    """Each option together with the refusal of all others, unless they are many: then only checking tells."""
    options = several(part, "oneOf")
    if not 1 < len(options) <= _FEW:
        return tuple((option,) for option in options)

    def without(index: int) -> dict[str, Any]:
        return {"not": {"anyOf": [other.schema for place, other in enumerate(options) if place != index]}}

    return tuple(
        (option, document.derived(part, f"oneOf {index}", partial(without, index)))
        for index, option in enumerate(options)
    )


def _dependent(part: Part, name: str, schema: Part, document: Document) -> tuple[Parts, ...]:
    """Either the property is there and brings its schema along, or it is not there."""
    there = document.derived(part, f"with {name}", lambda: {"required": [name]})
    absent = document.derived(part, f"without {name}", lambda: {"properties": {name: False}})
    return (there, schema), (absent,)


def _height(option: Parts, heights: Heights) -> float:
    return max(heights.of(part) for part in option)


def _is_null(option: Parts) -> bool:
    words = option[0].words
    return words.get("type") == "null" or words.get("const", "") is None


def _is_bare(option: Parts, kind: str) -> bool:
    """Whether an option says nothing but its type."""
    words = option[0].words
    return words.get("type") == kind and words.keys() <= _NOTES | {"type"}
