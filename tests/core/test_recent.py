"""The values last used: what was used lately is there, and what is kept is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.recent import Recent


@given(st.lists(st.integers(0, 30)), st.integers(1, 8))
def test_what_was_used_lately_is_there(keys: list[int], limit: int) -> None:
    recent: Recent[int, str] = Recent(limit)
    for key in keys:
        if recent.get(key) is None:
            recent.put(key, str(key))
    lately = list(dict.fromkeys(reversed(keys)))[:limit]
    assert [recent.get(key) for key in lately] == [str(key) for key in lately]


@given(st.integers(1, 5), st.integers(0, 40))
def test_at_most_twice_as_many_are_kept(limit: int, count: int) -> None:
    recent: Recent[int, int] = Recent(limit)
    for key in range(count):
        recent.put(key, key)
    found = sum(recent._young.get(key, recent._old.get(key)) is not None for key in range(count))
    assert min(count, limit) <= found <= 2 * (limit + 1)


def test_a_value_put_again_weighs_once() -> None:
    recent: Recent[str, int] = Recent(3)
    recent.put("a", 0)
    for value in range(100):
        recent.put("b", value)
    assert (recent.get("a"), recent.get("b")) == (0, 99)


def test_weights() -> None:
    recent: Recent[str, str] = Recent(10, len)
    for key in "abcd":
        recent.put(key, 6 * key)
    assert (recent.get("a"), recent.get("d")) == (None, "dddddd")


def test_a_value_that_grows_makes_others_go() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1)
    recent.grow(10)
    recent.put("b", 1)
    recent.grow(10)
    assert (recent.get("a"), recent.get("b")) == (None, 1)
