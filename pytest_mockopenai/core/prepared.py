"""Answers prepared for requests that come again: made, cut and encoded once, and filled in for each repetition.

This is for endpoints that say of a request that its answer depends on nothing else (`Endpoint.repeatable`): what goes
out is, byte for byte, what the endpoint would have made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_mockopenai.core import headers, jsontext
from pytest_mockopenai.core.blanks import TIME, Blanks, Form
from pytest_mockopenai.core.endpoint import Context, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.handle import Outcome, answered
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage

_BETWEEN = b"\0"  # the events of a template: JSON text holds no NUL


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finished answer whose ids and times are blank: templates of its object and, of a stream, of all its events."""

    form: Form
    object: bytes
    events: bytes | None
    usage: Usage | None
    status: int

    @property
    def size(self) -> int:
        """Its bytes, about."""
        return len(self.object) + len(self.events or b"")

    def filled(self, serial: Draw, now: int) -> tuple[Outcome, Unread]:
        """The answer to one request as it goes out, and its object to be read."""
        values = self.form.values(serial, now)
        if self.events is not None:
            events = tuple((self.events % values).split(_BETWEEN))
            return Outcome(Finished({}, self.usage), events), Unread(self.object, values)
        content = (headers.JSON, self.object % values)
        finished = Finished({}, self.usage, status=self.status, content=content)
        return Outcome(finished, None), Unread(self.object, values)


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
    finished, events = outcome
    if finished.content is not None or finished.headers or events == ():
        return None
    object_ = blanks.template(jsontext.dumps(finished.object))
    sent = None if events is None else blanks.template(_BETWEEN.join(events))
    return Prepared(blanks.form(), object_, sent, finished.usage, finished.status)
