"""Arrays: how many items there are to be, which schemas each has, and the items."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from pytest_mockopenai.core.schema.document import Parts
from pytest_mockopenai.core.schema.parts import Part, canon, least, most, one, rows, shown, whole
from pytest_mockopenai.core.schema.trouble import Unsatisfiable
from pytest_mockopenai.core.schema.want import MOST, Maker, Want

_TRIES = 8


def array(maker: Maker, parts: Parts, want: Want) -> list[Any]:
    """Items that the schemas allow: as many as they demand, else two or three, or none to come to an end."""
    low, high = _bounds(parts)
    wanted = _contained(parts, high)
    count = _count(maker, parts, want, low=max(low, len(wanted)), high=high)
    unique = any(part.words.get("uniqueItems") is True for part in parts)
    items: list[Any] = []
    taken: set[Hashable] = set()
    for index in range(count):
        place = index - (count - len(wanted))
        ahead = (wanted[place],) if place >= 0 else ()
        one_more = replace(want, draw=want.draw.child(index), taken=taken if unique else frozenset())
        try:
            items.append(_item(maker, (*item_parts(parts, index), *ahead), one_more, unique=unique))
            taken.add(canon(items[-1]) if unique else None)
        except Unsatisfiable:
            if index < low or wanted:
                raise
            break
    return items


def item_parts(parts: Parts, index: int) -> Parts:
    """The schemas of the item at an index."""
    found: list[Part] = []
    for part in parts:
        first, rest = rows(part)
        schema = first[index] if index < len(first) else rest
        if schema is not None:
            found.append(schema)
    return tuple(found) or (parts[0].under({}),)


def _item(maker: Maker, parts: Parts, want: Want, *, unique: bool) -> Any:
    for attempt in range(_TRIES if unique else 1):
        draw = want.draw if attempt == 0 else want.draw.child(f"again {attempt}")
        made = maker.make(parts, replace(want, draw=draw))
        if not unique or canon(made) not in want.taken:
            return made
    raise Unsatisfiable(parts[0].path, "no further item was found that 'uniqueItems' allows")


def _bounds(parts: Parts) -> tuple[int, int]:
    low, high = most(parts, "minItems"), least(parts, "maxItems")
    if low > MOST:
        raise Unsatisfiable(parts[0].path, f"'minItems' {shown(low)} is above {MOST}, the most that are made")
    most_allowed = min([MOST if high is None else high, *(_end(part) for part in parts)])
    if low > most_allowed:
        raise Unsatisfiable(parts[0].path, f"'minItems' {low} is above {most_allowed}, the most that are allowed")
    return low, most_allowed


def _end(part: Part) -> int:
    """How many items there can be before `false` forbids the next."""
    first, rest = rows(part)
    closed = part.words.get("unevaluatedItems") is False and rest is None
    schemas = [schema.schema for schema in first] + ([False] if closed or (rest and rest.schema is False) else [])
    return schemas.index(False) if any(schema is False for schema in schemas) else MOST


def _contained(parts: Parts, high: int) -> Parts:
    """The schemas of `contains`, each as often as it has to be met; the last items are made for them."""
    found: list[Part] = []
    for part in parts:
        wanted, times = one(part, "contains"), whole(part, "minContains")
        if wanted is not None:
            found += [wanted] * min(1 if times is None else times, MOST + 1)
    if len(found) > high:
        raise Unsatisfiable(parts[0].path, f"'contains' needs more than the {high} items that there can be")
    return tuple(found)


def _count(maker: Maker, parts: Parts, want: Want, *, low: int, high: int) -> int:
    first = max(len(rows(part)[0]) for part in parts)
    if want.lean:
        return low
    if first == 0 and maker.recurs(item_parts(parts, 0)):
        return low
    usual = first or want.draw.child("count").integer(2, 3)
    return min(max(usual, low), high)
