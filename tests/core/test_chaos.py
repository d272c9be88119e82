"""Chaos: the same draw strikes the same calls, as often as the rate says, and its text is read or explained."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import words
from pytest_mockopenai.core.chaos import USUAL, Chaos, parse, read
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.core.word import Word, plain

TEXT = frozenset({"text"})
CUT_OR_RESET = (words.cut(after=3), words.reset())
WORDS = st.sampled_from(
    [
        *USUAL,
        words.cut(after=3),
        words.rate_limit(retry_after=2.5, scope="tokens"),
        words.error(502, 'a "bad", gateway; or |'),
        words.slow(first=0.1) | words.reset(),
        words.says("Hi, there"),
    ]
)
CHAOS = st.builds(
    Chaos,
    st.integers(0, 1000).map(lambda share: share / 1000),
    st.lists(WORDS, min_size=1).map(tuple),
    st.none() | st.integers(-(2**63), 2**63),
)


def struck(chaos: Chaos, count: int = 200, seed: int = 0, said: Word | None = None) -> list[Word | None]:
    return [chaos.strike(draw_for(seed, number), said, TEXT) for number in range(count)]


# --- striking ---------------------------------------------------------------------------------------------------------


@given(CHAOS, st.integers())
def test_the_same_request_is_struck_the_same(chaos: Chaos, seed: int) -> None:
    assert struck(chaos, 20, seed) == struck(chaos, 20, seed)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_as_many_are_struck_as_the_rate_says_by_each_word_alike(rate: float) -> None:
    found = Counter(word.label for word in struck(Chaos(rate), 5000) if word)
    assert sum(found.values()) == pytest.approx(rate * 5000, rel=0.1)
    for word in USUAL:
        assert found[word.label] == pytest.approx(rate * 5000 / len(USUAL), rel=0.2)


def test_seeds_differ() -> None:
    mocks = {str(struck(Chaos(0.5), seed=seed)) for seed in range(5)}
    own = {str(struck(Chaos(0.5, seed=seed))) for seed in (None, *range(5))}
    assert (len(mocks), len(own)) == (5, 6)


def test_an_endpoint_that_cannot_say_a_word_is_not_struck_by_it() -> None:
    both = Chaos(1.0, (words.embeds([1.0]), words.server_error()))
    assert {word.label for word in struck(both) if word} == {"server_error()"}
    assert set(map(str, struck(Chaos(1.0, (words.embeds([1.0]),))))) == {"None"}


def test_a_fault_befalls_what_would_be_said() -> None:
    said = words.says("Paris") | words.slow(first=0.2)
    for word in (words.cut(), words.slow(first=5)):
        (found,) = struck(Chaos(1.0, (word,)), 1, said=said)
        assert found
        assert (found.label, found.answer, found.fault) == (word.label, said.answer, word.fault)
        assert found.timing == (word.timing or said.timing)


def test_an_error_takes_the_place_of_what_would_be_said() -> None:
    assert struck(Chaos(1.0, (words.overloaded(),)), 1, said=words.says("Paris")) == [words.overloaded()]


@pytest.mark.parametrize("said", [words.rate_limit(), words.says("Paris") | words.reset()])
def test_what_is_broken_already_is_not_struck(said: Word) -> None:
    assert set(map(str, struck(Chaos(1.0), said=said))) == {"None"}


# --- reading and writing ----------------------------------------------------------------------------------------------


@given(CHAOS)
def test_its_text_is_read_again(chaos: Chaos) -> None:
    assert parse(str(chaos)) == read(str(chaos)) == read(chaos) == chaos
    assert pickle.loads(pickle.dumps(chaos)) == chaos


@pytest.mark.parametrize(
    ("text", "chaos"),
    [
        ("0.25", Chaos(0.25)),
        ("0.25; words = rate-limit, cut", Chaos(0.25, (words.rate_limit(), words.cut()))),
        ("words=server_error;rate=1;seed=-7", Chaos(1.0, (words.server_error(),), -7)),
        ('0;words="rate_limit;retry_after=2",reset', Chaos(0.0, (words.rate_limit(retry_after=2), words.reset()))),
        ("rate=1;words=slow | cut", Chaos(1.0, (words.slow() | words.cut(),))),
    ],
)
def test_parse(text: str, chaos: Chaos) -> None:
    assert parse(text) == chaos


@pytest.mark.parametrize(
    ("value", "chaos"),
    [
        (None, None),
        (0.5, Chaos(0.5)),
        (1, Chaos(1.0)),
        ({}, Chaos()),
        (
            {"rate": 0.2, "words": ["cut;after=3", words.reset()], "seed": 4},
            Chaos(0.2, (words.cut(after=3), words.reset()), 4),
        ),
        ({"words": None, "seed": None}, Chaos()),
    ],
)
def test_read(value: Any, chaos: Chaos | None) -> None:
    assert read(value) == chaos


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "the rate of chaos is a number from 0 to 1, not ''"),
        ("much", "the rate of chaos is a number from 0 to 1, not 'much'"),
        ("1.5", "not '1.5'"),
        ("nan", "not 'nan'"),
        ("rate=0.1,words=cut", "not '0.1,words=cut'; ';' separates it from what follows"),
        ("0.1;cut", "'cut' is no parameter of chaos; write name=value"),
        ("0.1;word=cut", "chaos has no 'word'. Did you mean 'words'?"),
        ("0.1;words=cut;after=3", 'A word that has parameters stands in double quotes: words="cut;after=3",reset.'),
        ("0.1;words=", "the words of chaos are at least one"),
        ("0.1;words=rate_limt", "'rate_limt' is not a word of the mock. Did you mean 'rate_limit'?"),
        ("0.1;words=rate_limit|server_error", "one reply has one error"),
        ('0.1;words="cut', '"cut is no text in double quotes'),
        ('0.1;words="cut;times=2"', "a call is struck once: leave times= out of cut() x 2"),
        ("0.1;seed=x", "the seed of chaos is a whole number, not 'x'"),
        (True, "the rate of chaos is a number from 0 to 1, not True"),
        ({"rate": "0.1"}, "the rate of chaos is a number from 0 to 1, not '0.1'"),
        ({"words": "cut"}, "the words of chaos are a list such as ['rate_limit', 'cut'], not 'cut'"),
        ({"words": []}, "the words of chaos are at least one"),
        ({"words": [3]}, "a word of chaos is a word such as rate_limit() or 'cut;after=3', not 3"),
        ({"words": [Word("mine")]}, "was not made by the mock's words"),
        ({"seed": 1.5}, "the seed of chaos is a whole number, not 1.5"),
        ({"ratio": 1}, "chaos has no 'ratio'. Did you mean 'rate'?"),
    ],
)
def test_what_is_wrong_is_explained(value: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read(value)
    assert message in str(caught.value)


@given(st.text() | st.text(alphabet='rate=0.1;words",seed|cut'))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        chaos = parse(text)
    except ValueError:
        return
    assert parse(str(chaos)) == chaos


def test_the_usual_words_are_words() -> None:
    assert [plain(name).label for name in ("rate_limit", "server_error", "overloaded", "cut", "reset")] == [
        word.label for word in USUAL
    ]
