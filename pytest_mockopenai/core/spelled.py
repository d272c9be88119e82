"""A word as the text that `core.word.parse` reads: how a word crosses to another process."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.word import VOCABULARY, Word

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def spelled(word: Word) -> str:
    """The text of a word: `rate_limit;retry_after=2;times=3`, `says;text="Hi" | cut;after=3`.

    Raises ValueError for a word that no text says: one that was not made by the vocabulary, or whose arguments are no
    JSON or have names that text cannot hold.
    """
    if not word.made:
        raise ValueError(f"{word.label or 'this word'} was not made by the mock's words, so it has no text")
    first, *others = (_call(*call) for call in word.made)
    times = f";times={word.count}" if word.count > 1 else ""
    return " | ".join([first + times, *others])


def _call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    bound = inspect.signature(VOCABULARY[name]).bind(*args, **kwargs)
    given: dict[str, Any] = {}
    for key, value in bound.arguments.items():
        several = bound.signature.parameters[key].kind is inspect.Parameter.VAR_KEYWORD
        pairs = value if several else {key: _listed(value) if isinstance(value, tuple) else value}
        if given.keys() & pairs or not all(key != "times" and _KEY.match(key) for key in pairs):
            return _as_text(name, args, kwargs)
        given.update(pairs)
    return ";".join([name, *(f"{key}={_json(name, value)}" for key, value in given.items())])


def _as_text(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """A tool call whose arguments have names that only JSON can hold, with its arguments as text."""
    if name != "tool_call":
        raise ValueError(f"{name}() has arguments whose names text cannot hold: {', '.join(map(repr, kwargs))}")
    return f"raw_tool_call;name={_json(name, args[0])};arguments={_json(name, jsontext.text(kwargs))}"


def _listed(values: tuple[Any, ...]) -> list[Any]:
    return [list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value for value in values]


def _json(name: str, value: Any) -> str:
    """JSON in ASCII, on one line: fit for headers and files too."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}() has an argument that is no JSON: {error}") from None
