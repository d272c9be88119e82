"""Objects: which properties there are to be, which schemas each has, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from pytest_mockopenai.core.schema import names, text
from pytest_mockopenai.core.schema.check import conforms, schemas_for
from pytest_mockopenai.core.schema.document import Parts
from pytest_mockopenai.core.schema.parts import canon, demands, least, most, one, shown, strings, table
from pytest_mockopenai.core.schema.trouble import Unsatisfiable
from pytest_mockopenai.core.schema.want import MOST, Maker, Want

Apart = tuple[tuple[str, ...], ...]

_USUAL = 2
_TRIES = 20


def mapping(maker: Maker, parts: Parts, want: Want, apart: Apart) -> dict[str, Any]:
    """Properties that the schemas allow: all that are named, unless some may be left out to come to an end.

    `apart` are names that must not be there together.
    """
    builder = _Builder(maker, parts, want, apart)
    needed = builder.needed()
    low, high = builder.bounds(len(needed))
    made: dict[str, Any] = {}
    free = (low if want.lean else high) - len(needed)
    postponed: list[str] = []
    banned = builder.banned(needed)
    for name in builder.order(needed):
        if name in needed:
            made[name] = builder.value(name)
        elif free > 0 and name not in banned:
            if maker.recurs(builder.schemas(name)):
                postponed.append(name)
            else:
                free -= builder.add(made, name)
    builder.fill(made, postponed, low=low, high=high)
    builder.drop_orphans(made)
    if len(made) < low:
        raise Unsatisfiable(parts[0].path, f"only {len(made)} properties are possible, but 'minProperties' is {low}")
    return made


@dataclass(frozen=True, slots=True)
class _Builder:
    maker: Maker
    parts: Parts
    want: Want
    apart: Apart

    def needed(self) -> dict[str, None]:
        """The names that have to be there, with what they bring along."""
        found: dict[str, None] = {}
        fresh = [name for part in self.parts for name in strings(part, "required")]
        along = [demands(part) for part in self.parts]
        while fresh:
            name = fresh.pop(0)
            if name not in found:
                found[name] = None
                fresh.extend(other for needs in along for other in needs.get(name, ()))
        return found

    def order(self, needed: Mapping[str, None]) -> list[str]:
        """All names that the schemas tell, in the order in which they tell them."""
        named = (name for part in self.parts for name in table(part, "properties"))
        return list(dict.fromkeys((*named, *needed)))

    def bounds(self, needed: int) -> tuple[int, int]:
        low, high = most(self.parts, "minProperties"), least(self.parts, "maxProperties")
        if low > MOST:
            raise self.trouble(f"'minProperties' {shown(low)} is above {MOST}, the most that are made")
        if high is not None and max(low, needed) > high:
            raise self.trouble(f"{max(low, needed)} properties are needed, but 'maxProperties' is {high}")
        return low, MOST if high is None else high

    def banned(self, needed: Mapping[str, None]) -> set[str]:
        """The last name of each group that must not be there together, if it can be left out."""
        free = ([name for name in group if name not in needed] for group in self.apart)
        return {group[-1] for group in free if group}

    def schemas(self, name: str) -> Parts:
        """All that is asked of the property of this name."""
        document = self.maker.document
        found = tuple(schema for part in self.parts for schema in schemas_for(document, part, name))
        if not found and any(part.words.get("unevaluatedProperties") is False for part in self.parts):
            return (self.parts[0].under(False, "unevaluatedProperties"),)
        return found or (self.parts[0].under({}),)

    def value(self, name: str) -> Any:
        """The value of the property of this name."""
        schemas = self.schemas(name)
        if any(schema.schema is False for schema in schemas) or not self.fits(name):
            raise self.trouble(f"the property {shown(name)} is not allowed")
        return self.maker.make(
            schemas, replace(self.want, draw=self.want.draw.child(name), name=name, taken=frozenset())
        )

    def fits(self, name: str) -> bool:
        """Whether `propertyNames` allows a name."""
        return conforms(name, self.naming(), self.maker.document)

    def naming(self) -> Parts:
        return tuple(named for part in self.parts if (named := one(part, "propertyNames")) is not None)

    def add(self, made: dict[str, Any], name: str) -> bool:
        """Add a property that may be left out; whether that went well."""
        try:
            made[name] = self.value(name)
        except Unsatisfiable:
            return False
        return True

    def fill(self, made: dict[str, Any], postponed: list[str], *, low: int, high: int) -> None:
        """Add what is still missing: properties that recur, then unnamed ones."""
        for later in postponed:
            if len(made) < low:
                self.add(made, later)
        enough = max(low, min(high, len(made) + _USUAL) if self.is_open() else 0)
        failures, candidates = 0, self.new_names(made)
        while len(made) < enough and failures <= _TRIES and (name := next(candidates, None)) is not None:
            if name in made or (len(made) >= low and self.maker.recurs(self.schemas(name))):
                failures += 1
            else:
                failures += not self.add(made, name)

    def is_open(self) -> bool:
        """Whether unnamed properties are what this object is about, as in a `dict[str, int]`."""
        named = any(part.words.get("properties") for part in self.parts)
        free = (one(part, "additionalProperties") for part in self.parts)
        described = any(isinstance(part.schema, dict) for part in free if part is not None)
        return not (named or self.want.lean) and (
            described or any(part.has("patternProperties") for part in self.parts)
        )

    def new_names(self, made: Mapping[str, Any]) -> Iterator[str]:
        """Names for unnamed properties, those that a schema or pattern describes first."""
        if naming := self.naming():
            yield from self.described_names(naming, made)
            return
        patterns = [(part, pattern) for part in self.parts for pattern in table(part, "patternProperties")]
        for attempt in range(_TRIES * len(patterns)):
            part, pattern = patterns[attempt % len(patterns)]
            draw = self.want.draw.child(f"pattern {attempt}")
            yield text.from_pattern(self.maker.document, part, "patternProperties", pattern, draw)
        yield from names.KEYS
        yield from (f"key{number}" for number in count(1))

    def described_names(self, naming: Parts, made: Mapping[str, Any]) -> Iterator[str]:
        """Names that `propertyNames` allows, each once."""
        schemas = (*naming, naming[0].under({"type": "string"}))
        taken = set(map(canon, made))
        with suppress(Unsatisfiable):
            for attempt in count():
                name = self.maker.make(schemas, Want(self.want.draw.child(f"name {attempt}"), taken=taken))
                taken.add(canon(name))
                yield name

    def drop_orphans(self, made: dict[str, Any]) -> None:
        """Take out properties that would have to bring along others that could not be made."""
        along = [(name, needs) for part in self.parts for name, needs in demands(part).items()]
        while orphans := [name for name, needs in along if name in made and not set(needs) <= made.keys()]:
            for name in orphans:
                made.pop(name, None)

    def trouble(self, reason: str) -> Unsatisfiable:
        return Unsatisfiable(self.parts[0].path, reason)
