"""The derived endpoints of requests: which operation is meant, what answers it, what of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_mockopenai.contract.derived import library, table
from pytest_mockopenai.contract.derived.keeping import Setting, Shelf
from pytest_mockopenai.contract.derived.making import Making
from pytest_mockopenai.contract.derived.models import Unreadable, found
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.derived.replies import Replies
from pytest_mockopenai.core import errors, forms, sse
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.routes import Match
from pytest_mockopenai.core.wire import Request


class Derived:
    """The endpoints beyond those with files; see `core.routes.Beyond`."""

    def __init__(self, modelled: Iterable[Endpoint] = ()) -> None:
        """`modelled` are the endpoints that have files: what they create is theirs to keep."""
        self._modelled = frozenset((each.method, table.normal(each.path)) for each in modelled)
        self._endpoints: dict[tuple[Operation, bool], Endpoint] = {}

    def match(self, request: Request, path: str) -> Match | None:
        """The derived endpoint of a request."""
        return self._match(request, path, unseen=False)

    def unseen(self, request: Request, path: str) -> Match | None:
        """One that makes a reply up whatever ids the request names."""
        return self._match(request, path, unseen=True)

    def variant(self, endpoint: Endpoint, request: Request, path: str) -> Endpoint:
        """A modelled endpoint with the parameters of the operation that the query makes of it."""
        best = self._operation(request, path)
        return replace(endpoint, params=best[0].params) if best and best[0].query and best[0].params else endpoint

    def methods(self, path: str) -> frozenset[str]:
        """The methods that the SDK calls a path with."""
        return frozenset(operation.method for operation, _ in table.matching(path))

    def paths(self) -> Iterable[str]:
        """Every path that the SDK calls."""
        return table.paths()

    @property
    def lack(self) -> str:
        """Why there is nothing to derive from; empty if there is."""
        return (
            "" if library.is_installed() else "More endpoints are derived from the package openai: it is not installed"
        )

    def _match(self, request: Request, path: str, *, unseen: bool) -> Match | None:
        best = self._operation(request, path)
        if best is None:
            return None
        operation, values = best
        key = operation, unseen
        if key not in self._endpoints:
            self._endpoints[key] = self._endpoint(operation, unseen=unseen)
        return Match(self._endpoints[key], values)

    def _operation(self, request: Request, path: str) -> tuple[Operation, Mapping[str, str]] | None:
        """The operation of a request; of several, the one whose fixed query it has."""
        query = set(request.query)
        fitting = (
            (operation, values)
            for operation, values in table.matching(path)
            if operation.method == request.method and query.issuperset(operation.query)
        )
        return max(fitting, key=lambda each: len(each[0].query), default=None)

    def _endpoint(self, operation: Operation, *, unseen: bool) -> Endpoint:
        making = Making(operation, self._item_of(operation) is not None)
        replies = Replies(operation, making, self._kept(operation), self._above(operation), unseen)
        return Endpoint(
            operation.method,
            operation.path,
            operation.resource,
            partial(_answered, operation, replies),
            events=replies.events if operation.stream else None,
            end=sse.DONE,
            params=operation.params,
            read=forms.read_either if operation.form else None,
            contract="derived",
            always_streams=operation.always_streams,
        )

    def is_modelled(self, operation: Operation) -> bool:
        """Whether a file claims the operation."""
        return (operation.method, table.normal(operation.path)) in self._modelled

    def keeps(self, operation: Operation) -> bool:
        """Whether a derived operation creates, lists, reads or changes what is kept."""
        return not self.is_modelled(operation) and self._kept(operation) is not None

    # --- what is kept -------------------------------------------------------------------------------------------------

    def _kept(self, operation: Operation) -> Shelf | Setting | None:
        """The collection that an operation creates into, lists, or has an item of, or the setting that it is about."""
        own = self._collection(operation.collection or operation.path, operation)
        if own is not None or operation.collection is not None:
            return own
        item = self._item_of(operation)
        if item is not None:
            return self._collection(item.collection or "", operation)
        return None if operation.page else self._setting(operation)

    def _item_of(self, operation: Operation) -> Operation | None:
        """What reads the item that an operation acts on, and answers with (`POST /things/{id}/cancel`)."""
        head = operation.path.rpartition("/")[0]
        if operation.method != "POST" or operation.page or not head.endswith("}"):
            return None
        item = _single("GET", head, operation)
        if item is None or item.reply == operation.reply:
            return item
        is_collection = any(each.method == "GET" for path in ("", "/{}") for each in table.at(operation.path + path))
        return item if not is_collection and _class_of(operation).startswith(_class_of(item)) else None

    def _setting(self, operation: Operation) -> Setting | None:
        """The setting at a path: it can be read and written, has one type both ways, and no file claims it."""
        read, write = (self._derived_single(method, operation.path, operation) for method in ("GET", "POST"))
        return Setting(read.path, read.parameters) if read and write and read.reply == write.reply else None

    def _above(self, operation: Operation) -> tuple[Shelf, ...]:
        """The kept collections whose items a path goes through, the last one first."""
        segments = operation.segments
        through = [place for place, part in enumerate(segments[:-1]) if part.startswith("{")]
        found = (self._collection("/" + "/".join(segments[:place]), operation) for place in reversed(through))
        return tuple(shelf for shelf in found if shelf is not None)

    def _collection(self, path: str, operation: Operation) -> Shelf | None:
        """The collection at a path, if objects are created there and can be read again, and no file claims it."""
        create = self._derived_single("POST", path, operation)
        retrieve = self._derived_single("GET", f"{path}/{{}}", operation)
        return Shelf(path, retrieve.parameters, retrieve) if create and retrieve else None

    def _derived_single(self, method: str, path: str, like: Operation) -> Operation | None:
        found = _single(method, path, like)
        return None if found is None or self.is_modelled(found) else found


def _single(method: str, path: str, like: Operation) -> Operation | None:
    """The operation of a path that answers with one object, and is called with the same fixed query as `like`."""
    same = (each for each in table.at(path) if each.method == method and each.query == like.query)
    return next((each for each in same if each.kind == "object" and not each.page), None)


def _class_of(operation: Operation) -> str:
    """The name of a reply's type; what acts on a `Thing` may answer with a `ThingWithSecret`."""
    return (operation.reply or "").rpartition(":")[2]


def _answered(operation: Operation, replies: Replies, context: Context) -> Finished:
    """The reply; raises `Refused` with 501 if the installed package is not as expected."""
    try:
        for name in (operation.reply, operation.stream):
            _check(name)
    except Unreadable as error:
        raise Refused(errors.not_derivable(operation.method, operation.path, str(error))) from None
    return replies.answer(context)


def _check(name: str | None) -> Any:
    return found(name) if name else None
