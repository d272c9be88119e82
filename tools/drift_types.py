"""What the installed SDK's types say of the paths of a reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from pytest_mockopenai.contract.derived import models, table

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_EVENT = re.compile(r"\(([^)]*)\)(.*)")


def known_paths(operation: str) -> Callable[[str], bool | None]:
    """Whether the reply type of `POST /chat/completions`, or the type of its events, has a path; None if unsure."""
    method, path = operation.split(" ")[:2]
    streamed = operation.endswith(", streamed")
    types = _types(method, path.rstrip(","), streamed=streamed)

    def is_known(path: str) -> bool | None:
        event = _EVENT.fullmatch(path)
        kinds = [kind for kind in types if not event or not event[1] or _fits_tag(kind, event[1])]
        return _has(kinds, _STEP.findall(event[2] if event else path)) if kinds else None

    return is_known


@cache
def _types(method: str, path: str, *, streamed: bool) -> tuple[Any, ...]:
    for operation in table.at(path):
        if operation.method != method or operation.query:
            continue
        name = operation.stream if streamed else operation.reply
        if name is None or operation.page is not None:
            return ()
        try:
            return tuple(map(_data_of, models.members(models.found(name))))
        except models.Unreadable:
            return ()
    return ()


def _data_of(kind: Any) -> Any:
    """What an event of assistants has as its data: the SDK puts its name beside it."""
    fields = {field.name: field.type for field in models.fields_of(kind)} if models.is_model(kind) else {}
    return models.members(fields["data"])[0] if fields.keys() >= {"data", "event"} else kind


def _has(types: list[Any], steps: list[tuple[str, str]]) -> bool | None:
    """Whether some of the types have what the steps lead to; None where a type is open."""
    if not steps:
        return True
    (tag, key), *rest = steps
    below = list(_items(types, tag) if not key else _fields(types, key))
    if not types or any(kind in (Any, object) or get_origin(kind) is dict for kind in (*types, *below)):
        return None
    return bool(below) and _has(below, rest)


def _items(types: list[Any], tag: str) -> Iterator[Any]:
    for kind in types:
        if get_origin(kind) is list:
            yield from (each for each in models.members(get_args(kind)[0]) if not tag or _fits_tag(each, tag))


def _fields(types: list[Any], key: str) -> Iterator[Any]:
    for kind in types:
        if models.is_model(kind):
            yield from (each for field in models.fields_of(kind) if field.name == key for each in _typed(field.type))


def _typed(type_: Any) -> tuple[Any, ...]:
    return models.members(type_) or (type(None),)


def _fits_tag(kind: Any, tag: str) -> bool:
    if not models.is_model(kind):
        return False
    values: Mapping[str, tuple[Any, ...]] = models.tags_of(kind)
    said = values.get("type") or values.get("object")
    return said is None or tag in said
