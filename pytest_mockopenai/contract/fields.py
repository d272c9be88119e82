"""The fields of a form, which are texts, as the values that the installed openai package's parameter types ask for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.contract.shapes import Anything, Array, Object, Plan, Scalar, Shape, Table
from pytest_mockopenai.contract.typed import ANYTHING, NoSuchType, plan_of
from pytest_mockopenai.contract.unions import OneOf, Tagged
from pytest_mockopenai.core import jsontext

_WHOLE = re.compile("-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,3})?")
_TRUTH = {"true": True, "false": False}


def typed(params: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with the values that the type `params` (as in `params.check`) has in the place of the texts.

    Where the type has a number, a truth value, an object or an array, a text that is one becomes it: objects and arrays
    are sent as JSON text by some clients, and in fields of their own by others. Any other text stays, to be refused
    with its type. The same for a type that the installed SDK lacks: then all texts stay.
    """
    try:
        return _object(plan_of(params), fields)
    except NoSuchType:
        return dict(fields)


def _object(plan: Plan, fields: Mapping[str, Any]) -> dict[str, Any]:
    shapes = {name: plan.fields[name].shape if name in plan.fields else ANYTHING for name in fields}
    return {name: _typed(shapes[name], value) for name, value in fields.items()}


def _typed(shape: Shape, value: Any) -> Any:
    if isinstance(value, str):
        return _read(shape, value)
    shape = shape.by_type.get(type(value), ANYTHING) if isinstance(shape, OneOf) else shape
    if type(value) is list and isinstance(shape, Array):
        return [_typed(shape.item, each) for each in value]
    if type(value) is dict:
        return _inner(shape, value)
    return value


def _inner(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    """An object within another; of several that are told apart by a tag, the first one that it fits."""
    if isinstance(shape, Table):
        return {name: _typed(shape.item, each) for name, each in value.items()}
    if isinstance(shape, Object):
        return _object(shape.plan(), value)
    if isinstance(shape, Tagged):
        made = (_object(member.plan(), value) for member in shape.objects)
        return next((each for each in made if shape.find(each) is None), value)
    return value


def _read(shape: Shape, text: str) -> Any:
    if _takes_any_text(shape):
        return text
    types = shape.types
    if bool in types and text in _TRUTH:
        return _TRUTH[text]
    if int in types and _WHOLE.fullmatch(text):
        return int(text)
    if float in types and _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return _json(types, text) if types & {dict, list} else text


def _takes_any_text(shape: Shape) -> bool:
    of_text = shape.by_type.get(str) if isinstance(shape, OneOf) else shape
    return isinstance(of_text, Anything) or (isinstance(of_text, Scalar) and str in of_text.types)


def _json(types: frozenset[type], text: str) -> Any:
    try:
        value = jsontext.loads(text)
    except jsontext.BadJSON:
        return text
    return value if type(value) in types & {dict, list} else text
