"""Reads the parameter TypedDicts of the installed openai package into shapes, each on its first use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union

from pytest_mockopenai.contract import practice
from pytest_mockopenai.contract.shapes import (
    Anything,
    Array,
    Field,
    Object,
    Plan,
    Scalar,
    Shape,
    Table,
    planned,
)
from pytest_mockopenai.contract.unions import choice_of, one_of

ANYTHING = Anything()
_PLAIN: Mapping[Any, Shape] = {
    str: Scalar("a string", frozenset({str})),
    int: Scalar("an integer", frozenset({int})),
    float: Scalar("a decimal", frozenset({float, int})),
    bool: Scalar("a boolean", frozenset({bool})),
    NoneType: Scalar("null", frozenset[type]({NoneType})),
}


@dataclass(frozen=True, slots=True)
class _Hint:
    """What a TypedDict says of one key: its name on the wire, its type, and whether it is Required."""

    name: str
    type: Any
    required: bool


class NoSuchType(LookupError):
    """The installed openai package has no TypedDict of this name."""


@cache
def plan_of(params: str) -> Plan:
    """The plan of a body by the name of its type, such as `openai.types.embedding_create_params:EmbeddingCreateParams`.

    A union (a TypedDict for streaming, one for not) becomes one plan: a field takes what any member takes there, and is
    required if all of them require it. Raises NoSuchType if the installed openai package has no such TypedDict.
    """
    types = _typed_dicts(params)
    members, fields = [_hints(member) for member in types], {}
    for name in dict.fromkeys(name for hints in members for name in hints):
        given = [hints[name] for hints in members if name in hints]
        required = len(given) == len(members) and all(hint.required for hint in given)
        shapes = [*map(_shape, dict.fromkeys(each for hint in given for each in _without_null(hint.type)))]
        more = tuple(dict.fromkeys(value for each in types for value in practice.also(each.__name__, name)))
        shape = one_of([*shapes, choice_of(more)] if more else shapes)
        fields[name] = Field(shape, not required or any(map(_takes_null, given)), required)
    return planned(fields)


@cache
def _plan(typed_dict: type) -> Plan:
    """The plan of a nested object, where what may be null may also be absent."""
    omittable = practice.omittable(typed_dict.__name__)
    fields = {}
    for name, hint in _hints(typed_dict).items():
        required = hint.required and name not in omittable and not _takes_null(hint)
        more = practice.also(typed_dict.__name__, name)
        shapes = (*map(_shape, _without_null(hint.type)), *([choice_of(more)] if more else []))
        if practice.by_name(typed_dict.__name__, name):
            shapes = (*shapes, Table(one_of(shapes)))
        fields[name] = Field(one_of(shapes), not required, required)
    return planned(fields)


def _shape(type_: Any) -> Shape:
    """The shape of a type; what JSON cannot hold, such as the bytes of an upload, may be anything."""
    import typing_extensions as te

    origin, args = te.get_origin(type_), te.get_args(type_)
    if origin is te.Annotated:
        return _shape(args[0])
    if te.is_typeddict(type_):
        return Object(partial(_plan, type_))
    if origin is Literal:
        return choice_of(args)
    if origin in (Union, UnionType):
        return one_of(map(_shape, args))
    if origin in (Iterable, Sequence, list, dict, Mapping):
        return _collection(origin in (dict, Mapping), _shape(args[-1]))
    return _PLAIN.get(type_, ANYTHING)


def _collection(keyed: bool, item: Shape) -> Shape:
    if item is ANYTHING:
        return Scalar("an object", frozenset({dict})) if keyed else Scalar("an array", frozenset({list}))
    return Table(item) if keyed else Array(item)


def _takes_null(hint: _Hint) -> bool:
    return NoneType in _members(hint.type)


def _without_null(type_: Any) -> list[Any]:
    return [member for member in _members(type_) if member is not NoneType] or [NoneType]


def _members(type_: Any) -> tuple[Any, ...]:
    import typing_extensions as te

    return te.get_args(type_) if te.get_origin(type_) in (Union, UnionType) else (type_,)


@cache
def _hints(typed_dict: type) -> dict[str, _Hint]:
    """The keys of a TypedDict; `Required` shows in the annotations only, as the SDK's modules postpone them."""
    import typing_extensions as te

    annotated = te.get_type_hints(typed_dict, include_extras=True)
    hints = (_hint(name, annotation) for name, annotation in annotated.items())
    return {hint.name: hint for hint in hints}


def _hint(name: str, annotation: Any) -> _Hint:
    import typing_extensions as te

    required = False
    while te.get_origin(annotation) in (te.Required, te.NotRequired, te.Annotated):
        required = required or te.get_origin(annotation) is te.Required
        aliases = (getattr(extra, "alias", None) for extra in getattr(annotation, "__metadata__", ()))
        name = next(filter(None, aliases), name)
        annotation = te.get_args(annotation)[0]
    return _Hint(name, annotation, required)


def _typed_dicts(params: str) -> tuple[type, ...]:
    import typing_extensions as te

    module, _, name = params.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except ModuleNotFoundError:
        found = None
    members = te.get_args(found) or (found,)
    if not all(map(te.is_typeddict, members)):
        raise NoSuchType(f"openai {_version()} has no parameter TypedDict '{params}'.")
    return members


def _version() -> str:
    import openai

    return openai.__version__
