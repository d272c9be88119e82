"""The objects that one operation answers with: new ones, and kept ones in the type that this operation has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pytest_mockopenai.contract.derived.models import fields_of, found, is_model
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.derived.synthesis import Synthesis, kind_of
from pytest_mockopenai.contract.derived.values import STATES, Values
from pytest_mockopenai.core.endpoint import JSON, Context

_OWN = frozenset({"id", "object", "created", "created_at", "usage"})
"""Fields that the server sets, whatever the request says."""


@dataclass(frozen=True)
class Making:
    """Makes the objects of one operation. `acts`: it does something to the item that the path goes through."""

    operation: Operation
    acts: bool

    def new(self, context: Context, put: str | None = None) -> JSON:
        """A made-up object with the ids of the path and what the body says.

        `put` is the parameter by which items are called where the body puts one that has an id into a collection.
        """
        return self._value(self._synthesis(context), {**accepted(context.body), **self._own_id(context, put)})

    def shown(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        """A kept object; the type of this operation may have fewer or other fields than that of its creation."""
        return self._value(self._synthesis(context), kept)

    def changed(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        """What a kept object is after the request: what its body says, and the state that a verb leaves it in."""
        change = accepted(context.body)
        if self.acts and is_model(self.type):
            kept = {name: value for name, value in kept.items() if not name.endswith("secret")}  # it is told but once
            made = self._synthesis(context)
            states = (field for field in fields_of(self.type) if field.name in STATES and field.name in kept)
            change.update({field.name: made.value(field.type, field.name) for field in states})
        return {**kept, **change}

    def deleted(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        """What is said of an object that was deleted."""
        return self._value(self._synthesis(context), {"id": kept["id"]})

    def listed(self, context: Context, index: int) -> JSON:
        """One of a list of what nobody created: the same however the list is asked for."""
        draw = context.draw.child(f"item {index}")
        made = Synthesis(Values(draw, draw, context.now), _known(context))
        return self._value(made, accepted(context.body), place=f"[{index}]")

    def of_stream(self, context: Context, whole: JSON) -> Synthesis:
        """Makes the events that tell of one object."""
        made = self._synthesis(context)
        if not is_model(self.type):
            return made
        of_it = {f"{kind_of(self.type).rpartition('.')[2]}_id": str(whole.get("id"))}
        return replace(made, whole={self.type: whole}, known={**made.known, **of_it})

    @cached_property
    def type(self) -> Any:
        """The type of the reply; of a page, of its items. Raises Unreadable."""
        return found(self.operation.reply) if self.operation.reply else None

    @property
    def creates(self) -> bool:
        """Whether it makes a new object."""
        return self.operation.method == "POST" and not self.acts and self.operation.collection is None

    def _value(self, made: Synthesis, given: Mapping[str, Any], place: str = "") -> JSON:
        """An object of what is given; of one type it is whatever a tag in that says."""
        if is_model(self.type):
            return made.object(self.type, given, place=place)
        value: JSON = made.value(self.type, "data", given, place=place)
        return value

    def _own_id(self, context: Context, put: str | None) -> JSON:
        names = self.operation.parameters
        if names and (self.acts or self.operation.collection is not None):
            return {"id": context.path[names[-1]]}
        id_ = context.body.get(put) if put else None
        return {"id": id_} if isinstance(id_, str) else {}

    def _synthesis(self, context: Context) -> Synthesis:
        draw = context.draw.child("derived")
        ids = context.serial.child("derived") if self.creates or self.acts else draw
        last = self.operation.segments[-1]
        return Synthesis(Values(draw, ids, context.now, last if self.acts else ""), _known(context), about=last)


def accepted(body: Mapping[str, Any]) -> JSON:
    """What a request may say of an object."""
    return {name: value for name, value in body.items() if name not in _OWN}


def _known(context: Context) -> Mapping[str, str]:
    """The ids that the path names, by their parameters; one that is just called `id` would be everybody's."""
    return {name: value for name, value in context.path.items() if name != "id"}
