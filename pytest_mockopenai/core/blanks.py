"""Blanks: what differs when the same request comes again (its ids, its time) is left open, and filled in each time.

An answer is made with a `Blanks` in the place of its `serial` and its time. What is drawn from it is a mark, of which
the bytes that are sent are freed again: they become templates. Nobody can send such a mark, as it is a secret of the
process. What cannot be left open (a number that is drawn, a time that is reckoned with) raises `Unrepeatable`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.seed import Draw

Values = Mapping[bytes, bytes]
"""What goes into the blanks, by name."""

_SECRET = f"z{secrets.token_hex(7)}"  # no hexadecimal number, so that a mark cannot pass for one
_YEAR = str(10**17 + secrets.randbelow(9 * 10**17))
TIME = int(f"{_YEAR}{0:09}")
"""The Unix time that stands for any."""

_TRACES = (_SECRET[:8].encode(), _YEAR.encode())
_TIME = str(TIME).encode()
_NOW = b"now"

Labels = tuple[str | int, ...]
"""Which child of the serial something was drawn from."""
Drawn = tuple[Callable[..., str], tuple[Any, ...]]
"""How a text was drawn: by which method of `Draw`, and its arguments, the length last."""
Where = tuple[Labels, tuple[Drawn, ...]]
"""One blank: from which child, and what was drawn there up to it."""


class Unrepeatable(Exception):
    """An answer depends on its repetition or its time in a way that no blank can hold."""


class Blanks:
    """The blanks of one answer."""

    def __init__(self) -> None:
        self._marks: dict[Where, str] = {}

    def serial(self) -> Draw:
        """Stands for the draw that differs for each repetition."""
        return _Blank(self, ())

    def mark(self, labels: Labels, drawn: tuple[Drawn, ...]) -> str:
        """What stands for the last that was drawn by these labels; the same draw gives the same."""
        *_, length = drawn[-1][1]
        mark = f"{_SECRET}{len(self._marks):03}".ljust(length, "-")
        if len(mark) > length:
            raise Unrepeatable
        return self._marks.setdefault((labels, drawn), mark)

    def template(self, data: bytes) -> bytes:
        """The bytes with names in the place of marks: `template % values` fills them in."""
        data = data.replace(b"%", b"%%")
        for place, mark in enumerate(self._marks.values()):
            data = data.replace(mark.encode(), b"%%(%d)b" % place)
        data = data.replace(_TIME, b"%%(%b)b" % _NOW)
        if any(trace in data for trace in _TRACES):
            raise Unrepeatable
        return data

    def form(self) -> Form:
        """What is needed to fill them in."""
        return Form(tuple((b"%d" % place, *where) for place, where in enumerate(self._marks)))


@dataclass(frozen=True, slots=True)
class Form:
    """How to draw what goes into the blanks of an answer."""

    draws: tuple[tuple[bytes, Labels, tuple[Drawn, ...]], ...]

    def values(self, serial: Draw, now: int) -> Values:
        """The ids that this serial gives, and the time in whole Unix seconds."""
        values = {_NOW: b"%d" % now}
        for name, labels, drawn in self.draws:
            draw = serial
            for label in labels:
                draw = draw.child(label)
            for take, how in drawn:  # the last one is what fills the blank
                values[name] = take(draw, *how).encode()
        return values


class _Blank(Draw):
    """A draw that gives marks; only text can be drawn from it."""

    __slots__ = ("_blanks", "_drawn", "_labels")

    def __init__(self, blanks: Blanks, labels: Labels) -> None:
        super().__init__(b"")
        self._blanks = blanks
        self._labels = labels
        self._drawn: tuple[Drawn, ...] = ()

    def child(self, label: str | int) -> Draw:
        return _Blank(self._blanks, (*self._labels, label))

    def token(self, label: str, length: int) -> str:
        return self._blanks.mark(self._labels, ((Draw.token, (label, length)),))

    def hex_token(self, label: str, digits: int) -> str:
        return self._blanks.mark(self._labels, ((Draw.hex_token, (label, digits)),))

    def hex(self, digits: int) -> str:
        return self._streamed(Draw.hex, digits)

    def alphanumeric(self, length: int) -> str:
        return self._streamed(Draw.alphanumeric, length)

    def _streamed(self, take: Callable[[Draw, int], str], length: int) -> str:
        if not self._labels:  # drawing would change what others draw from the serial
            raise Unrepeatable
        self._drawn = (*self._drawn, (take, (length,)))
        return self._blanks.mark(self._labels, self._drawn)

    def _take(self, words: int) -> bytes:
        raise Unrepeatable
