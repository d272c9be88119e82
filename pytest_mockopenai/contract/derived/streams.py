"""A plausible stream of an operation whose events the SDK only lists: created, in progress, a delta, done, completed.

The SDK's type knows every event and its fields, but not which follow each other; their names tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_mockopenai.contract.derived.ids import new_id
from pytest_mockopenai.contract.derived.models import fields_of, is_model, literals, members, tags_of
from pytest_mockopenai.contract.derived.synthesis import Synthesis
from pytest_mockopenai.core import sse
from pytest_mockopenai.core.endpoint import JSON

_NAMED = "event"  # where events are named beside their data (`thread.run.created`), not in it
_BEGUN = ("created", "in_progress")
_LAST = ("completed", "idle", "done", "failed")
_SAID = ("text", "message", "image", "")


def events(type_: Any, made: Synthesis) -> Iterator[bytes]:
    """The events of a stream of this type, without its end: they name the same ids and say the same."""
    by_name = {name: member for member in members(type_) for name in _names(member)}
    chosen = {name: by_name[name] for name in _told(list(by_name))} or {"": members(type_)[0]}
    for number, (name, member) in enumerate(chosen.items()):
        begun = replace(made, whole=_in_progress(made.whole)) if name.endswith(_BEGUN) else made
        yield _written(_numbered(begun.value(member, "event", place="event"), number, made))


def _in_progress(whole: Mapping[Any, Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    """The objects of a stream as they are before its end, those that know such a state."""
    states = {model: {field.name: literals(field.type) for field in fields_of(model)} for model in whole}
    return {
        model: {**object_, "status": "in_progress"} if "in_progress" in states[model].get("status", ()) else object_
        for model, object_ in whole.items()
    }


def _numbered(event: JSON, number: int, made: Synthesis) -> JSON:
    """The event with what is its own: its place in the stream and its id, if it tells them."""
    own = {"sequence_number": number, "event_id": new_id("event", made.values.ids, f"event {number}")}
    return {**event, **{name: value for name, value in own.items() if name in event}}


def _names(member: Any) -> Sequence[str]:
    tags: Mapping[str, tuple[Any, ...]] = tags_of(member) if is_model(member) else {}
    return tags.get(_NAMED) or tags.get("type") or ()


def _written(event: JSON) -> bytes:
    return sse.event(event["data"], event[_NAMED]) if _NAMED in event and "data" in event else sse.event(event)


def _told(names: Sequence[str]) -> list[str]:
    """The names of the events that a short stream has, in order."""
    first = _shortest(names, "created")
    delta = next((found for word in _SAID if (found := _ending(names, ("delta", "partial_image"), word))), None)
    last = _last(names, first.rpartition(".")[0] if first else "")
    told = [first, _same(names, first, "in_progress"), delta, _same(names, delta, "done"), last]
    return [name for name in dict.fromkeys(told) if name]


def _last(names: Sequence[str], stem: str) -> str | None:
    """How it ends: what was created first is completed; else anything is."""
    own = (f"{stem}.{end}" for end in _LAST if stem and f"{stem}.{end}" in names)
    return next(own, None) or next((found for end in _LAST if (found := _shortest(names, end))), None)


def _shortest(names: Sequence[str], end: str) -> str | None:
    return min((name for name in names if name.endswith(end)), key=lambda name: name.count("."), default=None)


def _ending(names: Sequence[str], ends: tuple[str, ...], word: str) -> str | None:
    return next((name for name in names if name.endswith(ends) and word in name), None)


def _same(names: Sequence[str], name: str | None, end: str) -> str | None:
    """The event of what `name` tells of that ends so."""
    other = f"{(name or '').rpartition('.')[0]}.{end}"
    return other if other in names else None
