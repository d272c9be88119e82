"""Finds a value for schemas that hold together: decides what they leave open, builds, checks, and goes back if need be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mockopenai.core.schema import arrays, numeric, objects, text
from pytest_mockopenai.core.schema.check import conforms, consequence
from pytest_mockopenai.core.schema.choices import Decided, next_choice, ordered, refused
from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.heights import Heights
from pytest_mockopenai.core.schema.parts import TYPES, Part, canon, types, values
from pytest_mockopenai.core.schema.trouble import TooMuch, Unsatisfiable
from pytest_mockopenai.core.seed import Draw

_DEEPEST = 40
_AGAIN = 2
_COMFORT = 8_000
_TRIES = 6
_CHECKED = ("not", "oneOf", "if", "maxContains", "unevaluatedProperties", "unevaluatedItems")
_TELLING = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_QUICKEST = ("string", "number", "integer", "boolean", "null", "array", "object")


@dataclass(frozen=True, slots=True)
class Want:
    """A value that is wanted: its name (of the property it is for), and the values it must not be."""

    draw: Draw
    name: str = ""
    taken: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class _State:
    parts: Parts
    decided: Decided = frozenset()
    attempt: int = 0


@dataclass(slots=True)
class Solver:
    """The search over one document; `lean` asks for the smallest values, with nothing in them that may be left out."""

    document: Document
    lean: bool
    heights: Heights
    _entered: Counter[int] = field(default_factory=Counter)
    _depth: int = 0

    def make(self, parts: Parts, want: Want) -> Any:
        """A value for the schemas; raises `Unsatisfiable` with the first thing that stood in the way."""
        if self._depth >= _DEEPEST:
            raise Unsatisfiable(parts[0].path, f"a value would have to be nested deeper than {_DEEPEST} levels")
        self._depth += 1
        try:
            return self._search(parts, want)
        finally:
            self._depth -= 1

    def recurs(self, parts: Parts) -> bool:
        """Whether these schemas are being worked on already, so often that it is time to come to an end."""
        try:
            plain = self.document.flat(parts)
        except TooMuch:
            raise
        except Unsatisfiable:
            return False
        return any(self._entered[id(part.schema)] >= _AGAIN for part in plain)

    def _search(self, parts: Parts, want: Want) -> Any:
        stack, trouble = [_State(parts)], None
        while stack:
            state = stack.pop()
            try:
                plain = self.document.flat(state.parts) or (Part({}, parts[0].path if parts else "#"),)
                following = self._branches(plain, state, want)
                if following is None:
                    return self._settled(plain, state, want)
                stack.extend(reversed(following))
            except _Again as again:
                stack.append(again.state)
            except TooMuch:
                raise
            except Unsatisfiable as error:
                trouble = trouble or error
        raise trouble or Unsatisfiable(parts[0].path, "there is nothing to choose from")
