"""Chaos, as a value: which calls are struck by an error or a fault, as a function of seed and request. No clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_mockopenai.core import words  # noqa: F401 - fills the vocabulary
from pytest_mockopenai.core.script import fits
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.spelled import spelled
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.word import Word, split
from pytest_mockopenai.core.word import parse as parse_word

USUAL = tuple(map(parse_word, ("rate_limit", "server_error", "overloaded", "cut", "reset")))
"""What strikes if nothing else is said: what a client gets over by trying again."""

_NAMES = ("rate", "words", "seed")


@dataclass(frozen=True, slots=True)
class Chaos:
    """Each call is struck with the probability `rate` (0 to 1) by one of the `words`.

    What is drawn hangs on the mock's seed, on `seed` if there is one, on the request and on how often it has come: the
    same run again strikes the same calls, on any thread, worker or replica.
    """

    rate: float = 0.1
    words: tuple[Word, ...] = USUAL
    seed: int | None = None

    def __str__(self) -> str:
        """As `parse` reads it."""
        seed = "" if self.seed is None else f";seed={self.seed}"
        return f"rate={self.rate:g};words={','.join(map(_quoted, self.words))}{seed}"

    def strike(self, serial: Draw, said: Word | None, kinds: frozenset[str]) -> Word | None:
        """The word that strikes a call, or None. `said` is what would be answered, None if that is made up.

        `kinds` are what the endpoint can say: words that say something else are left out. A fault or a wait befalls
        what would be said. What is an error or broken already is not struck.
        """
        if said is not None and (said.error or said.fault):
            return None
        draw = serial.child("chaos") if self.seed is None else serial.child("chaos").child(self.seed)
        if draw.uniform() >= self.rate:
            return None
        able = [word for word in self.words if fits(word, kinds)]
        return _befalling(draw.choice(able), said) if able else None


def _befalling(word: Word, said: Word | None) -> Word:
    if said is None or word.error or word.answer:
        return word
    return replace(word, answer=said.answer, timing=word.timing or said.timing, origin=said.origin)


# --- reading and writing ----------------------------------------------------------------------------------------------


def read(value: Any) -> Chaos | None:
    """The chaos that a value means: a rate, a text as for `parse`, a mapping with `rate`, `words` and `seed`, or None.

    Raises ValueError, or TypeError for another kind of value.
    """
    if value is None or isinstance(value, Chaos):
        return value
    if isinstance(value, str):
        return parse(value)
    given = value if isinstance(value, Mapping) else {"rate": value}
    for name in given:
        _check_name(name)
    read_one: Mapping[Any, Callable[[Any], Any]] = {"rate": _rate, "words": _words, "seed": _seed}
    return Chaos(**{name: read_one[name](item) for name, item in given.items() if item is not None})


def parse(text: str) -> Chaos:
    """The chaos that a text spells: `0.1`, `0.1;words=rate_limit,cut`, `rate=0.1;words="cut;after=3",reset;seed=7`.

    The rate may come first without its name; parameters are separated by `;`, words by `,`. A word in double quotes
    may have parameters of its own. Raises ValueError naming the valid parameters or words.
    """
    head, *rest = [part.strip() for part in split(text, ";")]
    parts = [head, *rest] if "=" in head else [f"rate={head}", *rest]
    given = dict(_parameter(part) for part in parts if part)
    read_one: Mapping[str, Callable[[str], Any]] = {
        "rate": _rate_of_text,
        "words": _words_of_text,
        "seed": _seed_of_text,
    }
    return Chaos(**{name: read_one[name](item) for name, item in given.items()})


def _parameter(part: str) -> tuple[str, str]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not equals:
        raise ValueError(f"'{part:.80}' is no parameter of chaos; write name=value")
    _check_name(name)
    return name, value


def _check_name(name: object) -> None:
    if name not in _NAMES:
        quotes = ' A word that has parameters stands in double quotes: words="cut;after=3",reset.'
        raise ValueError(f"chaos has no '{name!s:.80}'.{did_you_mean(str(name), _NAMES)}{quotes}")


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"the rate of chaos is a number from 0 to 1, not {value!r:.80}")
    return float(value)


def _rate_of_text(text: str) -> float:
    try:
        return _rate(float(text))
    except ValueError:
        raise ValueError(
            f"the rate of chaos is a number from 0 to 1, not '{text:.80}'; ';' separates it from what follows"
        ) from None


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"the seed of chaos is a whole number, not {value!r:.80}")
    return value


def _seed_of_text(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        raise ValueError(f"the seed of chaos is a whole number, not '{text:.80}'")
    return int(text)


def _words(value: Any) -> tuple[Word, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"the words of chaos are a list such as ['rate_limit', 'cut'], not {value!r:.80}")
    if not value:
        raise ValueError("the words of chaos are at least one, such as ['rate_limit', 'cut']")
    return tuple(map(_word, value))


def _words_of_text(text: str) -> tuple[Word, ...]:
    return _words([_unquoted(part.strip()) for part in split(text, ",") if part.strip()])


def _word(value: Any) -> Word:
    if not isinstance(value, (str, Word)):
        raise ValueError(f"a word of chaos is a word such as rate_limit() or 'cut;after=3', not {value!r:.80}")
    word = parse_word(value) if isinstance(value, str) else value
    if word.count > 1:
        raise ValueError(f"a call is struck once: leave times= out of {word}")
    spelled(word)  # so that it can cross to another process
    return word


def _quoted(word: Word) -> str:
    text = spelled(word)
    return json.dumps(text) if set(text) & set(';,"') else text


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        raise ValueError(f"{text:.80} is no text in double quotes") from None
