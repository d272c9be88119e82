"""What derived endpoints keep: objects that a POST to a collection creates and a GET of one of its items reads.

Which collections there are follows from the operations: one that can be created into and retrieved from keeps what is
created; it is listed, changed and deleted as far as there are operations for that. A path that can be read and written
and has the same type both ways is a setting, which keeps what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.forms import File


def _key(values: Iterable[str]) -> str:
    """The values of a path as one text, in which none can pose as two."""
    return "/".join(quote(value, safe="", errors="surrogatepass") for value in values)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection that keeps its items.

    `path` is its path, `parameters` those of an item's path, and `retrieve` reads an item.
    """

    path: str
    parameters: tuple[str, ...]
    retrieve: Operation

    def items(self, store: Store) -> Collection:
        """Entries by the values in the item's path: `object`, and `file`, the content type of one sent along."""
        return store.collection(self._name)

    @property
    def _name(self) -> str:
        return f"derived {self.path}"

    def key(self, values: Mapping[str, str]) -> str:
        """The key of an item, whose path has these values."""
        return _key(values[name] for name in self.parameters)

    def put(self, context: Context, made: JSON, file: File | None = None) -> None:
        """Keep what was created, under the id by which its path will name it; raises `Refused` if there is no room."""
        name = self.parameters[-1]
        id_ = context.body.get(name) or made.get(name) or made.get("id")
        if not isinstance(id_, (str, int)):
            return
        key = self.key({**context.path, name: str(id_)})
        if file is not None:
            context.store.contents.put(self._content_id(key), file.data)
        kind = file and file["content_type"]
        self.items(context.store).put(key, {"key": key, "object": {"id": str(id_), **made}, "file": kind})

    def content(self, context: Context) -> tuple[str, bytes] | None:
        """The content type and the bytes of the file that an item was created with."""
        entry = self.find(context)
        data = context.store.contents.get(self._content_id(entry["key"])) if entry else None
        return None if entry is None or data is None else (entry["file"], data)

    def _content_id(self, key: str) -> str:
        return f"{self._name}/{key}"

    def find(self, context: Context) -> JSON | None:
        """The entry of an item, if there is one."""
        return self.items(context.store).get(self.key(context.path))

    def get(self, context: Context) -> JSON:
        """The entry of an item; raises `Refused` with 404 if there is none."""
        return self._found(context, self.find(context))

    def update(self, context: Context, change: Callable[[JSON], JSON]) -> JSON:
        """Change an item's object; returns what it is then. Raises `Refused` with 404."""
        key = self.key(context.path)
        entry = self.items(context.store).update(key, lambda entry: {**entry, "object": change(entry["object"])})
        changed: JSON = self._found(context, entry)["object"]
        return changed

    def delete(self, context: Context) -> JSON:
        """Forget an item; returns its object. Raises `Refused` with 404."""
        entry = self.get(context)
        self.items(context.store).delete(entry["key"])
        context.store.contents.delete(self._content_id(entry["key"]))
        kept: JSON = entry["object"]
        return kept

    def all(self, context: Context) -> dict[str, JSON]:
        """The objects of the collection that the path names, by the last value in the path of each, oldest first."""
        above = "".join(f"{_key([context.path[name]])}/" for name in self.parameters[:-1])
        entries = (entry for entry in self.items(context.store).all() if entry["key"].startswith(above))
        return {unquote(entry["key"].removeprefix(above)): entry["object"] for entry in entries}

    def _found(self, context: Context, entry: JSON | None) -> JSON:
        if entry is None:
            raise Refused(errors.not_found(self.called, context.path[self.parameters[-1]]))
        return entry

    @property
    def called(self) -> str:
        """What an item is called in messages: `Webhook endpoint`."""
        words = self.path.rpartition("/")[2].removesuffix("s").replace("_", " ")
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Setting:
    """An object that is always there, one for each path: `parameters` are those of the path."""

    path: str
    parameters: tuple[str, ...]

    def get(self, context: Context) -> JSON:
        """What has been written, empty before that."""
        return self._all(context.store).get(self._key(context)) or {}

    def put(self, context: Context, written: JSON) -> None:
        """Keep this."""
        self._all(context.store).put(self._key(context), written)

    def forget(self, context: Context) -> None:
        """Put it back to how it began."""
        self._all(context.store).delete(self._key(context))

    def _all(self, store: Store) -> Collection:
        return store.collection(f"derived {self.path}")

    def _key(self, context: Context) -> str:
        return _key(context.path[name] for name in self.parameters)
