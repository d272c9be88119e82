"""Shapes of JSON: the paths in a reply and the types at them; what a mock's reply lacks, has too much, has otherwise.

A path names keys, `[]` any item of an array, and `[message]` an item whose `type` is that: `output[message].content[]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias

Shape: TypeAlias = Mapping[str, frozenset[str]]
"""The types at each path: `string`, `number`, `boolean`, `null`, `object`, `array`."""

OPAQUE = frozenset(
    {
        *("metadata", "attributes", "parameters", "schema", "input_schema", "logit_bias", "variables", "headers"),
        *("item_schema", "datasource_item", "item", "template", "sample_schema"),
    }
)
"""Keys below which everything is the caller's own."""

What = Literal["lacks", "too much", "type"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference: of which operation, at which path, and which types are there and here."""

    operation: str
    path: str
    what: What
    documented: str = ""
    mocked: str = ""
    known: str = ""
    """What the SDK's type says of the path: `yes`, `no`, or nothing if it cannot be asked."""


def shape_of(value: Any) -> Shape:
    """The shape of one reply."""
    found: dict[str, set[str]] = {}
    _walk("", value, found)
    return {path: frozenset(types) for path, types in found.items()}


def shape_of_events(events: Iterable[Any]) -> Shape:
    """The shape of a stream: of each type of events, which stands before its paths in parentheses."""
    shapes = ({f"({_kind(event)}){path}": types for path, types in shape_of(event).items()} for event in events)
    return joined(shapes)


def joined(shapes: Iterable[Shape]) -> Shape:
    """What some shapes say together."""
    found: dict[str, frozenset[str]] = {}
    for shape in shapes:
        for path, types in shape.items():
            found[path] = found.get(path, frozenset()) | types
    return found


def _walk(path: str, value: Any, found: dict[str, set[str]]) -> None:
    found.setdefault(path, set()).add(_type(value))
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path and not path.endswith(")") else f"{path}{key}"
            _walk_key(below, key, item, found)
    elif isinstance(value, list):
        for item in value:
            _walk(f"{path}[{_tag(item)}]", item, found)


def _walk_key(path: str, key: str, value: Any, found: dict[str, set[str]]) -> None:
    if key in OPAQUE:
        found.setdefault(path, set()).add(_type(value))
    else:
        _walk(path, value, found)


def _tag(value: Any) -> str:
    tag = value.get("type") if isinstance(value, dict) else None
    return tag if isinstance(tag, str) else ""


def _kind(event: Any) -> str:
    """The type of an event, or what sort of object it is."""
    return _tag(event) or str(event.get("object", ""))


_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


def _type(value: Any) -> str:
    return _TYPES[type(value)]


def parent_of(path: str) -> str:
    """The path of what holds this one; of a key at the top the empty path, or the event's."""
    if path.endswith("]"):
        return path[: path.rindex("[")]
    head, dot, _ = path.rpartition(".")
    if dot:
        return head
    return path[: path.index(")") + 1] if path.startswith("(") else ""


def compared(operation: str, documented: Shape, mocked: Shape, is_known: Callable[[str], bool | None]) -> list[Finding]:
    """The differences, of what is missing as a whole only the whole.

    What is not in the documentation's example is too much only if the SDK's type does not have it either: examples are
    abridged. Null tells nothing of a type, and an empty array nothing of its items.
    """
    found = []
    for path in sorted({*documented, *mocked}):
        there, here = documented.get(path), mocked.get(path)
        known = {True: "yes", False: "no", None: ""}[is_known(path)]
        if there and here:
            if _disjoint(there, here):
                found.append(Finding(operation, path, "type", _told(there), _told(here), known))
        elif there and _could_be(path, mocked) and known != "no":
            found.append(Finding(operation, path, "lacks", _told(there), "", known))
        elif here and _could_be(path, documented) and known == "no":
            found.append(Finding(operation, path, "too much", "", _told(here), known))
    return found


def _could_be(path: str, other: Shape) -> bool:
    """Whether what would hold the path is there: an object without the key, or an array with other items."""
    return not path.endswith("]") and bool(path) and "object" in other.get(parent_of(path), ())


def _disjoint(one: frozenset[str], other: frozenset[str]) -> bool:
    sure, here = one - {"null"}, other - {"null"}
    return bool(sure and here) and not sure & here


def _told(types: frozenset[str]) -> str:
    return "|".join(sorted(types))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Differences that are meant, and why; operation and path are patterns (`POST /images/*`, `*.obfuscation`)."""

    operation: str
    path: str
    what: str
    reason: str
    seen: list[Finding]

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding; then that is noted."""
        same = fnmatchcase(finding.operation, self.operation) and self.what in ("*", finding.what)
        if not same or not fnmatchcase(_plain(finding.path), _plain(self.path)):
            return False
        self.seen.append(finding)
        return True


def _plain(path: str) -> str:
    """Brackets have a meaning in patterns."""
    return path.replace("[", "<").replace("]", ">")


def allowed(listed: Iterable[Mapping[str, str]]) -> list[Allowed]:
    """The list as values; raises ValueError for an entry without a reason."""
    found = []
    for entry in listed:
        if not entry.get("reason"):
            raise ValueError(f"an entry of the list needs a reason: {dict(entry)}")
        found.append(Allowed(entry["operation"], entry["path"], entry.get("what", "*"), entry["reason"], []))
    return found


def covered(finding: Finding, listed: Iterable[Allowed]) -> bool:
    """Whether some of the list are about it; all that are note it."""
    return sum(entry.covers(finding) for entry in listed) > 0
