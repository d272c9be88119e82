"""Answers prepared for requests that come again: made, cut and encoded once, and filled in for each repetition.

This is for endpoints that say of a request that its answer depends on nothing else (`Endpoint.repeatable`): what goes
out is, byte for byte, what the endpoint would have made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_mockopenai.core import headers, jsontext
from pytest_mockopenai.core.blanks import TIME, Blanks, Form, Values
from pytest_mockopenai.core.endpoint import Context, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.handle import Outcome, answered
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finished answer whose ids and times are blank: templates of its object and, of a stream, of its events."""

    form: Form
    object: bytes
    events: tuple[bytes, ...] | None
    usage: Usage | None
    status: int

    @property
    def size(self) -> int:
        """Its bytes, about."""
        return len(self.object) + sum(map(len, self.events or ()))

    def filled(self, serial: Draw, now: int) -> tuple[Outcome, Callable[[], Any]]:
        """The answer to one request as it goes out, and a function that reads its object."""
        values = self.form.values(serial, now)
        events = self.events
        read = partial(_read, self.object, values)
        if events is not None:
            sent = tuple([event % values for event in events])
            return Outcome(Finished({}, self.usage), sent), read
        content = (headers.JSON, self.object % values)
        return Outcome(Finished({}, self.usage, status=self.status, content=content), None), read


def _read(template: bytes, values: Values) -> Any:
    return jsontext.loads(template % values)


def prepare(context: Callable[[Draw, float], Context]) -> Prepared | None:
    """The answer to a call with its ids and times left blank, or None if they cannot be.

    `context` is given the serial and the time that stand for any. Raises `Refused` as answering does.
    """
    blanks = Blanks()
    try:
        return _emptied(answered(context(blanks.serial(), TIME)), blanks)
    except Refused:
        raise
    except Exception:  # also what a mark breaks that is read as something else; answering anew tells what is a bug
        return None


def _emptied(outcome: Outcome, blanks: Blanks) -> Prepared | None:
    finished = outcome.finished
    if finished.content is not None or finished.headers:
        return None
    object_ = blanks.template(jsontext.dumps(finished.object))
    events = outcome.events and _templates(outcome.events, blanks)
    return Prepared(blanks.form(), object_, events, finished.usage, finished.status)


def _templates(events: tuple[bytes, ...], blanks: Blanks) -> tuple[bytes, ...]:
    """All at once: JSON text holds no NUL."""
    return tuple(blanks.template(b"\0".join(events)).split(b"\0"))
