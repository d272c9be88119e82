"""Whether a value conforms to a schema: the private check behind `default`, `enum`, `not`, `oneOf` and `if`.

It knows the keywords that `instance` knows, stops at the first fault and explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

_DEEPEST = 80
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
    """Loops rather than calls where it can: each level of a schema costs frames of Python's stack."""

    document: Document
    depth: int

    def passes(self, value: Any, part: Part) -> bool:
        self.document.budget.spend(1, part)
        if self.depth > _DEEPEST:
            raise TooMuch(part, f"schemas refer to each other deeper than {_DEEPEST} levels")
        inner = _Checker(self.document, self.depth + 1)
        for other in self.document.followed((part,)) if part.has(*_FOLLOWED) else (part,):
            if not inner.holds(value, other):
                return False
        return True

    def holds(self, value: Any, part: Part) -> bool:
        if not isinstance(part.schema, dict):
            return part.schema is True
        if not (self.is_listed(value, part) and self.is_within(value, part)):
            return False
        for inner, schema in self.inside(value, part):
            if not self.passes(inner, schema):
                return False
        if isinstance(value, list) and part.has("contains") and not self.contains(value, part):
            return False
        return not part.has(*_COMBINING) or self.combined(value, part)

    def is_listed(self, value: Any, part: Part) -> bool:
        if part.has("type") and type_of(value) not in types(part):
            return False
        listed = values(part)
        if listed is None:
            return True
        self.document.budget.spend(len(listed) // 16, part)
        wanted = canon(value)
        return any(canon(option) == wanted for option in listed)

    def is_within(self, value: Any, part: Part) -> bool:
        """The bounds of a value of this type, its inside aside."""
        kind = type_of(value)
        if kind == "string":
            return text.allows(self.document, part, value)
        if kind in ("number", "integer"):
            return numeric.limits((part,)).allow(value)
        if kind == "array":
            unique = part.words.get("uniqueItems") is not True or len({canon(one) for one in value}) == len(value)
            return unique and _counts(part, len(value), "minItems", "maxItems")
        return kind != "object" or self.is_complete(value, part)

    def is_complete(self, value: dict[str, Any], part: Part) -> bool:
        if not _counts(part, len(value), "minProperties", "maxProperties"):
            return False
        along = (needed for name, needed in demands(part).items() if name in value)
        return all(set(names) <= value.keys() for names in (strings(part, "required"), *along))

    def inside(self, value: Any, part: Part) -> Iterator[tuple[Any, Part]]:
        """What has to pass for a value to pass: its items, properties and names, with their schemas."""
        if isinstance(value, list):
            first, rest = rows(part)
            yield from zip(value, first, strict=False)
            yield from ((item, rest) for item in value[len(first) :] if rest is not None)
        elif isinstance(value, dict):
            yield from ((value, other) for name, other in dependents(part).items() if name in value)
            named = one(part, "propertyNames")
            for name in value:
                yield from () if named is None else ((name, named),)
                yield from ((value[name], schema) for schema in schemas_for(self.document, part, name))

    def contains(self, value: list[Any], part: Part) -> bool:
        wanted, found = one(part, "contains"), 0
        for item in value:
            found += wanted is not None and self.passes(item, wanted)
        low = whole(part, "minContains")
        return found >= (1 if low is None else low) and _counts(part, found, "", "maxContains")

    def combined(self, value: Any, part: Part) -> bool:
        """The keywords that hold other schemas for the same value."""
        for keyword in ("anyOf", "oneOf"):
            passed = 0
            for option in several(part, keyword):
                passed += self.passes(value, option)
                if passed and keyword == "anyOf":
                    break
            if passed != 1 and part.has(keyword):
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


def _counts(part: Part, count: int, least_keyword: str, most_keyword: str) -> bool:
    high = least((part,), most_keyword)
    return most((part,), least_keyword) <= count and (high is None or count <= high)


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
