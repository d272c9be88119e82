"""JSON in: strictly RFC 8259, and never more than can be written again. JSON out: compact, UTF-8, canonical."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import jsontext

ANY_TEXT = st.text(st.characters())
NUMBERS = st.integers(-(10**400), 10**400) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_written_and_read_again(value: Any) -> None:
    assert jsontext.loads(jsontext.dumps(value)) == value
    assert jsontext.loads(jsontext.text(value)) == value
    assert jsontext.loads(jsontext.canonical(value)) == value


@given(st.text() | st.binary())
def test_reads_or_refuses_and_what_it_reads_it_writes(text: str | bytes) -> None:
    try:
        value = jsontext.loads(text)
    except jsontext.BadJSON:
        return
    assert jsontext.loads(jsontext.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a": NaN}', "[-Infinity]", "1e999", "[-1E+999]"])
def test_only_finite_numbers(text: str) -> None:
    with pytest.raises(jsontext.BadJSON):
        jsontext.loads(text)


@pytest.mark.parametrize("text", ["", " ", "{", "{'a': 1}", "[1,]", "01", ".5", "tru", '"\n"', '{"a":1}x', "\ufeff1"])
def test_only_json(text: str) -> None:
    with pytest.raises(jsontext.BadJSON):
        jsontext.loads(text)


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xed\xa0\x80"', '{"a":1}'.encode("utf-16"), '"a"'.encode("utf-32-le")])
def test_only_utf_8(data: bytes) -> None:
    with pytest.raises(jsontext.BadJSON):
        jsontext.loads(data)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert jsontext.loads(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize("nest", ["[]", '{"a":}'])
def test_depth(nest: str) -> None:
    def nested(depth: int) -> str:
        opening, closing = nest[:-1], nest[-1]
        return opening * depth + "1" + closing * depth

    deepest = jsontext.loads(nested(jsontext.MAX_DEPTH))
    assert jsontext.loads(jsontext.dumps(deepest)) == deepest
    for depth in (jsontext.MAX_DEPTH + 1, 5_000, 100_000):
        with pytest.raises(jsontext.BadJSON):
            jsontext.loads(nested(depth))


def test_depth_is_not_width() -> None:
    wide: Any = [[[]] for _ in range(2_000)]
    assert jsontext.loads(jsontext.dumps(wide)) == wide


@pytest.mark.parametrize("text", ["9" * 5_000, "-" + "9" * 5_000, '{"n": ' + "9" * 100_000 + "}"])
def test_whole_numbers_beyond_what_python_reads(text: str) -> None:
    with pytest.raises(jsontext.BadJSON):
        jsontext.loads(text)


def test_surrogates() -> None:
    lone, pair = "\ud83d", "\U0001f600"
    assert jsontext.loads('"\\ud83d"') == lone
    assert jsontext.dumps(lone) == b'"\\ud83d"'
    assert jsontext.loads('"\\ud83d\\ude00"') == pair
    assert jsontext.dumps(pair) == b'"\xf0\x9f\x98\x80"'


@pytest.mark.parametrize("write", [jsontext.dumps, jsontext.text])
def test_never_writes_what_is_not_json(write: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write({"a": float("nan")})


def test_compact_and_readable() -> None:
    value = {"city": "Zürich", "n": [1, 2.5, None, True]}
    assert jsontext.text(value) == '{"city":"Zürich","n":[1,2.5,null,true]}'
    assert jsontext.dumps(value) == jsontext.text(value).encode()


@given(st.dictionaries(st.text(max_size=3), st.integers() | st.lists(st.text(max_size=2)), max_size=6), st.randoms())
def test_canonical_ignores_the_order_of_keys(value: dict[str, Any], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert jsontext.canonical({key: value[key] for key in keys}) == jsontext.canonical(value)


@pytest.mark.parametrize(("one", "other"), [([1, 2], [2, 1]), ({"a": 1}, {"a": "1"}), (True, 1), ({}, []), (1, 1.0)])
def test_canonical_tells_values_apart(one: Any, other: Any) -> None:
    assert jsontext.canonical(one) != jsontext.canonical(other)


def test_canonical_is_ascii() -> None:
    assert jsontext.canonical({"é": "\ud800"}) == b'{"\\u00e9":"\\ud800"}'


def test_the_last_of_equal_keys_counts() -> None:
    assert jsontext.loads('{"a": 1, "a": 2}') == json.loads('{"a": 1, "a": 2}') == {"a": 2}
