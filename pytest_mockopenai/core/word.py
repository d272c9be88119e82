"""A word as a value, the registry of words by name, and the one parser that turns text or a plain value into a word."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat, takewhile
from typing import Any, Literal, ParamSpec, TypeVar

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.suggest import closest, did_you_mean

P = ParamSpec("P")
T = TypeVar("T")

FaultKind = Literal["cut", "reset", "stall", "hang", "malformed", "short_body", "no_done", "error_event"]


@dataclass(frozen=True, slots=True)
class Timing:
    """`first`: seconds to the first byte; `each`: seconds between events of a stream."""

    first: float = 0.0
    each: float = 0.0

    def waits(self) -> Iterator[float]:
        """The wait before each event, without end."""
        return chain((self.first,), repeat(self.each))

    def total(self, events: int) -> float:
        """How long a reply of so many events after the first takes."""
        return self.first + self.each * events


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks, `after` so many events of a stream (None: halfway); an error event may be `flat`."""

    kind: FaultKind
    after: int | None = None
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One scripted reply, or a part of one: what is said or an error, timing, a fault.

    `label` is how it is written, `origin` where (`test_app.py:12`), `made` the calls that made it (name, positional and
    named arguments); origin and calls make no difference between words.
    """

    label: str = ""
    answer: Answer | None = None
    error: Error | None = None
    timing: Timing | None = None
    fault: Fault | None = None
    count: int = 1
    origin: str = field(default="", compare=False)
    made: tuple[tuple[str, tuple[Any, ...], Mapping[str, Any]], ...] = field(default=(), compare=False, repr=False)

    def times(self, count: int) -> Word:
        """The same reply so many times (at least once)."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"times() takes a whole number of at least 1, not {count!r:.80}")
        return replace(self, count=count)

    def __or__(self, other: object) -> Word:
        """Both words at once: `says("hi") | slow(each=0.02)`."""
        return _joined(self, plain(other))

    def __ror__(self, other: object) -> Word:
        return _joined(plain(other), self)

    def __str__(self) -> str:
        return self.label if self.count == 1 else f"{self.label} x {self.count}"


class BadWord(ValueError):
    """A word is misspelt, or its arguments are wrong; the message says how to write it."""


VOCABULARY: dict[str, Callable[..., Word]] = {}
"""Every word by name, in the order of the documentation; filled by `core.words`."""


def word(make: Callable[P, Word]) -> Callable[P, Word]:
    """Put a function that makes a `Word` into the vocabulary; the label is the call as written."""
    signature = inspect.signature(make)

    @functools.wraps(make)
    def labelled(*args: P.args, **kwargs: P.kwargs) -> Word:
        __tracebackhide__ = True
        made = make(*args, **kwargs)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _check_text(make.__name__, signature.parameters[name], value)
        label = _call_text(make.__name__, args, kwargs)
        return replace(made, label=label, made=((make.__name__, args, kwargs),))

    VOCABULARY[make.__name__] = labelled
    return labelled


def _check_text(name: str, parameter: inspect.Parameter, given: Any) -> None:
    for value in given if parameter.kind is inspect.Parameter.VAR_POSITIONAL else (given,):
        if parameter.annotation in _TEXT and not isinstance(value, _TEXT[parameter.annotation]):
            raise TypeError(f"{name}() takes a text as {parameter.name}, not {type(value).__name__} ({value!r:.80})")


_TEXT: Mapping[str, tuple[type, ...]] = {"str": (str,), "str | None": (str, type(None))}
"""The annotations of parameters that are text, as written."""


# --- values and text to words -----------------------------------------------------------------------------------------


def plain(value: object) -> Word:
    """The word that a plain value means.

    A `Word` is itself. A `dict` is said as JSON. A `str` that names a word, with parameters or not (`rate_limit`,
    `slow;first=0.5`), is that word; any other `str` is said. Raises `BadWord` for a `str` that is nearly a word's name,
    and TypeError for any other value.
    """
    __tracebackhide__ = True
    if isinstance(value, Word):
        return value
    if isinstance(value, str):
        return parse(value) if _looks_scripted(value) else VOCABULARY["says"](value)
    if isinstance(value, dict):
        return VOCABULARY["says_json"](value)
    name = getattr(value, "__name__", None)
    if name in VOCABULARY:
        raise TypeError(f"{name} is a function: write {name}()")
    raise TypeError(
        f"a reply is a str, a dict or a word such as rate_limit(), not {type(value).__name__} ({value!r:.80})"
    )


def parse(text: str) -> Word:
    """The word that a text spells: `rate-limit`, `slow;first=0.5;each=0.02`, `says;text=hi | cut;after=3`.

    Dashes in names are underscores. The value of a parameter that takes text is that text; any other is JSON where it
    can be read as JSON, else text. A value in double quotes may hold `;` and `|`. `times=3` repeats. Raises `BadWord`,
    naming the valid words or parameters.
    """
    __tracebackhide__ = True
    parts = [_parse_one(part) for part in split(text, "|")]
    return functools.reduce(_joined_or_bad, parts)


_NAME = re.compile(r"[a-z]+(?:[_-][a-z]+)*\Z")
_PARAMETER = re.compile(r"\s*([A-Za-z][\w-]*)\s*=(.*)\Z", re.DOTALL)


