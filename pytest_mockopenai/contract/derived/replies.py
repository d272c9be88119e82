"""From an operation to what answers it: an object, a page, bytes, a text, nothing, a stream; made up or kept."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pytest_mockopenai.contract.derived import pages, streams
from pytest_mockopenai.contract.derived.keeping import Shelf
from pytest_mockopenai.contract.derived.models import fields_of, found, is_model
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.derived.synthesis import Synthesis, kind_of
from pytest_mockopenai.contract.derived.values import Values
from pytest_mockopenai.core import prose
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.forms import File

_LISTED = 3  # items of a list of what cannot be created
_OWN = frozenset({"id", "object", "created", "created_at", "usage"})
"""Fields that the server sets, whatever the request says."""
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_TEXT_FORMATS = ("text", "srt", "vtt")


@dataclass(frozen=True)
class Replies:
    """The replies of one operation. `shelf` is where its items are kept, if they are; `above` are those of its parents.

    `unseen`: ids that were never seen are as good as others.
    """

    operation: Operation
    shelf: Shelf | None
    above: tuple[Shelf, ...]
    unseen: bool = False

    def answer(self, context: Context) -> Finished:
        """The finished reply; raises `Refused` with 404 for what was never made, unless `unseen`."""
        self._check_parents(context)
        kind = self.operation.kind
        if kind in ("binary", "text") or context.body.get("response_format") in _TEXT_FORMATS:
            return self._content(context)
        if kind == "nothing":
            if self.operation.method == "DELETE" and self.shelf and not self.unseen:
                self.shelf.delete(context)
            return Finished({}, content=(_TEXT, b""))
        return Finished(self._page(context) if self.operation.page else self._object(context))

    def events(self, context: Context, finished: Finished) -> Iterable[bytes]:
        """A short stream that tells of the finished object."""
        assert self.operation.stream
        made = self._made(context)
        if is_model(self._type):
            of_it = {f"{kind_of(self._type).rpartition('.')[2]}_id": str(finished.object.get("id"))}
            made = replace(made, whole={self._type: finished.object}, known={**made.known, **of_it})
        return streams.events(found(self.operation.stream), made)

    # --- kinds of reply -----------------------------------------------------------------------------------------------

    def _object(self, context: Context) -> JSON:
        shelf = self.shelf
        if shelf is None or (self.unseen and not self._creates):
            return self._new(context)
        if self._creates:
            made = self._new(context)
            self._keep(context, shelf, made)
            return made
        if self.operation.method == "GET":
            return self._shown(context, shelf.get(context)["object"])
        if self.operation.method == "DELETE":
            return self._deleted(context, shelf.delete(context))
        changed = shelf.update(context, lambda kept: {**kept, **self._changed(context, kept)})
        return self._shown(context, changed)

    def _page(self, context: Context) -> JSON:
        assert self.operation.page
        if self.shelf is not None and not self.unseen and self.operation.method == "GET":
            items = {id_: self._shown(context, kept) for id_, kept in self.shelf.all(context).items()}
        else:
            made = [self._item(context, index) for index in range(_LISTED)]
            items = {str(item.get("id", index)): item for index, item in enumerate(made)}
        return pages.in_page(self.operation.page, items, context.request.query, lenient=self.unseen)

    def _item(self, context: Context, index: int) -> JSON:
        """One of a list of what nobody created: the same however the list is asked for."""
        draw = context.draw.child(f"item {index}")
        made = Synthesis(Values(draw, draw, context.now), self._known(context))
        return self._value(made, self._accepted(context.body), place=f"[{index}]")

    def _content(self, context: Context) -> Finished:
        """Bytes: those of the file that was sent when the object was created, or made-up ones."""
        for shelf in self.above:
            entry = shelf.items(context.store).get(shelf.key(context.path))
            if entry is not None and "file" in entry:
                kind, data = entry["file"]
                return Finished({}, content=(kind, base64.b64decode(data)))
        text = prose.filler(24, context.draw.child("content"))
        return Finished({}, content=(_BYTES if self.operation.kind == "binary" else _TEXT, text.encode()))

    # --- objects ------------------------------------------------------------------------------------------------------

    def _new(self, context: Context) -> JSON:
        """A made-up object with the ids of the path and what the body says."""
        return self._value(self._made(context), {**self._accepted(context.body), **self._own_id(context)})

    def _shown(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        """A kept object in the type of this operation, which may have fewer or other fields than what was created."""
        return self._value(self._made(context), kept)

    def _changed(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        """What the request changes: what its body says, and the state that its verb leaves an object in."""
        accepted = self._accepted(context.body)
        made = self._made(context)
        if not self._is_item and is_model(self._type):
            for field in fields_of(self._type):
                if field.name in ("status", "state") and field.name in kept:
                    accepted[field.name] = made.value(field.type, field.name)
        return {**accepted, "id": kept["id"]}

    def _deleted(self, context: Context, kept: Mapping[str, Any]) -> JSON:
        return self._value(self._made(context), {**self._own_id(context), "id": kept["id"]})

    def _value(self, made: Synthesis, given: Mapping[str, Any], place: str = "") -> JSON:
        """An object of what is given; of one type it is whatever a tag in that says."""
        if is_model(self._type):
            return made.object(self._type, given, place=place)
        value: JSON = made.value(self._type, "data", given, place=place)
        return value

    def _keep(self, context: Context, shelf: Shelf, made: JSON) -> None:
        sent = next(_files(context.body), None)
        more = {"file": [sent["content_type"], base64.b64encode(sent.data).decode()]} if sent else {}
        shelf.put(context, made, **more)

    def _accepted(self, body: Mapping[str, Any]) -> JSON:
        return {name: value for name, value in body.items() if name not in _OWN}

    def _own_id(self, context: Context) -> JSON:
        """The id of the item that the path names, or of the one that the body puts into a collection."""
        names = self.operation.parameters
        if names and self._names_item:
            return {"id": context.path[names[-1]]}
        put = context.body.get(self.shelf.parameters[-1]) if self.shelf else None
        return {"id": put} if isinstance(put, str) else {}

    def _known(self, context: Context) -> Mapping[str, str]:
        return {name: value for name, value in context.path.items() if name != "id"}

    def _made(self, context: Context) -> Synthesis:
        ids = context.serial.child("derived") if self._creates else context.draw.child("derived")
        values = Values(context.draw.child("derived"), ids, context.now, self._verb)
        return Synthesis(values, self._known(context), about=self.operation.segments[-1])

    def _check_parents(self, context: Context) -> None:
        """Raises `Refused` with 404 if what the path goes through was never made."""
        if not self.unseen:
            for shelf in self.above:
                shelf.get(context)

    # --- what the operation is ----------------------------------------------------------------------------------------

    @cached_property
    def _type(self) -> Any:
        return found(self.operation.reply) if self.operation.reply else None

    @property
    def _is_item(self) -> bool:
        """Whether the path ends with the item's id."""
        return self.operation.collection is not None

    @property
    def _names_item(self) -> bool:
        """Whether the reply is the item that the path names: at its own path, or at that of something done to it."""
        return self._is_item or (self.shelf is not None and not self._creates)

    @property
    def _creates(self) -> bool:
        """Whether a new object is made."""
        path = self.shelf.path if self.shelf else None
        own = path == self.operation.path if path else not self._is_item
        return self.operation.method == "POST" and own

    @property
    def _verb(self) -> str:
        """What is done to the item: the last part of the path, where that is no collection."""
        return "" if self._is_item or self._creates else self.operation.segments[-1]


def _files(body: Mapping[str, Any]) -> Iterator[File]:
    """The files of a form, alone or in a list."""
    for value in body.values():
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, File))
