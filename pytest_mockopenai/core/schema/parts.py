"""A schema with its place, and its keywords read one at a time, each checked to be of its proper kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from pytest_mockopenai.core.schema.trouble import Unsatisfiable

P = ParamSpec("P")
T = TypeVar("T")

TYPES = ("string", "number", "integer", "boolean", "null", "object", "array")

_DEEPEST = 200
_LARGEST = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A schema (an object, `True` or `False`) in its place: under another, or at `origin`, a JSON pointer.

    `words` are its keywords; `memo` keeps what was read from them.
    """

    schema: Any
    origin: str = "#"
    above: Part | None = None
    steps: tuple[str | int, ...] = ()
    words: dict[str, Any] = field(init=False, repr=False)
    memo: dict[Hashable, Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", self.schema if isinstance(self.schema, dict) else {})

    @property
    def path(self) -> str:
        """The JSON pointer of the place, such as `#/properties/age`."""
        steps: list[str] = []
        part = self
        while part.above is not None:
            steps[:0] = [str(step).replace("~", "~0").replace("/", "~1") for step in part.steps]
            part = part.above
        return "/".join((part.origin, *steps))

    def has(self, *keywords: str) -> bool:
        """Whether any of these keywords is given."""
        return not self.words.keys().isdisjoint(keywords)

    def under(self, schema: Any, *steps: str | int) -> Part:
        """A schema inside this one."""
        return Part(schema, above=self, steps=steps)

    def wrong(self, keyword: str, expected: str) -> Unsatisfiable:
        """The error of a malformed keyword."""
        return Unsatisfiable(self.path, f"{keyword!r} must be {expected}, not {shown(self.words.get(keyword))}")


def _remembered(
    read: Callable[Concatenate[Part, P], T],
) -> Callable[Concatenate[Part, P], T]:
    """Read a keyword of a part once."""

    def reading(part: Part, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (read, *args)
        if key not in part.memo:
            part.memo[key] = read(part, *args, **kwargs)
        found: T = part.memo[key]
        return found

    reading.__doc__ = read.__doc__
    return reading


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
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def whole(part: Part, keyword: str) -> int | None:
    """A count: a whole number that is not negative."""
    value = part.words.get(keyword)
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
    value = part.words.get(keyword)
    if value is not None and not isinstance(value, str):
        raise part.wrong(keyword, "a string")
    return value


@_remembered
def strings(part: Part, keyword: str) -> tuple[str, ...]:
    """A keyword whose value is an array of strings; a boolean `required`, as draft 3 had it, says nothing."""
    value = part.words.get(keyword)
    if value is None or (keyword == "required" and isinstance(value, bool)):
        return ()
    if not _is_array(value) or not all(isinstance(name, str) for name in value):
        raise part.wrong(keyword, "an array of strings")
    return tuple(value)


@_remembered
def one(part: Part, keyword: str) -> Part | None:
    """A keyword whose value is a schema."""
    value = part.words.get(keyword)
    if value is None:
        return None
    if not isinstance(value, (bool, dict)):
        raise part.wrong(keyword, "a schema (an object, true or false)")
    return part.under(value, keyword)


@_remembered
def several(part: Part, keyword: str) -> tuple[Part, ...]:
    """A keyword whose value is an array of schemas."""
    value = part.words.get(keyword)
    if value is None:
        return ()
    if not _is_array(value) or not all(isinstance(schema, (bool, dict)) for schema in value):
        raise part.wrong(keyword, "an array of schemas")
    return tuple(part.under(schema, keyword, index) for index, schema in enumerate(value))


@_remembered
def table(part: Part, keyword: str) -> dict[str, Part]:
    """A keyword whose value is an object of schemas."""
    value = part.words.get(keyword)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(schema, (bool, dict)) for schema in value.values()):
        raise part.wrong(keyword, "an object of schemas")
    return {name: part.under(schema, keyword, name) for name, schema in value.items()}


@_remembered
def types(part: Part) -> frozenset[str]:
    """The JSON types that `type` allows; all of them if it is not given. A number may be an integer."""
    value = part.words.get("type")
    if value is None:
        return frozenset(TYPES)
    names = [value] if isinstance(value, str) else value
    if not _is_array(names) or not all(name in TYPES for name in names):
        raise part.wrong("type", "one of " + ", ".join(TYPES) + ", or an array of them")
    return frozenset(names) | ({"integer"} if "number" in names else frozenset())


@_remembered
def values(part: Part) -> tuple[Any, ...] | None:
    """The only values that `enum` and `const` allow; None if neither is given."""
    listed = part.words.get("enum")
    if listed is not None and not _is_array(listed):
        raise part.wrong("enum", "an array")
    if not part.has("const"):
        return None if listed is None else tuple(listed)
    only = part.words.get("const")
    return (only,) if listed is None or canon(only) in map(canon, listed) else ()


@_remembered
def rows(part: Part) -> tuple[tuple[Part, ...], Part | None]:
    """An array's schemas: those of its first items, and that of all others (drafts 4 to 2020-12)."""
    if _is_array(part.words.get("items")):
        return several(part, "items"), one(part, "additionalItems")
    return several(part, "prefixItems"), one(part, "items")


@_remembered
def demands(part: Part) -> dict[str, tuple[str, ...]]:
    """The names that properties bring along: `dependentRequired`, and `dependencies` of draft 7."""
    found: dict[str, tuple[str, ...]] = {}
    for keyword in ("dependentRequired", "dependencies"):
        value = part.words.get(keyword)
        if value is not None and not isinstance(value, dict):
            raise part.wrong(keyword, "an object")
        for name, needed in (value or {}).items():
            if _is_array(needed):
                found[name] = strings(part.under({"required": needed}, keyword, name), "required")
    return found


@_remembered
def dependents(part: Part) -> dict[str, Part]:
    """The schemas that properties bring along: `dependentSchemas`, and `dependencies` of draft 7."""
    found = dict(table(part, "dependentSchemas"))
    old = part.words.get("dependencies")
    for name, schema in old.items() if isinstance(old, dict) else ():
        if isinstance(schema, (bool, dict)):
            found[name] = part.under(schema, "dependencies", name)
    return found


def canon(value: Any) -> Hashable:
    """A hashable stand-in that is equal for equal JSON values: 1 equals 1.0, but not true."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, dict):
        return ("object", frozenset((key, canon(inner)) for key, inner in value.items()))
    if _is_array(value):
        return ("array", tuple(map(canon, value)))
    return ("number", value)


def _is_array(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def shown(value: Any) -> str:
    """A value for a message: cut if it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print a number of more than 4300 digits
        return "a huge number"
    return text if len(text) <= 60 else text[:57] + "..."