def _looks_scripted(text: str) -> bool:
    """Whether a str is a word's name, possibly misspelt, rather than something to say."""
    __tracebackhide__ = True
    head, *rest = split(text.partition("|")[0], ";")
    name = head.strip()
    if not _NAME.match(name) or not all(_PARAMETER.match(part) for part in rest):
        return False
    name = name.replace("-", "_")
    if name in VOCABULARY:
        return True
    near = closest(name, VOCABULARY, cutoff=0.8) if len(name) > 3 else None
    if near:
        raise BadWord(
            f"'{name}' is not a word of the mock. Did you mean '{near}'? To answer with that text: says({_shown(text)})"
        )
    return False


def _parse_one(text: str) -> Word:
    __tracebackhide__ = True
    head, *rest = split(text, ";")
    name = head.strip().replace("-", "_").lower()
    if name not in VOCABULARY:
        raise BadWord(f"'{head.strip():.80}' is not a word of the mock.{did_you_mean(name, VOCABULARY)}")
    try:
        given = _parse_parameters(rest)
        count = _json_or_text(given.pop("times", "1"))
        return _call(name, given).times(count)
    except (TypeError, ValueError) as error:
        raise BadWord(f"{name}: {error}") from None


def _parse_parameters(parts: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in filter(str.strip, parts):
        match = _PARAMETER.match(part)
        if not match:
            raise BadWord(f"'{part.strip()}' is not a parameter; write name=value")
        name = match[1].replace("-", "_")
        if name in given:
            raise BadWord(f"'{name}' is given twice")
        given[name] = match[2].strip()
    return given


def _call(name: str, given: Mapping[str, str]) -> Word:
    """Call a word with the texts of its parameters by name."""
    parameters = inspect.signature(VOCABULARY[name]).parameters
    return by_name(name, {key: _value(text, parameters.get(key)) for key, text in given.items()})


def by_name(name: str, given: Mapping[str, Any]) -> Word:
    """Call a word with parameters by name, also those that are positional only in Python.

    Raises `BadWord` for an unknown parameter, and what the word raises for a wrong value: TypeError or ValueError.
    """
    parameters = inspect.signature(VOCABULARY[name]).parameters
    _check_names(given, parameters)
    values = dict(given)
    leading = takewhile(lambda item: item.kind in _POSITIONAL and item.name in values, parameters.values())
    arguments = [value for item in list(leading) for value in _items(values.pop(item.name), item)]
    return VOCABULARY[name](*arguments, **values)


_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)


def _check_names(given: Iterable[str], parameters: Mapping[str, inspect.Parameter]) -> None:
    named = {key for key, parameter in parameters.items() if parameter.kind is not inspect.Parameter.VAR_KEYWORD}
    if named == set(parameters):
        for key in given:
            if key not in named:
                raise BadWord(f"it has no parameter '{key}'.{did_you_mean(key, named | {'times'})}")


def _value(text: str, parameter: inspect.Parameter | None) -> Any:
    """What a parameter's text means to this parameter; None stands for one that has any name."""
    value = _json_or_text(text)
    takes_text = parameter is not None and parameter.annotation in _TEXT
    several = parameter is not None and parameter.kind is inspect.Parameter.VAR_POSITIONAL and isinstance(value, list)
    return text if takes_text and not (isinstance(value, str) or several) else value


def _json_or_text(text: str) -> Any:
    try:
        return jsontext.loads(text)
    except jsontext.BadJSON:
        return text


def _items(value: Any, parameter: inspect.Parameter) -> Sequence[Any]:
    """The arguments that a value gives: itself, or each of a list, such as that of several vectors or files."""
    if parameter.kind is not inspect.Parameter.VAR_POSITIONAL or not isinstance(value, list) or not value:
        return [value]
    return value if isinstance(value[0], list) or parameter.annotation in _TEXT else [value]


def split(text: str, separator: str) -> list[str]:
    """The parts between separators; a separator inside double quotes is text."""
    parts, start = [], 0
    for match in _QUOTED_OR_SEPARATOR.finditer(text):
        if match[0] == separator:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


_QUOTED_OR_SEPARATOR = re.compile(r'\\.|"(?:\\.|[^"\\])*"?|[;|,]', re.DOTALL)


# --- joining ----------------------------------------------------------------------------------------------------------


def _joined_or_bad(left: Word, right: Word) -> Word:
    try:
        return _joined(left, right)
    except ValueError as error:
        raise BadWord(str(error)) from None


def _joined(left: Word, right: Word) -> Word:
    if left.count > 1 and right.count > 1:
        raise ValueError(f"both words are repeated: {left} and {right}; put times() on the joined word")
    if (left.answer and right.error) or (left.error and right.answer):
        raise ValueError(f"a reply is an answer or an error, not both: {left.label} and {right.label}")
    answers = [side.answer for side in (left, right) if side.answer]
    return Word(
        label=" | ".join(filter(None, (left.label, right.label))),
        answer=functools.reduce(Answer.merged, answers) if answers else None,
        error=_only("error", left, right, left.error, right.error),
        timing=_only("timing", left, right, left.timing, right.timing),
        fault=_only("fault", left, right, left.fault, right.fault),
        count=max(left.count, right.count),
        made=left.made + right.made,
    )


def _only(what: str, left: Word, right: Word, mine: T | None, theirs: T | None) -> T | None:
    if mine is not None and theirs is not None:
        raise ValueError(f"one reply has one {what}: {left.label} and {right.label} are two")
    return mine if mine is not None else theirs


def _call_text(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    shown = [_shown(value) for value in args] + [f"{key}={_shown(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
