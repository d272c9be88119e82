"""Patterns mean here what they mean to `re`, wherever both understand them; and what is written matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.core.schema.matching import matches
from pytest_mockopenai.core.schema.pattern import Unsupported, complement, merged, parse
from pytest_mockopenai.core.schema.sampling import Writer
from pytest_mockopenai.core.seed import draw_for

ATOMS = (
    "a",
    "b",
    "1",
    "_",
    "-",
    r"\d",
    r"\w",
    r"\s",
    r"\S",
    r"\W",
    ".",
    "[ab]",
    "[^a]",
    "[a-c1]",
    r"[\w-]",
    r"\.",
    r"\-",
)


def count(steps: int) -> None:
    """Work is not limited in these tests."""


def found(pattern: str, text: str) -> bool:
    return matches(parse(pattern), text, count)


def written(pattern: str, seed: int, low: int = 0, high: int = 40) -> str:
    return Writer(draw_for(seed), count, wild=seed % 2 == 1).write(parse(pattern), low, high)


def consuming(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(("*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}", "*?", "+?"))
    return (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda options: f"({'|'.join(options)})")
        | st.tuples(inner, counts).map(lambda pair: f"(?:{pair[0]}){pair[1]}")
    )


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        consuming(inner)
        | inner.map(lambda node: f"^{node}")
        | inner.map(lambda node: f"{node}$")
        | inner.map(lambda node: rf"\b{node}\b")
        | inner.map(lambda node: f"(?={node})")
        | inner.map(lambda node: f"(?!{node})")
    )


PATTERNS = st.recursive(st.sampled_from(ATOMS), compound, max_leaves=8)
WITHOUT_EDGES = st.recursive(st.sampled_from(ATOMS), consuming, max_leaves=8)


@settings(deadline=None, max_examples=300)
@given(PATTERNS, st.text(alphabet="ab1_- .", max_size=8))
def test_a_text_matches_as_re_says(pattern: str, text: str) -> None:
    assert found(pattern, text) == bool(re.search(pattern, text))


@settings(deadline=None, max_examples=200)
@given(WITHOUT_EDGES, st.integers(0, 9))
def test_what_is_written_for_a_pattern_without_edges_matches_it(pattern: str, seed: int) -> None:
    assert re.search(f"^(?:{pattern})$", written(pattern, seed))


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        ("^[a-z]+$", 7, 9),
        ("^[a-z]{2,10}-[0-9]*$", 12, 12),
        ("^(ab)*$", 6, 6),
        ("^(a|bcd){3}$", 9, 9),
        (r"^\w{8,}$", 20, 20),
        ("^x?y?z?$", 3, 3),
    ],
)
def test_a_written_text_has_the_length_that_is_asked_for(pattern: str, low: int, high: int) -> None:
    for seed in range(10):
        text = written(pattern, seed, low, high)
        assert re.search(pattern, text)
        assert low <= len(text) <= high


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^\/\@\#$", "/@#", True),
        (r"^\u00e9\x41\u{1F600}$", "éA\U0001f600", True),
        ("^[^]$", "x", True),
        ("^[]$", "x", False),
        ("^[\\]a-]+$", "]-a", True),
        (r"^[\w-.]+$", "a-.", True),
        (r"^[\b]$", "\b", True),
        ("^a{,x}$", "a{,x}", True),
        ("^{}$", "{}", True),
        ("^(?<year>[0-9]{4})$", "2025", True),
        ("^(?P<year>[0-9]{4})$", "2025", True),
        ("^.$", "\n", False),
        (r"^\d$", "\u0663", False),
        (r"^[^\d]$", "\u0663", True),
        ("^$", "", True),
        ("", "anything", True),
        ("a$", "a\n", False),
    ],
)
def test_the_dialect_is_that_of_json_schema(pattern: str, text: str, expected: bool) -> None:
    assert found(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(?<=a)b", "(?<=...) is not supported"),
        (r"(?<!a)b", "(?<!...) is not supported"),
        (r"(a)\1", r"the escape \1 is not supported"),
        (r"\p{L}", r"the escape \p is not supported"),
        ("(?i)a", "(?i)...) is not supported"),
        ("(a", "'(' without ')'"),
        ("a)", "')' without '('"),
        ("[a", "'[' without ']'"),
        ("*a", "nothing to repeat"),
        ("a**", "a repetition of a repetition"),
        ("a++", "a repetition that is not supported"),
        ("a{3,2}", "the wrong way round"),
        ("[b-a]", "from a character to a later one"),
        (r"\x4", "hexadecimal digits"),
        ("\\", "the escape \\ is not supported"),
        ("(" * 40 + ")" * 40, "nested deeper than"),
        ("a" * 6000, "longer than"),
    ],
)
def test_what_is_not_supported_is_named(pattern: str, said: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse(pattern)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a*)*b?$", "^(a|aa)+$", "(" * 25 + "a*" + ")*" * 25 + "$"]
)
def test_matching_takes_few_steps_even_where_backtracking_explodes(pattern: str) -> None:
    steps: list[int] = []
    assert not matches(parse(f"^{pattern}"), "a" * 200 + "!", steps.append)
    assert sum(steps) < 20_000


@given(st.lists(st.tuples(st.integers(0, 0x10FFFF), st.integers(0, 300)), max_size=6))
def test_complement_twice_is_the_same_ranges(pairs: list[tuple[int, int]]) -> None:
    ranges = merged(tuple((low, min(low + span, 0x10FFFF)) for low, span in pairs))
    assert complement(complement(ranges)) == ranges
