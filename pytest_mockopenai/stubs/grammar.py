"""What the values of a stubs file mean: settings, models and rules. Every mistake is told with where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pytest_mockopenai import scripting, settings, tokens
from pytest_mockopenai.core.script import Rule, When
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.cost import Price
from pytest_mockopenai.stubs.document import Path, Wrong
from pytest_mockopenai.stubs.replies import replies, reply

SETTINGS = (
    "seed",
    "strict",
    "models",
    "require_key",
    "invalid_keys",
    "body_limit",
    "retry_waits",
    "latency",
    "limits",
    "job_seconds",
    "chaos",
    "webhook_url",
    "webhook_secret",
    "scenario_header",
    "unknown_ids",
)
"""The settings that a file may set, as in `settings.Settings`."""

CONDITIONS = tuple(field.name for field in fields(When) if field.name != "where")
"""The conditions of `core.script.When` that are no functions."""

_NOT_HERE = dict.fromkeys(("max_calls", "max_total_tokens", "max_cost"), "is a budget: it is set in a test")
_NO_FUNCTION = {"where": "is a function of a test in Python: a file cannot hold one"}


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a file declares, with what its tokens are counted by and cost, where it says so."""

    name: str
    encoding: str | None = None
    price: Price | None = None


def read_settings(value: Any, path: Path = ("settings",)) -> dict[str, Any]:
    """The settings by name, each of the right type."""
    found = checked_mapping(path, value, SETTINGS, "setting", _NOT_HERE)
    return {name: _tried((*path, name), settings.checked, {name: item})[name] for name, item in found.items()}


def read_models(value: Any) -> tuple[Model, ...]:
    """The models in the order of the file."""
    return tuple(_model(("models", at), item) for at, item in enumerate(_list(("models",), value)))


def _model(path: Path, value: Any) -> Model:
    if isinstance(value, str):
        return Model(value)
    found = checked_mapping(path, value, ("name", "encoding", "price"), "key of a model")
    if not isinstance(found.get("name"), str):
        raise Wrong(path, "a model has a name: write a text, or a mapping with 'name'")
    encoding = found.get("encoding")
    if encoding is not None and encoding not in tokens.ENCODINGS:
        raise Wrong((*path, "encoding"), f"no encoding {encoding!r}.{did_you_mean(str(encoding), tokens.ENCODINGS)}")
    return Model(found["name"], encoding, _price((*path, "price"), found["price"]) if "price" in found else None)


def _price(path: Path, value: Any) -> Price:
    found = checked_mapping(path, value, ("input", "output", "cached"), "key of a price")
    for name, amount in found.items():
        if isinstance(amount, bool) or not isinstance(amount, (int, float)) or amount < 0:
            raise Wrong((*path, name), f"{name} is US dollars per million tokens, at least 0, not {amount!r:.60}")
    if "input" not in found:
        raise Wrong(path, "a price has 'input', in US dollars per million tokens")
    return Price(**found)


def read_rules(value: Any, origin: Callable[[Path], str]) -> tuple[Rule, ...]:
    """The rules in the order of the file; `origin` says where a rule is written."""
    return tuple(read_rule(("rules", at), item, origin) for at, item in enumerate(_list(("rules",), value)))


def read_rule(path: Path, value: Any, origin: Callable[[Path], str]) -> Rule:
    """One rule."""
    found = checked_mapping(path, value, ("when", "reply", "always"), "key of a rule")
    when = read_when((*path, "when"), found.get("when", {}))
    if not found.keys() & {"reply", "always"}:
        raise Wrong(path, "a rule answers: it has 'reply', 'always' or both")
    place = origin(path)
    words = tuple(replies((*path, "reply"), found["reply"], place)) if "reply" in found else ()
    if "reply" in found and not words:
        raise Wrong((*path, "reply"), "'reply' has at least one reply")
    standing = _standing((*path, "always"), found["always"], place) if "always" in found else None
    return Rule(0, when, words, standing)


def _standing(path: Path, value: Any, origin: str) -> Word:
    if isinstance(value, list):
        raise Wrong(path, "'always' is one reply, which is never used up; a list is for 'reply'")
    return reply(path, value, origin)


def read_when(path: Path, value: Any) -> When:
    """The conditions of a rule."""
    found = checked_mapping(path, value, CONDITIONS, "condition", _NO_FUNCTION)
    for name, wanted in found.items():
        if wanted is None:
            raise Wrong((*path, name), f"{name} has no value: leave it out, or give it one")
        _tried((*path, name), lambda given: scripting.when(**given), {name: wanted})
    return scripting.when(**found)


def _tried(path: Path, check: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any]) -> Any:
    try:
        return check(given)
    except (TypeError, ValueError) as error:
        raise Wrong(path, str(error)) from None


def _list(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Wrong(path, f"'{path[-1]}' is a list, not {kind(value)}")
    return value


def checked_mapping(
    path: Path, value: Any, known: Iterable[str], what: str, elsewhere: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The mapping, all its keys known; `elsewhere` says of names that mean something, but not here."""
    if not isinstance(value, dict):
        name = f"'{path[-1]}'" if path and isinstance(path[-1], str) else f"each of '{path[0]}'" if path else "the file"
        raise Wrong(path, f"{name} is a mapping with {', '.join(known)}, not {kind(value)}")
    for key in value:
        if key in (elsewhere or {}):
            raise Wrong((*path, key), f"'{key}' {(elsewhere or {})[key]}")
        if key not in known:
            raise Wrong((*path, key), f"'{key:.60}' is no {what}.{did_you_mean(key, known)}")
    return value


def kind(value: Any) -> str:
    """What a value is, for a sentence."""
    if value is None:
        return "nothing"
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a mapping",
    }
    return names.get(type(value), type(value).__name__)
