"""How deep a schema's smallest value has to nest: this tells which branches of a recursive schema end."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.parts import (
    Part,
    most,
    one,
    rows,
    several,
    strings,
    table,
    types,
)

_SCALARS = frozenset(("string", "number", "integer", "boolean", "null"))


@dataclass(slots=True)
class Heights:
    """The least nesting of schemas, found on demand; infinite for one that always contains itself again.

    Only an estimate: schemas that hold together are looked at one by one.
    """

    document: Document
    _found: dict[int, float] = field(default_factory=dict)

    def of(self, part: Part) -> float:
        """The least nesting of a schema's values: 0 for a string, 1 for an object that needs a string."""
        if id(part.schema) not in self._found:
            self._settle(part)
        return self._found[id(part.schema)]

    def _settle(self, start: Part) -> None:
        """Start from "never ends" everywhere and lower what turns out to end, until nothing changes."""
        users = self._reachable(start)
        queue = deque(part for part, _ in reversed(users.values()))
        while queue:
            part = queue.popleft()
            self.document.budget.spend(1, part)
            height = self._height(part)
            if height < self._found[id(part.schema)]:
                self._found[id(part.schema)] = height
                queue.extend(users[id(part.schema)][1])

    def _reachable(self, start: Part) -> dict[int, tuple[Part, list[Part]]]:
        """Every schema that has no height yet, with those whose height depends on it."""
        users: dict[int, tuple[Part, list[Part]]] = {id(start.schema): (start, [])}
        stack = [start]
        while stack:
            part = stack.pop()
            self._found[id(part.schema)] = math.inf
            for other in (inner for needed in self._needed(part) for inner in needed):
                key = id(other.schema)
                if key not in users and key not in self._found:
                    users[key] = (other, [])
                    stack.append(other)
                if key in users:
                    users[key][1].append(part)
        return users

    def _height(self, part: Part) -> float:
        if isinstance(part.schema, bool):
            return 0 if part.schema else math.inf
        same, inside = self._levels(part)
        heights = [self._lowest(options) for options in same]
        heights += [1 + self._lowest(options) for options in inside]
        return max(heights, default=0)

    def _lowest(self, options: Parts) -> float:
        return min((self._found[id(option.schema)] for option in options), default=math.inf)

    def _needed(self, part: Part) -> Iterator[Parts]:
        for level in self._levels(part):
            yield from level

    def _levels(self, part: Part) -> tuple[list[Parts], list[Parts]]:
        """The choices that a value makes on its own level, and those one level further in."""
        if part.words.get("nullable") is True:
            return [(self.document.denulled(part),)], []
        same: list[Parts] = [(other,) for other in self.document.together(part)]
        same += [several(part, keyword) for keyword in ("anyOf", "oneOf") if part.has(keyword)]
        if part.has("enum", "const") or (part.has("type") and types(part) & _SCALARS):
            return same, []
        return same, [*self._members(part), *self._items(part)]

    def _members(self, part: Part) -> Iterator[Parts]:
        known = table(part, "properties") if part.has("required") else {}
        return ((known[name],) for name in strings(part, "required") if name in known)

    def _items(self, part: Part) -> Iterator[Parts]:
        first, rest = rows(part)
        low, wanted = most((part,), "minItems"), one(part, "contains")
        yield from ((item,) for item in first[:low])
        if rest is not None and low > len(first):
            yield (rest,)
        if wanted is not None:
            yield (wanted,)
