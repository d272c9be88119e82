"""Bodies that the API takes (bodies.json), and a second opinion on bodies: pydantic's, over the same TypedDicts."""

from __future__ import annotations

import collections.abc
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union

import openai
import pydantic
import pytest
import typing_extensions as te

from pytest_mockopenai.contract import practice

LISTS = (collections.abc.Iterable, collections.abc.Sequence, list)
TABLES = (collections.abc.Mapping, dict)


@dataclass(frozen=True)
class Case:
    """A body that the API takes, and the name of the parameter type that it follows."""

    name: str
    params: str
    body: dict[str, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `case` runs for each body that the installed SDK is new enough for."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", (case := _cases()), ids=[each.name for each in case])


def _cases() -> list[Case]:
    entries = json.loads(Path(__file__).with_name("bodies.json").read_text(encoding="utf-8"))
    return [
        Case(entry["name"], entry["params"], entry["body"])
        for entry in entries
        if _version(entry["since"]) <= _version(openai.__version__)
    ]


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")[:2]))


@pytest.fixture(scope="session")
def pydantic_takes() -> Callable[[str, Any], bool]:
    """Whether pydantic takes a body of the named type, but for chat's rule on `content`, which no type states."""

    def takes(params: str, body: Any) -> bool:
        try:
            _adapter(params).validate_python(body, strict=True)
        except pydantic.ValidationError:
            return False
        return practice.missing_content(params, body) is None

    return takes


@cache
def _adapter(params: str) -> pydantic.TypeAdapter[Any]:
    module, _, name = params.partition(":")
    found = getattr(import_module(module), name)
    members = [_typed_dict(member, closed=True) for member in te.get_args(found) or (found,)]
    return pydantic.TypeAdapter(_union(members))


def _union(members: list[Any]) -> Any:
    return Union[tuple(members)]  # noqa: UP007 - a list of types has no `|`


def _converted(hint: Any) -> Any:
    """A type that pydantic checks as JSON: lists at once, uploads not at all."""
    origin, args = te.get_origin(hint), te.get_args(hint)
    if te.is_typeddict(hint):
        return _typed_dict(hint, closed=False)
    if origin in (te.Annotated, te.Required, te.NotRequired):
        return _converted(args[0])
    if origin in (Union, types.UnionType):
        return _union([_converted(arg) for arg in args])
    if origin in LISTS:
        return list[_converted(args[0])]  # type: ignore[misc]
    if origin in TABLES:
        return dict[str, _converted(args[1])]  # type: ignore[misc]
    if origin is Literal and any(isinstance(arg, bool) for arg in args):
        return _union([_only(arg) if isinstance(arg, bool) else Literal[arg] for arg in args])
    return hint if origin is Literal or hint in (str, int, float, bool, type(None)) else Any


def _only(value: bool) -> Any:
    """This boolean alone: of a literal one pydantic says that the number equal to it is it."""

    def check(given: bool) -> bool:
        if given is not value:
            raise ValueError(f"not {value}")
        return given

    return te.Annotated[bool, pydantic.AfterValidator(check)]


@cache
def _typed_dict(source: Any, *, closed: bool) -> Any:
    """The same keys, with null allowed where absence is, and absence where null is below the top level."""
    omittable = practice.omittable(source.__name__)
    keys: dict[str, Any] = {}
    for name, hint in te.get_type_hints(source, include_extras=True).items():
        more = practice.also(source.__name__, name)
        type_ = _union([_converted(hint), Literal[more]]) if more else _converted(hint)
        may_be_null = type(None) in te.get_args(type_) and not closed
        origin: Any = te.get_origin(hint)
        required = origin is te.Required and name not in omittable and not may_be_null
        keys[_wire_name(name, hint)] = te.Required[type_] if required else te.NotRequired[_union([type_, None])]
    converted: Any = te.TypedDict(source.__name__, keys)  # type: ignore[misc]
    pydantic.with_config(extra="forbid" if closed else "allow")(converted)
    return converted


def _wire_name(name: str, hint: Any) -> str:
    while (origin := te.get_origin(hint)) in (te.Annotated, te.Required):
        name = hint.__metadata__[0].alias if origin == te.Annotated else name
        hint = te.get_args(hint)[0]
    return name
