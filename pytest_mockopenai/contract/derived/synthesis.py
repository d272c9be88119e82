"""JSON values that a type of the SDK takes, made of what was given as far as that fits, and made up beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import NoneType
from typing import Any, Final

from pytest_mockopenai.contract.derived import ids
from pytest_mockopenai.contract.derived.models import (
    Field,
    fields_of,
    is_model,
    literals,
    members,
    plain,
    tags_of,
    takes_null,
)
from pytest_mockopenai.contract.derived.values import Values, added_up

NOTHING: Final = object()
"""Stands for no value given, where None is one."""

_DEEPEST = 8  # objects in objects, before lists stay empty and unions prefer what is plain
_FILLED = frozenset({"answers", "choices", "content", "data", "items", "output", "results"})
"""Lists that one looks into: they get an item. Others stay empty, as errors, annotations and tools mostly are."""
_WANTED = frozenset(
    {
        *(
            "amount",
            "completed_at",
            "created",
            "created_at",
            "data",
            "finished_at",
            "id",
            "metadata",
            "object",
            "status",
        ),
        "usage",
    }
)
"""Fields that have a value though they need not."""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """Makes values. `known` are fields whose values are known wherever they are, such as the ids in the path.

    `whole` are objects by their model, for what holds such an object: the events of a stream hold what is streamed.
    `about` is what the request is about, the last word of its path: of a union it takes the kind that is called so.
    """

    values: Values
    known: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[Any, Mapping[str, Any]] = field(default_factory=dict)
    about: str = ""

    def value(
        self, type_: Any, name: str, given: Any = NOTHING, *, kind: str = "", place: str = "", depth: int = 0
    ) -> Any:
        """A value of a type for the field `name` of an object of this kind."""
        if given is None and takes_null(type_):
            return None
        kinds = members(type_)
        fitting = next((each for each in kinds if takes(each, given)), None) if given is not NOTHING else None
        if fitting is None:
            given = NOTHING
            fitting = _called(kinds, self.about) or _simplest(kinds, deep=depth > _DEEPEST)
        return self._made(fitting, name, given, kind, place, depth)

    def _made(self, type_: Any, name: str, given: Any, kind: str, place: str, depth: int) -> Any:
        import typing_extensions as te

        if is_model(type_):
            return self.object(type_, given, place=place, depth=depth + 1)
        origin, arguments = te.get_origin(type_), te.get_args(type_)
        if origin is list or type_ is list:
            return self._list(arguments, name, given, kind, place, depth)
        if origin is dict or type_ is dict:
            return self._table(arguments, name, given, kind, place, depth)
        if given is not NOTHING:
            return given
        if literals(type_):
            return self.values.choice(name, literals(type_))
        return self._scalar(type_, name, kind, place)

    def _scalar(self, type_: Any, name: str, kind: str, place: str) -> Any:
        if type_ is str:
            return self.known.get(name) or self.values.text(name, kind, place)
        if type_ is bool:
            return self.values.flag(name)
        if type_ is int:
            return self.values.whole(name, place)
        if type_ is float:
            return self.values.decimal(name, place)
        return None if type_ in (None, NoneType) else {}

    def _list(self, arguments: Sequence[Any], name: str, given: Any, kind: str, place: str, depth: int) -> list[Any]:
        item = arguments[0] if arguments else Any
        wanted = given if given is not NOTHING else [NOTHING] * (name in _FILLED and depth <= _DEEPEST)
        return [
            self.value(item, name, each, kind=kind, place=f"{place}[{index}]", depth=depth + 1)
            for index, each in enumerate(wanted)
        ]

    def _table(
        self, arguments: Sequence[Any], name: str, given: Any, kind: str, place: str, depth: int
    ) -> dict[str, Any]:
        if given is NOTHING:
            return {}
        item = arguments[1] if len(arguments) > 1 else Any
        return {
            key: self.value(item, key, each, kind=kind, place=f"{place}.{key}", depth=depth + 1)
            for key, each in given.items()
        }

    def object(self, model: Any, given: Any = NOTHING, *, place: str = "", depth: int = 0) -> dict[str, Any]:
        """An object of a model's fields: those given that fit, those that are always there, and a few more."""
        if given is NOTHING:
            given = self.whole.get(model, {}) if place else {}
        kind = kind_of(model)
        made = {}
        for each in fields_of(model):
            value = self._field(each, given.get(each.name, NOTHING), kind, f"{place}.{each.name}", depth)
            if value is not NOTHING:
                made[each.name] = value
        return added_up(made)

    def _field(self, each: Field, given: Any, kind: str, place: str, depth: int) -> Any:
        """The field's value, or NOTHING for one that is left out."""
        fits = given is not NOTHING and takes(each.type, given)
        if not fits and each.name not in _WANTED and each.name not in self.known and each.need != "required":
            return None if each.need == "nullable" else NOTHING
        if not fits and each.need == "optional" and depth > _DEEPEST:
            return NOTHING
        return self.value(each.type, each.name, given if fits else NOTHING, kind=kind, place=place, depth=depth)


@cache
def kind_of(model: Any) -> str:
    """What an object is, as its `object` says, or else its `type`, or else the name of its class."""
    tags = tags_of(model)
    values = tags.get("object") or tags.get("type")
    return str(values[0]) if values else ids.kind_of_class(model.__name__)


def takes(type_: Any, given: Any) -> bool:
    """Whether a value can be used for a type: an object, if nothing in it says that it is another one."""
    if given is None:
        return takes_null(type_) or plain(type_) in (Any, object)
    return any(_takes(each, given) for each in members(type_))


def _takes(type_: Any, given: Any) -> bool:
    import typing_extensions as te

    if type_ in (Any, object):
        return True
    if literals(type_):
        return any(type(given) is type(value) and given == value for value in literals(type_))
    if is_model(type_):
        return isinstance(given, Mapping) and _agrees(type_, given)
    origin, arguments = te.get_origin(type_), te.get_args(type_)
    if origin is list:
        return isinstance(given, list) and all(takes(arguments[0], each) for each in given)
    if origin is dict:
        return isinstance(given, Mapping) and all(takes(arguments[1], each) for each in given.values())
    return _is_scalar(type_, given)


def _is_scalar(type_: Any, given: Any) -> bool:
    if isinstance(given, bool):
        return type_ is bool
    return isinstance(given, (int, float) if type_ is float else type_) if isinstance(type_, type) else False


def _agrees(model: Any, given: Mapping[str, Any]) -> bool:
    """Whether an object may be of this model: no tag says otherwise, and they have something in common."""
    tags = tags_of(model)
    if any(name in given and given[name] is not None and given[name] not in values for name, values in tags.items()):
        return False
    return not given or any(each.name in given for each in fields_of(model))


def _called(kinds: Iterable[Any], about: str) -> Any:
    """The member of a union whose `object` or `type` has this word in it: `organization.costs.result` for `costs`."""
    models = (each for each in kinds if about and is_model(each))
    return next((each for each in models if about in kind_of(each).split(".")), None)


def _simplest(kinds: Iterable[Any], *, deep: bool) -> Any:
    """The member of a union that is made up: the first; names before any text, and where it is deep plain values."""
    found = list(kinds)
    if not found:
        return NoneType
    if deep:
        return next((each for each in found if not is_model(each)), found[0])
    return next((each for each in found if literals(each)), found[0]) if str in found else found[0]
