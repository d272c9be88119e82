"""The replies of a stubs file or of an admin call: texts, as everywhere, and mappings of words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from pytest_mockopenai.core import words  # noqa: F401 - fills the vocabulary
from pytest_mockopenai.core.suggest import closest, did_you_mean
from pytest_mockopenai.core.word import VOCABULARY, Word, by_name, plain
from pytest_mockopenai.stubs.document import Path, Wrong

_TIMES = "times"
_AS_JSON = "To have a mapping said as JSON: says_json: {...}"


def replies(path: Path, value: Any, origin: str) -> Iterator[Word]:
    """The replies that a value is; a list is a sequence."""
    if not isinstance(value, list):
        yield reply(path, value, origin)
        return
    for at, item in enumerate(value):
        yield from replies((*path, at), item, origin)


def reply(path: Path, value: Any, origin: str) -> Word:
    """The reply that a text or a mapping is. Raises `Wrong`."""
    if isinstance(value, str):
        return replace(_made(path, lambda: plain(value)), origin=origin)
    if isinstance(value, dict) and value:
        return replace(_mapping(path, value), origin=origin)
    raise Wrong(path, f"a reply is a text, a mapping or a list of them, not {value!r:.60}; quotes make it a text")


def _mapping(path: Path, value: Mapping[str, Any]) -> Word:
    """Words joined, if the keys are words; else the mapping itself as JSON."""
    named = {key: key.replace("-", "_") for key in value}
    strangers = [key for key, name in named.items() if name not in VOCABULARY and name != _TIMES]
    if len(strangers) == len(value):
        _check_no_slip(path, strangers)
        return VOCABULARY["says_json"](value)
    if strangers:
        hint = did_you_mean(strangers[0], VOCABULARY)
        raise Wrong((*path, strangers[0]), f"'{strangers[0]}' is not a word of the mock.{hint} {_AS_JSON}")
    parts = [part for key, name in named.items() if name != _TIMES for part in _parts((*path, key), name, value[key])]
    if not parts:
        raise Wrong(path, f"'{_TIMES}' repeats a word: name one beside it. {_AS_JSON}")
    joined = _made(path, lambda: reduce(or_, parts))
    times = next((value[key] for key, name in named.items() if name == _TIMES), 1)
    return _made((*path, _TIMES), lambda: joined.times(times))


def _check_no_slip(path: Path, keys: list[str]) -> None:
    for key in keys:
        near = closest(key, VOCABULARY, cutoff=0.8) if len(key) > 3 else None
        if near:
            message = f"'{key}' is not a word of the mock. Did you mean '{near}'? {_AS_JSON}"
            raise Wrong((*path, key), message)


def _parts(path: Path, name: str, value: Any) -> list[Word]:
    """The words that `name: value` is: one, or with a list one for each item (parallel tool calls)."""
    parameters = list(inspect.signature(VOCABULARY[name]).parameters.values())
    first = parameters[0] if parameters else None
    if first is not None and first.annotation == "Any":
        return [_called(path, name, {first.name: value})]
    if isinstance(value, list) and not (first is not None and first.kind is inspect.Parameter.VAR_POSITIONAL):
        return [part for at, item in enumerate(value) for part in _parts((*path, at), name, item)]
    if isinstance(value, dict):
        return [_called(path, name, value)]
    if value is None:
        return [_called(path, name, {})]
    if first is None:
        raise Wrong(path, f"{name} takes no value: write {name}: {{}}, or the text {name}")
    return [_called(path, name, {first.name: value})]


def _called(path: Path, name: str, given: Mapping[str, Any]) -> Word:
    known = inspect.signature(VOCABULARY[name]).parameters
    spelt = {(key.replace("-", "_") if key.replace("-", "_") in known else key): item for key, item in given.items()}
    return _made(path, lambda: by_name(name, spelt), f"{name}: ")


def _made(path: Path, make: Any, prefix: str = "") -> Word:
    try:
        word: Word = make()
    except (TypeError, ValueError) as error:
        raise Wrong(path, f"{prefix}{error}") from None
    return word
