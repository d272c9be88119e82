"""The whole schema: what its references point at, and which schemas hold at once where one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pytest_mockopenai.core.schema.parts import Part, several, shown, text
from pytest_mockopenai.core.schema.trouble import Budget, Unsatisfiable

Parts = tuple[Part, ...]

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_NAMES = ("$id", "id", "$anchor", "$dynamicAnchor")


@dataclass(slots=True)
class Document:
    """A schema document with the work still allowed on it.

    Schemas are told apart by identity, so those that are made on the way are kept as long as the document.
    """

    root: Part
    budget: Budget
    _targets: dict[str, Part] = field(default_factory=dict)
    _named: dict[str, Part] | None = None
    _derived: dict[tuple[int, str], Part] = field(default_factory=dict)

    def flat(self, parts: Parts) -> Parts:
        """The schemas that have to hold together, `$ref` and `allOf` followed, each one once.

        `True` says nothing and is left out. Raises `Unsatisfiable` for `False`, and for a reference that
        leads back to itself without entering a property or item.
        """
        plain = self.followed(parts)
        refusal = next((part for part in plain if part.schema is False), None)
        if refusal is not None:
            raise Unsatisfiable(refusal.path, "false allows no value")
        return plain

    def followed(self, parts: Parts) -> Parts:
        """The same, with `False` among them."""
        plain: list[Part] = []
        seen: set[int] = set()
        entered: set[int] = set()
        stack = [(part, False) for part in reversed(parts)]
        while stack:
            part, leaving = stack.pop()
            key = id(part.schema)
            if leaving:
                entered.discard(key)
            elif key in entered:
                raise Unsatisfiable(part.path, "the reference leads back to itself, so it describes nothing")
            elif part.schema is not True and key not in seen:
                seen.add(key)
                self.budget.spend(1, part)
                inner = self._meaning(part)
                if inner is None:
                    plain.append(part)
                    inner = self.together(part)
                if inner:
                    entered.add(key)
                    stack.append((part, True))
                    stack.extend((other, False) for other in reversed(inner))
        return tuple(plain)

    def together(self, part: Part) -> Parts:
        """The schemas that have to hold with a part: those it refers to and those in `allOf`."""
        if not part.has("allOf", *_REFERENCES):
            return ()
        found = ((keyword, text(part, keyword)) for keyword in _REFERENCES if part.has(keyword))
        targets = (self._target(part, keyword, target) for keyword, target in found if target is not None)
        return (*targets, *several(part, "allOf"))

    def derived(self, part: Part, label: str, build: Callable[[], Any]) -> Part:
        """A schema that is made out of another, the same object every time."""
        key = (id(part.schema), label)
        if key not in self._derived:
            self._derived[key] = part.under(build())
        return self._derived[key]

    def _meaning(self, part: Part) -> Parts | None:
        """What a part stands for if it is not plain: OpenAPI's `nullable` is a choice of null."""
        if not isinstance(part.schema, (dict, bool)):
            raise Unsatisfiable(part.path, "a schema must be an object, true or false")
        return (self.denulled(part),) if part.words.get("nullable") is True else None

    def denulled(self, part: Part) -> Part:
        """The part with `nullable: true` spelt as a choice between the rest and null."""

        def build() -> dict[str, Any]:
            rest = {key: value for key, value in part.words.items() if key != "nullable"}
            return {"anyOf": [rest, {"type": "null"}]}

        return self.derived(part, "nullable", build)

    def _target(self, part: Part, keyword: str, target: str) -> Part:
        if target not in self._targets:
            found = self._find(target)
            if found is None:
                raise Unsatisfiable(part.path, f"{keyword} {shown(target)} points at nothing in this schema")
            self._targets[target] = found
        return self._targets[target]

    def _find(self, target: str) -> Part | None:
        if not target.startswith("#"):
            return self._by_name(target)
        pointer = unquote(target[1:])
        if not pointer or pointer.startswith("/"):
            return self._by_pointer(pointer)
        return self._by_name(target) or self._by_name(pointer)

    def _by_pointer(self, pointer: str) -> Part | None:
        value = self.root.schema
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and _is_index(key) and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return Part(value, "#" + pointer)

    def _by_name(self, name: str) -> Part | None:
        if self._named is None:
            self._named = _names(self.root)
        return self._named.get(name) or self._named.get(name.rstrip("#"))


def _is_index(step: str) -> bool:
    return step.isdecimal() and len(step) < 9


def _names(root: Part) -> dict[str, Part]:
    """Every schema that has an `$id` or `$anchor`, by it."""
    found: dict[str, Part] = {}
    stack = [root] if isinstance(root.schema, dict) else []
    while stack:
        part = stack.pop()
        for name in _NAMES:
            if isinstance(value := part.words.get(name), str):
                found.setdefault(value, part)
        inner = part.schema
        pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
        stack.extend(part.under(value, key) for key, value in pairs if isinstance(value, (dict, list)))
    return found
