"""Which calls an admin call asks for, and which page of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from pytest_mockopenai.admin.schemas import TEXT, texts
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.script import is_endpoint
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.scripting import check_endpoint

MOST = 1000
_USUAL = 100

QUERY: Mapping[str, dict[str, Any]] = {
    "endpoint": {**TEXT, "description": "a resource of the SDK or its first part (`chat`), or a path (`/v1/models`)"},
    "model": {**TEXT, "description": "a name, or a pattern such as `gpt-4o*`"},
    "status": {**TEXT, "pattern": "^[1-5](\\d\\d|xx)$", "description": "`429`, or a class: `4xx`"},
    "word": {**TEXT, "description": "the name of a word that was played"},
    "order": texts(("asc", "desc")),
    "after": {"type": "integer", "description": "the index of the last call of the page before"},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": _USUAL},
}


def page(calls: Sequence[Call], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of the calls that all filters let through: `data` are calls. Raises `Refused` for a wrong parameter."""
    tests = [_TESTS[name](value) for name, value in query.items() if name in _TESTS]
    found = [call for call in calls if all(test(call) for test in tests)]
    falling = _order(query.get("order", "asc")) == "desc"
    ordered = found[::-1] if falling else found
    after, limit = _whole(query, "after", None, 0, None), _whole(query, "limit", _USUAL, 1, MOST)
    if after is not None:
        ordered = [call for call in ordered if (call.index < after if falling else call.index > after)]
    return {"object": "list", "data": ordered[:limit], "total": len(found), "has_more": len(ordered) > (limit or 0)}


def _endpoint(value: str) -> Callable[[Call], bool]:
    if value.startswith("/"):
        return lambda call: call.path == value
    try:
        check_endpoint(value)
    except ValueError as error:
        raise _bad("endpoint", str(error)) from None
    return lambda call: is_endpoint(call.endpoint, value)


def _model(value: str) -> Callable[[Call], bool]:
    return lambda call: call.model == value or fnmatchcase(call.model, value)


def _status(value: str) -> Callable[[Call], bool]:
    if not re.fullmatch(r"[1-5](\d\d|xx)", value):
        raise _bad("status", f"status is a number such as 429 or a class such as 4xx, not {value!r:.60}")
    return lambda call: str(call.status) == value or (value[1:] == "xx" and call.status // 100 == int(value[0]))


def _word(value: str) -> Callable[[Call], bool]:
    name = value.replace("-", "_")
    if name not in VOCABULARY:
        raise _bad("word", f"'{value:.60}' is not a word of the mock.{did_you_mean(name, VOCABULARY)}")
    named = re.compile(rf"(?:^|\| ){name}\(")
    return lambda call: bool(call.word and named.search(call.word))


_TESTS: Mapping[str, Callable[[str], Callable[[Call], bool]]] = {
    "endpoint": _endpoint,
    "model": _model,
    "status": _status,
    "word": _word,
}


def _order(value: str) -> str:
    if value not in ("asc", "desc"):
        raise _bad("order", f"order is asc or desc, not {value!r:.60}")
    return value


def _whole(query: Mapping[str, str], name: str, usual: int | None, least: int, most: int | None) -> int | None:
    text = query.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    if number < least or (most is not None and number > most):
        wanted = f"from {least} to {most}" if most else f"of at least {least}"
        raise _bad(name, f"{name} is a whole number {wanted}, not {text!r:.60}")
    return number


def _bad(name: str, message: str) -> Refused:
    return Refused(errors.invalid(message, param=name))
