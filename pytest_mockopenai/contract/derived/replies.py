"""From an operation to what answers it: an object, a page, bytes, a text, nothing, a stream; made up or kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.contract.derived import pages, streams
from pytest_mockopenai.contract.derived.keeping import Setting, Shelf
from pytest_mockopenai.contract.derived.making import Making
from pytest_mockopenai.contract.derived.models import found
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.core import prose
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.forms import File

_LISTED = 3  # items of a list of what cannot be created
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_TEXT_FORMATS = ("text", "srt", "vtt")


@dataclass(frozen=True, slots=True)
class Replies:
    """The replies of one operation.

    `kept` is where its items are kept, or the one object that its path stands for; None if nothing is. `above` are the
    collections of its parents. `unseen`: ids that were never seen are as good as others.
    """

    operation: Operation
    making: Making
    kept: Shelf | Setting | None
    above: tuple[Shelf, ...]
    unseen: bool = False

    def answer(self, context: Context) -> Finished:
        """The finished reply; raises `Refused` with 404 for what was never made, unless `unseen`."""
        if not self.unseen:
            for shelf in self.above:
                shelf.get(context)
        kind = self.operation.kind
        if kind in ("binary", "text") or context.body.get("response_format") in _TEXT_FORMATS:
            return self._content(context)
        if kind == "nothing":
            return self._nothing(context)
        return Finished(self._page(context) if self.operation.page else self._object(context))

    def events(self, context: Context, finished: Finished) -> Iterable[bytes]:
        """A short stream that tells of the finished object."""
        assert self.operation.stream
        return streams.events(found(self.operation.stream), self.making.of_stream(context, finished.object))

    def _object(self, context: Context) -> JSON:
        if isinstance(self.kept, Setting):
            return self._setting(context, self.kept)
        if self.kept is not None and self.making.creates:
            return self._created(context, self.kept)
        if self.kept is None or self.unseen:
            return self.making.new(context)
        return self._item(context, self.kept)

    def _created(self, context: Context, shelf: Shelf) -> JSON:
        made = self.making.new(context, put=shelf.parameters[-1])
        shelf.put(context, made, next(_files(context.body), None))
        return made

    def _item(self, context: Context, shelf: Shelf) -> JSON:
        """An item that was created: read, deleted, or changed."""
        if self.operation.method == "GET":
            return self.making.shown(context, shelf.get(context)["object"])
        if self.operation.method == "DELETE":
            return self.making.deleted(context, shelf.delete(context))
        changed = shelf.update(context, lambda kept: self.making.changed(context, kept))
        return self.making.shown(context, changed)

    def _setting(self, context: Context, setting: Setting) -> JSON:
        """The one object of a path: what was said of it last, and made up beyond that."""
        if self.operation.method == "DELETE":
            setting.forget(context)
        elif self.operation.method != "GET":
            setting.put(context, self.making.changed(context, setting.get(context)))
        return self.making.shown(context, setting.get(context))

    def _nothing(self, context: Context) -> Finished:
        if isinstance(self.kept, Shelf) and self.operation.method == "DELETE" and not self.unseen:
            self.kept.delete(context)
        return Finished({}, content=(_TEXT, b""))

    def _page(self, context: Context) -> JSON:
        assert self.operation.page
        if isinstance(self.kept, Shelf) and self.operation.method == "GET" and not self.unseen:
            items = {id_: self.making.shown(context, kept) for id_, kept in self.kept.all(context).items()}
        else:
            made = [self.making.listed(context, index) for index in range(_LISTED)]
            items = {str(item.get("id", index)): item for index, item in enumerate(made)}
        return pages.in_page(self.operation.page, items, context.request.query, lenient=self.unseen)

    def _content(self, context: Context) -> Finished:
        """Bytes: those of the file that was sent when the object was created, or made-up ones."""
        for shelf in self.above:
            content = shelf.content(context)
            if content is not None:
                return Finished({}, content=content)
        text = prose.filler(24, context.draw.child("content"))
        return Finished({}, content=(_BYTES if self.operation.kind == "binary" else _TEXT, text.encode()))


def _files(body: Mapping[str, Any]) -> Iterator[File]:
    """The files of a form, alone or in a list."""
    for value in body.values():
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, File))
