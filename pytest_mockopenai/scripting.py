"""Writing rules: what `reply`, `always` and `when` of a mock share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pytest_mockopenai.contract.derived.library import resources
from pytest_mockopenai.core import words
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import When, is_endpoint
from pytest_mockopenai.core.suggest import closest, did_you_mean
from pytest_mockopenai.core.word import Word, plain
from pytest_mockopenai.endpoints import all_endpoints

_PACKAGE = Path(words.__file__).parent.parent


class Scriptable(Protocol):
    """What rules can be added to: an app, here or elsewhere."""

    def add_rule(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> None:
        """Script more words for a condition."""


class Scripted:
    """One rule being written: what calls like this get."""

    def __init__(self, app: Scriptable, when: When, origin: str | None = None) -> None:
        self._app = app
        self._when = when
        self._origin = origin

    def reply(self, *replies: object) -> Scripted:
        """Answer the next calls with these words, in order, each once; a list counts as its items.

        A `str` is said, a `dict` is said as JSON, and a `str` that is a word's name is that word. Raises `BadWord`
        (a ValueError) for a misspelt name and TypeError for anything that is no reply.
        """
        __tracebackhide__ = True
        origin = self._origin or caller()
        scripted = [replace(word, origin=origin) for word in _words(replies)]
        if not scripted:
            raise TypeError('reply() takes at least one reply, such as reply("Paris")')
        self._app.add_rule(self._when, scripted)
        return self

    def always(self, reply: object) -> Scripted:
        """Answer with this word every call that finds no reply left in the sequence; it is never used up."""
        __tracebackhide__ = True
        standing = replace(plain(reply), origin=self._origin or caller())
        self._app.add_rule(self._when, (), standing=standing)
        return self

    def __repr__(self) -> str:
        return f"<when {self._when}>"


def _words(replies: Iterable[object]) -> Iterator[Word]:
    __tracebackhide__ = True
    for reply in replies:
        if isinstance(reply, (list, tuple)):
            yield from _words(reply)
        else:
            yield plain(reply)


def when(
    *,
    model: str | None = None,
    endpoint: str | None = None,
    contains: str | None = None,
    matches: str | None = None,
    tool: str | None = None,
    turn: int | None = None,
    header: Mapping[str, str] | None = None,
    where: Callable[[Inquiry], object] | None = None,
) -> When:
    """The conditions, checked; raises ValueError or TypeError with a suggestion for one that can never hold."""
    __tracebackhide__ = True
    _check_texts(model=model, endpoint=endpoint, contains=contains, matches=matches, tool=tool)
    if endpoint is not None:
        check_endpoint(endpoint)
    if matches is not None:
        _check_pattern(matches)
    if turn is not None and (isinstance(turn, bool) or not isinstance(turn, int) or turn < 1):
        raise ValueError(f"turn is a whole number of at least 1, not {turn!r}")
    if where is not None and not callable(where):
        raise TypeError(f"where is a function of the call, not {where!r}")
    return When(model, endpoint, contains, matches, tool, turn, _pairs(header), where)


def _pairs(header: Mapping[str, str] | None) -> tuple[tuple[str, str], ...] | None:
    if header is None:
        return None
    if not isinstance(header, Mapping) or not all(isinstance(text, str) for pair in header.items() for text in pair):
        raise TypeError(f"header is a dict of names and values, both str, not {header!r}")
    return tuple(sorted(header.items()))


def _check_texts(**texts: object) -> None:
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is a str, not {value!r}")


def check_endpoint(endpoint: str) -> None:
    """Raises ValueError with a suggestion for what is neither a resource of the SDK nor a resource's first part."""
    __tracebackhide__ = True
    modelled = {item.resource for item in all_endpoints()}
    if any(is_endpoint(name, endpoint) for name in modelled):
        return
    every = modelled | resources()
    if not any(is_endpoint(name, endpoint) for name in every):
        near = closest(endpoint, _with_parts(every))
        told = f" Did you mean '{near}'?" if near else did_you_mean(endpoint, _with_parts(modelled))
        raise ValueError(f"no endpoint '{endpoint}'.{told}")


def _with_parts(names: set[str]) -> set[str]:
    """The names, and the first part of each."""
    return names | {name.partition(".")[0] for name in names}


def _check_pattern(pattern: str) -> None:
    __tracebackhide__ = True
    import re

    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"matches={pattern!r} is not a regular expression: {error}") from None


def caller() -> str:
    """Where the test's own code is that called the mock, as `test_app.py:12`."""
    frame: Any = sys._getframe(1)
    while frame is not None and Path(frame.f_code.co_filename).is_relative_to(_PACKAGE):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else ""
