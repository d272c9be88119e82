"""A schema with its place, and its keywords read one at a time, each checked to be of the kind it has to be."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.schema.trouble import Unsatisfiable

TYPES = ("string", "number", "integer", "boolean", "null", "object", "array")

_DEEPEST = 200
_LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class Part:
    """A schema (an object, `True` or `False`) and the JSON pointer of its place."""

    schema: Any
    path: str

    def has(self, *keywords: str) -> bool:
        """Whether any of these keywords is given."""
        return isinstance(self.schema, Mapping) and any(keyword in self.schema for keyword in keywords)

    def get(self, keyword: str) -> Any:
        """The keyword's value as it stands, None if it is not given."""
        return self.schema.get(keyword) if isinstance(self.schema, Mapping) else None

    def under(self, schema: Any, *keys: str | int) -> Part:
        """A schema inside this one."""
        steps = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
        return Part(schema, "/".join((self.path, *steps)))

    def wrong(self, keyword: str, expected: str) -> Unsatisfiable:
        """The error of a malformed keyword."""
        return Unsatisfiable(self.path, f"{keyword!r} must be {expected}, not {_shown(self.get(keyword))}")


def check_size(schema: Any) -> None:
    """Refuse a schema that is nested or spread out beyond sense, before anything recurses into it."""
    level, count = [schema], 0
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        count += len(level)
        if count > _LARGEST:
            raise Unsatisfiable("#", f"the schema has more than {_LARGEST} values")
        if not level:
            return
    raise Unsatisfiable("#", f"the schema is nested deeper than {_DEEPEST} levels")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def whole(part: Part, keyword: str) -> int | None:
    """A count: a whole number that is not negative."""
    value = part.get(keyword)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise part.wrong(keyword, "a whole number from 0")
    return value


def most(parts: Iterable[Part], keyword: str) -> int:
    """The highest of these lower bounds, 0 if there is none."""
    return max((whole(part, keyword) or 0 for part in parts), default=0)


def least(parts: Iterable[Part], keyword: str) -> int | None:
    """The lowest of these upper bounds, None if there is none."""
    found = [bound for part in parts if (bound := whole(part, keyword)) is not None]
    return min(found) if found else None


def text(part: Part, keyword: str) -> str | None:
    """A keyword whose value is a string."""
    value = part.get(keyword)
    if value is not None and not isinstance(value, str):
        raise part.wrong(keyword, "a string")
    return value


def strings(part: Part, keyword: str) -> tuple[str, ...]:
    """A keyword whose value is an array of strings; a boolean `required`, as draft 3 had it, says nothing."""
    value = part.get(keyword)
    if value is None or (keyword == "required" and isinstance(value, bool)):
        return ()
    if not _is_array(value) or not all(isinstance(name, str) for name in value):
        raise part.wrong(keyword, "an array of strings")
    return tuple(value)


def one(part: Part, keyword: str) -> Part | None:
    """A keyword whose value is a schema."""
    value = part.get(keyword)
    if value is None:
        return None
    if not isinstance(value, (bool, Mapping)):
        raise part.wrong(keyword, "a schema (an object, true or false)")
    return part.under(value, keyword)


def several(part: Part, keyword: str) -> tuple[Part, ...]:
    """A keyword whose value is an array of schemas."""
    value = part.get(keyword)
    if value is None:
        return ()
    if not _is_array(value) or not all(isinstance(schema, (bool, Mapping)) for schema in value):
        raise part.wrong(keyword, "an array of schemas")
    return tuple(part.under(schema, keyword, index) for index, schema in enumerate(value))


def table(part: Part, keyword: str) -> dict[str, Part]:
    """A keyword whose value is an object of schemas."""
    value = part.get(keyword)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(schema, (bool, Mapping)) for schema in value.values()):
        raise part.wrong(keyword, "an object of schemas")
    return {name: part.under(schema, keyword, name) for name, schema in value.items()}


def types(part: Part) -> frozenset[str]:
    """The JSON types that a schema's `type` allows; all of them if it has none. A number may be an integer."""
    value = part.get("type")
    if value is None:
        return frozenset(TYPES)
    names = [value] if isinstance(value, str) else value
    if not _is_array(names) or not all(name in TYPES for name in names):
        raise part.wrong("type", "one of " + ", ".join(TYPES) + ", or an array of them")
    return frozenset(names) | ({"integer"} if "number" in names else frozenset())


def values(part: Part) -> tuple[Any, ...] | None:
    """The only values that `enum` and `const` allow; None if neither is given."""
    if part.has("const"):
        return (part.get("const"),)
    listed = part.get("enum")
    if listed is None:
        return None
    if not _is_array(listed):
        raise part.wrong("enum", "an array")
    return tuple(listed)


def rows(part: Part) -> tuple[tuple[Part, ...], Part | None]:
    """An array's schemas: those of its first items, and that of all others (drafts 4 to 2020-12)."""
    if _is_array(part.get("items")):
        return several(part, "items"), one(part, "additionalItems")
    return several(part, "prefixItems"), one(part, "items")


def demands(part: Part) -> dict[str, tuple[str, ...]]:
    """The properties that others bring along: `dependentRequired`, and `dependencies` of draft 7."""
    found: dict[str, tuple[str, ...]] = {}
    for keyword in ("dependentRequired", "dependencies"):
        value = part.get(keyword)
        if value is not None and not isinstance(value, Mapping):
            raise part.wrong(keyword, "an object")
        for name, needed in (value or {}).items():
            if _is_array(needed):
                found[name] = strings(part.under({"required": needed}, keyword, name), "required")
    return found


def dependents(part: Part) -> dict[str, Part]:
    """The schemas that properties bring along: `dependentSchemas`, and `dependencies` of draft 7."""
    found = table(part, "dependentSchemas")
    old = part.get("dependencies")
    for name, schema in old.items() if isinstance(old, Mapping) else ():
        if isinstance(schema, (bool, Mapping)):
            found[name] = part.under(schema, "dependencies", name)
    return found


def canon(value: Any) -> Hashable:
    """A hashable stand-in that is equal for equal JSON values: 1 equals 1.0, but not true."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, Mapping):
        return ("object", frozenset((key, canon(inner)) for key, inner in value.items()))
    if _is_array(value):
        return ("array", tuple(map(canon, value)))
    return ("number", value)


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
