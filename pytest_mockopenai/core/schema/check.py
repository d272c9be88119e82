"""Whether a value conforms to a schema: the private check behind `default`, `enum`, `not`, `oneOf` and `if`.

It knows the keywords that `instance` knows, stops at the first fault and explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.schema import numeric, text
from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.parts import (
    Part,
    canon,
    demands,
    dependents,
    least,
    most,
    one,
    rows,
    several,
    strings,
    table,
    types,
    values,
    whole,
)
from pytest_mockopenai.core.schema.trouble import TooMuch

_DEEPEST = 100
_FOLLOWED = ("$ref", "$dynamicRef", "$recursiveRef", "allOf", "nullable")
_COMBINING = ("anyOf", "oneOf", "not", "if")


def conforms(value: Any, parts: Iterable[Part], document: Document) -> bool:
    """Whether a JSON value conforms to all of these schemas."""
    checker = _Checker(document, 0)
    return all(checker.passes(value, part) for part in parts)


def type_of(value: Any) -> str:
    """The JSON type of a value; 2.0 is an integer."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return "integer" if value == value // 1 else "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"


@dataclass(frozen=True, slots=True)
class _Checker:
    document: Document
    depth: int

    def passes(self, value: Any, part: Part) -> bool:
        self.document.budget.spend(1, part)
        if self.depth > _DEEPEST:
            raise TooMuch(part, f"schemas refer to each other deeper than {_DEEPEST} levels")
        if isinstance(part.schema, bool):
            return part.schema
        inner = _Checker(self.document, self.depth + 1)
        if not part.has(*_FOLLOWED):
            return inner.holds(value, part)
        return all(inner.holds(value, other) for other in self.document.followed((part,)))

    def holds(self, value: Any, part: Part) -> bool:
        if part.schema is False:
            return False
        return self.plain(value, part) and self.combined(value, part) and self.contents(value, part)

    def plain(self, value: Any, part: Part) -> bool:
        if part.has("type") and type_of(value) not in types(part):
            return False
        listed = values(part)
        if listed is None:
            return True
        self.document.budget.spend(len(listed) // 16, part)
        wanted = canon(value)
        return any(canon(option) == wanted for option in listed)

    def combined(self, value: Any, part: Part) -> bool:
        """The keywords that hold other schemas for the same value."""
        if not part.has(*_COMBINING):
            return True
        if part.has("anyOf") and not any(self.passes(value, other) for other in several(part, "anyOf")):
            return False
        if part.has("oneOf") and sum(self.passes(value, other) for other in several(part, "oneOf")) != 1:
            return False
        refused = one(part, "not")
        if refused is not None and self.passes(value, refused):
            return False
        then = self.consequence(value, part)
        return then is None or self.passes(value, then)

    def consequence(self, value: Any, part: Part) -> Part | None:
        condition = one(part, "if")
        if condition is None:
            return None
        return one(part, "then" if self.passes(value, condition) else "else")

    def contents(self, value: Any, part: Part) -> bool:
        kind = type_of(value)
        if kind == "string":
            return text.allows(self.document, part, value)
        if kind in ("number", "integer"):
            return numeric.limits((part,)).allow(value)
        if kind == "array":
            return self.array(value, part)
        return kind != "object" or self.object(value, part)

    def array(self, value: list[Any], part: Part) -> bool:
        low, high = most((part,), "minItems"), least((part,), "maxItems")
        if len(value) < low or (high is not None and len(value) > high):
            return False
        if part.words.get("uniqueItems") is True and len({canon(item) for item in value}) < len(value):
            return False
        first, rest = rows(part)
        schemas = (first[index] if index < len(first) else rest for index in range(len(value)))
        if not all(
            schema is None or self.passes(item, schema) for item, schema in zip(value, schemas, strict=True)
        ):
            return False
        return self.contained(value, part)

    def contained(self, value: list[Any], part: Part) -> bool:
        wanted = one(part, "contains")
        if wanted is None:
            return True
        count = sum(self.passes(item, wanted) for item in value)
        low, high = whole(part, "minContains"), least((part,), "maxContains")
        return count >= (1 if low is None else low) and (high is None or count <= high)

    def object(self, value: dict[str, Any], part: Part) -> bool:
        low, high = most((part,), "minProperties"), least((part,), "maxProperties")
        if len(value) < low or (high is not None and len(value) > high):
            return False
        if any(name not in value for name in strings(part, "required")):
            return False
        if any(name in value and not set(needed) <= value.keys() for name, needed in demands(part).items()):
            return False
        if not all(self.passes(value, other) for name, other in dependents(part).items() if name in value):
            return False
        named = one(part, "propertyNames")
        if named is not None and not all(self.passes(name, named) for name in value):
            return False
        return all(
            self.passes(value[name], other)
            for name in value
            for other in schemas_for(self.document, part, name)
        )


def consequence(value: Any, part: Part, document: Document) -> Part | None:
    """The `then` or `else` that a value brings about."""
    return _Checker(document, 0).consequence(value, part)


def schemas_for(document: Document, part: Part, name: str) -> Parts:
    """The schemas that a part has for the property of this name."""
    own = table(part, "properties").get(name)
    found: Parts = () if own is None else (own,)
    for pattern, schema in table(part, "patternProperties").items():
        if text.found(document, part, "patternProperties", pattern, name):
            found += (schema,)
    other = one(part, "additionalProperties")
    return found if found or other is None else (other,)
