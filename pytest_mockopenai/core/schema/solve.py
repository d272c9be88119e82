"""Finds a value for schemas that hold together: decides what they leave open, builds, checks, tries again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mockopenai.core.schema import arrays, numeric, objects, text
from pytest_mockopenai.core.schema.check import conforms, consequence
from pytest_mockopenai.core.schema.choices import Decided, Refused, next_choice, ordered, refused
from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.heights import Heights
from pytest_mockopenai.core.schema.parts import TYPES, Part, canon, shown, types, values
from pytest_mockopenai.core.schema.trouble import Unsatisfiable
from pytest_mockopenai.core.schema.want import Want

_DEEPEST = 32
_AGAIN = 2
_TRIES = 6
_CHECKED = ("not", "oneOf", "if", "maxContains")
_HINTS = ("default", "examples", "example")
_TELLING = {
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
    ),
    "array": ("items", "prefixItems", "contains", "minItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


@dataclass(frozen=True, slots=True)
class _State:
    parts: Parts
    decided: Decided = frozenset()
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    value: Any


@dataclass(slots=True)
class Solver:
    """The search over one document.

    `lean`: look for the smallest values only. `comfort`: the budget below which values become lean anyway.
    """

    document: Document
    lean: bool
    comfort: int
    heights: Heights
    _entered: Counter[int] = field(default_factory=Counter)
    _depth: int = 0

    def make(self, parts: Parts, want: Want) -> Any:
        """A value for the schemas; raises `Unsatisfiable` with the first thing that stood in the way."""
        if self._depth >= _DEEPEST:
            raise Unsatisfiable(parts[0].path, f"a value would be nested deeper than {_DEEPEST} levels")
        self._depth += 1
        try:
            return self._search(parts, want)
        finally:
            self._depth -= 1

    def recurs(self, parts: Parts) -> bool:
        """Whether these schemas are being worked on already, so often that it is time to come to an end."""
        try:
            return self._known(self.document.flat(parts))
        except Unsatisfiable:
            return False

    def _search(self, parts: Parts, want: Want) -> Any:
        stack, trouble = [_State(parts)], None
        while stack:
            try:
                step = self._step(stack.pop(), want)
            except Unsatisfiable as error:
                trouble = trouble or error
                continue
            if isinstance(step, _Found):
                return step.value
            stack.extend(reversed(step))
        raise trouble or Unsatisfiable(parts[0].path, "there is nothing to choose from")

    def _step(self, state: _State, want: Want) -> _Found | list[_State]:
        """A value, or the states to go on from, the best first."""
        plain = self.document.flat(state.parts) or (state.parts[0].under({}),)
        if not want.lean and (self.lean or self.document.budget.left < self.comfort or self._known(plain)):
            want = replace(want, lean=True)
        if state.attempt == 0 and (hint := self._hint(plain, want)) is not None:
            return hint
        choice = next_choice(plain, state.decided, self.document)
        if choice is None:
            return self._checked(plain, state, want)
        draw = want.draw.child(f"{choice.key[1]} {len(state.decided)}")
        options = ordered(choice, draw, self.heights, lean=want.lean)
        return [replace(state, parts=plain + option, decided=state.decided | {choice.key}) for option in options]

    def _checked(self, plain: Parts, state: _State, want: Want) -> _Found | list[_State]:
        """A value if it passes what cannot be built for but only checked, else other tries."""
        value = self._built(plain, replace(want, draw=want.draw.child(f"value {state.attempt}")))
        unmet = [part for part in plain if part.has(*_CHECKED) and not conforms(value, (part,), self.document)]
        if not unmet:
            return _Found(value)
        tries = []
        conditions = [part for part in plain if part.has("if")]
        keys = {(id(part.schema), "if") for part in conditions}
        if not keys <= state.decided:
            brought = (then for part in conditions if (then := consequence(value, part, self.document)) is not None)
            tries.append(replace(state, parts=(*plain, *brought), decided=state.decided | keys))
        if state.attempt + 1 < _TRIES:
            tries.append(replace(state, attempt=state.attempt + 1))
        if tries:
            return tries
        said = next(keyword for keyword in _CHECKED if unmet[0].has(keyword))
        raise Unsatisfiable(unmet[0].path, f"no value was found that {said!r} allows")

    def _built(self, plain: Parts, want: Want) -> Any:
        keys = [id(part.schema) for part in plain]
        self._entered.update(keys)
        try:
            return self._of_listed(plain, want) if _is_listed(plain) else self._of_types(plain, want)
        finally:
            self._entered.subtract(keys)

    def _known(self, plain: Parts) -> bool:
        return any(self._entered[id(part.schema)] >= _AGAIN for part in plain)

    def _hint(self, plain: Parts, want: Want) -> _Found | None:
        """A `default` or one of the `examples`, if it conforms to all that is asked."""
        for part in plain:
            for hint in _hints(part, want) if part.has(*_HINTS) else ():
                if canon(hint) not in want.taken and conforms(hint, plain, self.document):
                    return _Found(_copied(hint))
        return None

    def _of_listed(self, plain: Parts, want: Want) -> Any:
        """One of the values that `enum` or `const` lists, null only if there is no other."""
        part, listed = next((part, found) for part in plain if (found := values(part)) is not None)
        start = want.draw.integer(0, max(0, len(listed) - 1))
        turned = listed[start:] + listed[:start]
        for value in sorted(turned, key=lambda value: value is None):
            if canon(value) not in want.taken and conforms(value, plain, self.document):
                return _copied(value)
        raise Unsatisfiable(part.path, "none of the listed values conforms to all that is asked")

    def _of_types(self, plain: Parts, want: Want) -> Any:
        """A value of the first of the possible types that has one."""
        ruled_out = refused(plain)
        if ruled_out.values:
            want = replace(want, taken=want.taken | ruled_out.values)
        trouble: Unsatisfiable | None = None
        for kind in _possible(plain, ruled_out, want):
            try:
                return self._of_type(kind, plain, want, ruled_out)
            except Unsatisfiable as error:
                trouble = trouble or error
        said = " and ".join(shown(part.words.get("type")) for part in plain if part.has("type"))
        raise trouble or Unsatisfiable(plain[0].path, f"no type is left by 'type' {said}")

    def _of_type(self, kind: str, plain: Parts, want: Want, ruled_out: Refused) -> Any:
        if kind == "object":
            return objects.mapping(self, plain, want, ruled_out.together)
        if kind == "array":
            return arrays.array(self, plain, want)
        if kind == "string":
            return text.string(self.document, plain, want.draw, name=want.name, taken=want.taken)
        if kind in ("number", "integer"):
            return numeric.number(plain, want.draw, whole=kind == "integer", name=want.name, taken=want.taken)
        options = [value for value in _SIMPLE[kind] if canon(value) not in want.taken]
        if not options:
            raise Unsatisfiable(plain[0].path, f"no other {kind} is left")
        return want.draw.choice(options)


_SIMPLE: dict[str, tuple[bool | None, ...]] = {"boolean": (True, False), "null": (None,)}


def _is_listed(plain: Parts) -> bool:
    return any(part.has("enum", "const") for part in plain)


def _possible(plain: Parts, ruled_out: Refused, want: Want) -> list[str]:
    """The types that are left, those first that the schemas talk about, else in drawn order, null last."""
    common = frozenset(TYPES).intersection(*map(types, plain)) - ruled_out.types
    left = [kind for kind in TYPES if kind in common]
    if not any(part.has("type") for part in plain):
        told = [kind for kind, keywords in _TELLING.items() if any(part.has(*keywords) for part in plain)]
        return sorted(left, key=lambda kind: told.index(kind) if kind in told else len(told))
    if want.lean:
        return left
    scalars = [kind for kind in left if kind != "null" and not (kind == "integer" and "number" in left)]
    start = want.draw.child("type").integer(0, max(0, len(scalars) - 1))
    turned = scalars[start:] + scalars[:start]
    return turned + [kind for kind in left if kind not in turned]


def _hints(part: Part, want: Want) -> Iterator[Any]:
    """What a schema suggests; a default that says nothing, like null, only if the smallest value will do."""
    if part.has("default") and (want.lean or part.words.get("default") not in (None, "", [], {})):
        yield part.words.get("default")
    examples = part.words.get("examples")
    if isinstance(examples, (list, tuple)) and examples:
        start = want.draw.child("example").integer(0, len(examples) - 1)
        yield from (*examples[start:], *examples[:start])
    if part.has("example"):
        yield part.words.get("example")


def _copied(value: Any) -> Any:
    """A copy, so that whoever changes the value does not change the schema."""
    return json.loads(json.dumps(value)) if isinstance(value, (dict, list, tuple)) else value
