"""What a JSON value must be like, as values that find the first thing wrong with one; nothing here knows the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from pytest_mockopenai.core.wording import either

Path = tuple[str | int, ...]
JSON_TYPES: frozenset[type] = frozenset({str, int, float, bool, dict, list, type(None)})
TAGS = ("type", "role")
"""The parameters by which OpenAI tells the members of a union apart, the decisive one first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused: `kind`, where (`path`), and what OpenAI's message needs to say so.

    `missing`: a required key is not there. `type`: `value` is not what the phrase `expected` says. `value`: it is none
    of `supported`.
    """

    kind: Literal["missing", "type", "value"]
    path: Path = ()
    value: object = None
    expected: str = ""
    supported: tuple[object, ...] = ()

    def under(self, key: str | int) -> Problem:
        """The same problem as seen from the object or array that holds the value under `key`."""
        return replace(self, path=(key, *self.path))


class Shape(Protocol):
    """A check of one value: the JSON types it may take, the phrase OpenAI calls it by, and `find`."""

    @property
    def phrase(self) -> str:
        """What OpenAI says was expected, such as `a string` or `an array of objects`."""

    @property
    def types(self) -> frozenset[type]:
        """The Python types of the JSON values that this shape is about."""

    def find(self, value: object) -> Problem | None:
        """The first problem of `value`, or None if it fits."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value, also one that JSON cannot hold."""

    phrase: str = "any value"
    types: frozenset[type] = JSON_TYPES

    def find(self, value: object) -> None:
        """Never a problem."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one of several plain types, whatever it says."""

    phrase: str
    types: frozenset[type]

    def find(self, value: object) -> Problem | None:
        """A problem if `value` is of another type; a bool is no integer, and a float none either."""
        return None if type(value) in self.types else wrong_type(self, value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few given values, which are of `types`."""

    values: tuple[object, ...]
    types: frozenset[type]

    @property
    def phrase(self) -> str:
        """`one of 'a', 'b', or 'c'`, long values abridged as OpenAI does."""
        values = [f"'{_abridged(str(value))}'" for value in self.values]
        return f"one of {either(values)}"

    def find(self, value: object) -> Problem | None:
        """A problem of kind `type` if the value's type is wrong, `value` if only the value is."""
        if type(value) not in self.types:
            return wrong_type(self, value)
        return None if value in self.values else Problem("value", value=value, supported=self.values)


@dataclass(frozen=True, slots=True)
class Array:
    """A list of items of one shape."""

    item: Shape

    @property
    def phrase(self) -> str:
        """Such as `an array of strings`."""
        return f"an array of {_plural(self.item.phrase)}"

    @property
    def types(self) -> frozenset[type]:
        """A list."""
        return frozenset({list})

    def find(self, value: object) -> Problem | None:
        """The problem of the first item that has one."""
        if not isinstance(value, list):
            return wrong_type(self, value)
        find = self.item.find
        for index, item in enumerate(value):
            problem = find(item)
            if problem is not None:
                return problem.under(index)
        return None


@dataclass(frozen=True, slots=True)
class Table:
    """An object with keys of the caller's choice, all values of one shape."""

    item: Shape
    phrase: str = "an object"

    @property
    def types(self) -> frozenset[type]:
        """An object."""
        return frozenset({dict})

    def find(self, value: object) -> Problem | None:
        """The problem of the first value that has one."""
        if not isinstance(value, dict):
            return wrong_type(self, value)
        for name, item in value.items():
            problem = self.item.find(item)
            if problem is not None:
                return problem.under(name)
        return None


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its shape, whether null may stand for absence, whether it must be there."""

    shape: Shape
    nullable: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What an object is made of: all fields by name, the names that must be there, and those that tag it."""

    fields: Mapping[str, Field]
    required: tuple[str, ...]
    tags: Mapping[str, tuple[object, ...]]


def planned(fields: Mapping[str, Field]) -> Plan:
    """The plan of these fields; tags and the model come first among the required names, as OpenAI reports them."""
    required = [name for name, field in fields.items() if field.required]
    choices = {name: fields[name].shape for name in TAGS if name in fields}
    return Plan(
        fields=fields,
        required=tuple(sorted(required, key=lambda name: name not in (*TAGS, "model"))),
        tags={name: shape.values for name, shape in choices.items() if isinstance(shape, Choice)},
    )


@dataclass(frozen=True, slots=True)
class Object:
    """An object with named fields; `plan` is called for them at the first value, so that types may contain themselves.

    Names that it does not have are let through: the SDK itself sends back more than its own types name.
    """

    plan: Callable[[], Plan]
    phrase: str = "an object"

    @property
    def types(self) -> frozenset[type]:
        """An object."""
        return frozenset({dict})

    def find(self, value: object) -> Problem | None:
        """A missing required field, or else the problem of the first field that has one."""
        if not isinstance(value, dict):
            return wrong_type(self, value)
        plan = self.plan()
        for name in plan.required:
            if name not in value:
                return Problem("missing", (name,))
        return misfit(plan.fields, value)


def misfit(fields: Mapping[str, Field], value: Mapping[str, Any]) -> Problem | None:
    """The problem of the first of `fields`, in their order, whose value in `value` has one."""
    for name, field in fields.items():
        if name in value:
            item = value[name]
            if item is None and field.nullable:
                continue
            problem = field.shape.find(item)
            if problem is not None:
                return problem.under(name)
    return None


def wrong_type(shape: Shape, value: object) -> Problem:
    """The problem of a value that is not of `shape`'s types."""
    return Problem("type", value=value, expected=shape.phrase)


def bare(phrase: str) -> str:
    """A phrase without its article, as OpenAI puts the second and later members of a union."""
    return phrase.removeprefix("an ").removeprefix("a ").removeprefix("one of ")


def _plural(phrase: str) -> str:
    if phrase.startswith("one of "):
        return phrase
    head, _, tail = bare(phrase).partition(" of ")
    return f"{head}s of {tail}" if tail else f"{head}s"


def _abridged(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:3]}...{name[-3:]}"
