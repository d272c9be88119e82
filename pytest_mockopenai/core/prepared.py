"""Answers prepared for requests that come again: made, cut and encoded once, and filled in for each repetition.

This is for endpoints that say of a request that its answer depends on nothing else (`Endpoint.repeatable`): what goes
out is, byte for byte, what the endpoint would have made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_mockopenai.core import headers, jsontext
from pytest_mockopenai.core.blanks import TIME, Blanks, Form, Unrepeatable
from pytest_mockopenai.core.endpoint import JSON, Collection, Contents, Context, Finished, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.handle import Outcome, answered
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage

_BETWEEN = b"\0"  # the events of a template: JSON text holds no NUL


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finished answer whose ids and times are blank: templates of its object and, of a stream, of all its events.

    `stored` is what is stored with it: the collection, and templates of the id and of the object.
    """

    form: Form
    object: bytes
    events: bytes | None
    usage: Usage | None
    status: int
    stored: tuple[tuple[str, bytes, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Its bytes, about."""
        return len(self.object) + len(self.events or b"") + sum(len(item) for _, _, item in self.stored)

    def filled(self, serial: Draw, now: int) -> tuple[Outcome, Unread]:
        """The answer to one request as it goes out, and its object to be read."""
        values = self.form.values(serial, now)
        if self.events is not None:
            events = tuple((self.events % values).split(_BETWEEN))
            return Outcome(Finished({}, self.usage), events), Unread(self.object, values)
        content = (headers.JSON, self.object % values)
        finished = Finished({}, self.usage, status=self.status, content=content)
        return Outcome(finished, None), Unread(self.object, values)

    def store(self, store: Store, filled: Unread) -> None:
        """Store what is stored with the answer that was filled in so."""
        values = filled.values
        for name, id_, item in self.stored:
            store.collection(name).put((id_ % values).decode(), Unread(item, values))


def prepare(context: Callable[[Draw, float, Store], Context]) -> Prepared | None:
    """The answer to a call with its ids and times left blank, or None if they cannot be.

    `context` is given the serial, the time and the store that stand for any. Raises `Refused` as answering does.
    """
    blanks, stored = Blanks(), _Stored()
    try:
        return _emptied(answered(context(blanks.serial(), TIME, stored)), blanks, stored)
    except Refused:
        raise
    except Exception:  # also what a mark breaks that is read as something else; answering anew tells what is a bug
        return None


def _emptied(outcome: Outcome, blanks: Blanks, stored: _Stored) -> Prepared | None:
    finished, events = outcome
    if finished.content is not None or finished.headers or events == ():
        return None
    object_ = blanks.template(jsontext.dumps(finished.object))
    sent = None if events is None else blanks.template(_BETWEEN.join(events))
    kept = tuple((name, blanks.template(id_.encode()), blanks.template(text)) for name, id_, text in stored.puts)
    return Prepared(blanks.form(), object_, sent, finished.usage, finished.status, kept)


class _Stored:
    """Stands for the store: notes what is put into it; an answer that hangs on what is there cannot be prepared."""

    def __init__(self) -> None:
        self.puts: list[tuple[str, str, bytes]] = []

    @property
    def contents(self) -> Contents:
        raise Unrepeatable

    def collection(self, name: str) -> Collection:
        return _Noting(name, self.puts)


class _Noting:
    """A collection that notes what is put into it, as it is then."""

    def __init__(self, name: str, puts: list[tuple[str, str, bytes]]) -> None:
        self._name = name
        self._puts = puts

    def put(self, id_: str, item: JSON | Unread) -> None:
        self._puts.append((self._name, id_, jsontext.dumps(item)))

    def get(self, id_: str) -> JSON | None:
        raise Unrepeatable

    def update(self, id_: str, change: Callable[[JSON], JSON], *, first: JSON | None = None) -> JSON | None:
        raise Unrepeatable

    def delete(self, id_: str) -> bool:
        raise Unrepeatable

    def all(self) -> list[JSON]:
        raise Unrepeatable
