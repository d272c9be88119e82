"""A second opinion on bodies: pydantic's, over the same TypedDicts; used by the tests of `contract.params` only."""

from __future__ import annotations

import collections.abc
import types
from functools import cache
from importlib import import_module
from typing import Any, Literal, Union

import pydantic
import typing_extensions as te

from pytest_mockopenai.contract import practice

LISTS = (collections.abc.Iterable, collections.abc.Sequence, list)
TABLES = (collections.abc.Mapping, dict)


@cache
def adapter(params: str) -> pydantic.TypeAdapter[Any]:
    """pydantic's validator for the TypedDict, or the union of them, that `params` names."""
    module, _, name = params.partition(":")
    found = getattr(import_module(module), name)
    members = [_converted(member, closed=True) for member in te.get_args(found) or (found,)]
    return pydantic.TypeAdapter(Union[tuple(members)])


def valid(params: str, body: Any) -> bool:
    """Whether pydantic takes `body`, except for chat's rule on `content`, which no type states."""
    try:
        adapter(params).validate_python(body, strict=True)
    except pydantic.ValidationError:
        return False
    return practice.missing_content(params, body) is None


def _converted(hint: Any, *, closed: bool = False) -> Any:
    origin, args = te.get_origin(hint), te.get_args(hint)
    if te.is_typeddict(hint):
        return _typed_dict(hint, closed)
    if origin in (te.Annotated, te.Required, te.NotRequired):
        return _converted(args[0])
    if origin in (Union, types.UnionType):
        return Union[tuple(_converted(arg) for arg in args)]
    if origin in LISTS:
        return list[_converted(args[0])]  # type: ignore[misc]
    if origin in TABLES:
        return dict[str, _converted(args[1])]  # type: ignore[misc]
    return hint if origin is Literal or hint in (str, int, float, bool, type(None)) else Any


def _wire_name(name: str, hint: Any) -> str:
    while (origin := te.get_origin(hint)) in (te.Annotated, te.Required):
        name = hint.__metadata__[0].alias if origin is te.Annotated else name
        hint = te.get_args(hint)[0]
    return name


@cache
def _typed_dict(source: Any, closed: bool) -> Any:
    """The same keys, with null allowed where absence is, and absence where null is below the top level."""
    omittable = practice.omittable(source.__name__)
    keys: dict[str, Any] = {}
    for name, hint in te.get_type_hints(source, include_extras=True).items():
        type_ = _converted(hint)
        may_be_null = type(None) in te.get_args(type_) and not closed
        required = te.get_origin(hint) is te.Required and name not in omittable and not may_be_null
        keys[_wire_name(name, hint)] = te.Required[type_] if required else te.NotRequired[Union[type_, None]]
    converted: Any = te.TypedDict(source.__name__, keys)  # type: ignore[operator]
    converted.__pydantic_config__ = {"extra": "forbid" if closed else "allow"}
    return converted
