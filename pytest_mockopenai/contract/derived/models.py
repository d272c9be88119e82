"""The response types of the installed openai package, as far as a reply has to know them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union

Need = Literal["required", "nullable", "optional"]
"""Whether a field is always there, always there but perhaps null, or may be absent."""


class Unreadable(LookupError):
    """A type of the installed openai package is not as expected; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a response: its name on the wire, its type, and whether it must be there."""

    name: str
    type: Any
    need: Need


def found(name: str) -> Any:
    """The type that `module:Name` names; of a kind of stream, the type of its events. Raises Unreadable."""
    module, _, attribute = name.partition(":")
    try:
        type_ = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise Unreadable(f"{name}: {error}") from None
    return _of_stream(type_)


def _of_stream(type_: Any) -> Any:
    """`Event` for a class that extends `Stream[Event]`."""
    import typing_extensions as te

    for base in getattr(type_, "__orig_bases__", ()):
        if getattr(te.get_origin(base), "__name__", "") == "Stream":
            return te.get_args(base)[0]
    return type_


def is_model(type_: Any) -> bool:
    """Whether a type is a class of an object's fields. pydantic 1 has no `model_fields`, so it has no models."""
    return isinstance(type_, type) and bool(getattr(type_, "model_fields", None))


def plain(type_: Any) -> Any:
    """A type without what is annotated on it."""
    import typing_extensions as te

    return plain(te.get_args(type_)[0]) if te.get_origin(type_) is te.Annotated else type_


def members(type_: Any) -> tuple[Any, ...]:
    """The members of a union, those of unions in it included, null left out; of any other type itself."""
    import typing_extensions as te

    bare = plain(type_)
    if te.get_origin(bare) not in (Union, UnionType):
        return () if bare is NoneType else (bare,)
    return tuple(each for member in te.get_args(bare) for each in members(member))


def takes_null(type_: Any) -> bool:
    """Whether null is one of the values."""
    import typing_extensions as te

    bare = plain(type_)
    in_union = te.get_origin(bare) in (Union, UnionType)
    return bare is NoneType or (in_union and any(map(takes_null, te.get_args(bare))))


@cache
def fields_of(model: Any) -> tuple[Field, ...]:
    """The fields of a model in their order.

    A type does not tell a field that may be null from one that may be absent: both are `Optional[X] = None`. Their
    order does: the SDK's generator writes those that are always there first, each group in the order of names.
    """
    infos = model.model_fields
    always = _always(tuple(infos), [name for name, info in infos.items() if info.is_required()])
    return tuple(
        Field(info.alias or name, _annotation(info), _need(info, place < always))
        for place, (name, info) in enumerate(infos.items())
    )


def _annotation(info: Any) -> Any:
    return info.annotation


def _need(info: Any, always: bool) -> Need:
    if info.is_required():
        return "required"
    return "nullable" if always and takes_null(info.annotation) else "optional"


def _always(names: tuple[str, ...], required: list[str]) -> int:
    """How many of the first fields are always there: up to where the order of names begins anew.

    Where it does not begin anew, only what follows no required field is optional.
    """
    least = names.index(required[-1]) + 1 if required else 0
    first = 1 if names[:1] == ("id",) else 0  # which the generator puts before all
    descents = (place for place in range(first + 1, len(names)) if names[place].lower() < names[place - 1].lower())
    return max(least, next(descents, least))


@cache
def tags_of(model: Any) -> dict[str, tuple[Any, ...]]:
    """The fields that may only have certain values, with these: what tells the members of a union apart."""
    return {field.name: values for field in fields_of(model) if (values := literals(field.type))}


def literals(type_: Any) -> tuple[Any, ...]:
    """The values of a Literal; none of any other type."""
    import typing_extensions as te

    kinds = members(type_)
    if not kinds or any(te.get_origin(kind) is not Literal for kind in kinds):
        return ()
    return tuple(value for kind in kinds for value in te.get_args(kind))
