"""Filters by attributes: each lets through what plain Python would, and what is no filter is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.retrieval.filters import check, matches

KEYS = st.sampled_from(["year", "author", "draft"])
PLAIN = st.sampled_from([0, 1, 1.0, 2, 2.5, True, False, "", "1", "a", "b"])
ATTRIBUTES = st.dictionaries(KEYS, PLAIN)
COMPARISONS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), "key": KEYS, "value": PLAIN}
    ),
    st.fixed_dictionaries({"type": st.sampled_from(["in", "nin"]), "key": KEYS, "value": st.lists(PLAIN, max_size=3)}),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["and", "or"]), "filters": st.lists(inner, max_size=3)}
    ),
    max_leaves=8,
)


def tagged(value: Any) -> Any:
    """A value beside its JSON type, so that Python's `1 == True` is not taken for equality."""
    return (isinstance(value, bool), isinstance(value, str), value)


def lets_through(filter_: Any, attributes: dict[str, Any]) -> bool:
    """What the filter says, in other words than the code's."""
    kind = filter_["type"]
    if kind == "and":
        return not [part for part in filter_["filters"] if not lets_through(part, attributes)]
    if kind == "or":
        return bool([part for part in filter_["filters"] if lets_through(part, attributes)])
    there = [tagged(value) for key, value in attributes.items() if key == filter_["key"]]
    if kind in ("in", "nin"):
        found = bool(set(there) & {tagged(value) for value in filter_["value"]})
        return found if kind == "in" else not found
    wanted = tagged(filter_["value"])
    if kind in ("eq", "ne"):
        return (wanted in there) == (kind == "eq")
    if not there or there[0][:2] != wanted[:2] or wanted[0]:
        return False
    order = sorted([there[0][2], wanted[2]])
    above, equal = order[0] == wanted[2], there[0][2] == wanted[2]
    return {"gt": above and not equal, "gte": above, "lt": not above, "lte": not above or equal}[kind]


@given(FILTERS, ATTRIBUTES)
def test_a_filter_lets_through_what_python_would(filter_: Any, attributes: dict[str, Any]) -> None:
    check(filter_, "filters")
    assert matches(filter_, attributes) == lets_through(filter_, attributes)


@pytest.mark.parametrize(
    ("filter_", "param", "code"),
    [
        ([], "filters", "invalid_type"),
        ({}, "filters.type", "missing_required_parameter"),
        ({"type": "like", "key": "a", "value": 1}, "filters.type", "invalid_value"),
        ({"type": ["eq"], "key": "a", "value": 1}, "filters.type", "invalid_value"),
        ({"type": "eq", "value": 1}, "filters.key", "missing_required_parameter"),
        ({"type": "eq", "key": 1, "value": 1}, "filters.key", "invalid_type"),
        ({"type": "eq", "key": "a"}, "filters.value", "missing_required_parameter"),
        ({"type": "eq", "key": "a", "value": None}, "filters.value", "invalid_type"),
        ({"type": "gt", "key": "a", "value": [1]}, "filters.value", "invalid_type"),
        ({"type": "in", "key": "a", "value": "x"}, "filters.value", "invalid_type"),
        ({"type": "in", "key": "a", "value": [[]]}, "filters.value[0]", "invalid_type"),
        ({"type": "and"}, "filters.filters", "missing_required_parameter"),
        ({"type": "and", "filters": {}}, "filters.filters", "invalid_type"),
        ({"type": "or", "filters": [{"type": "and", "filters": [3]}]}, "filters.filters[0].filters[0]", "invalid_type"),
    ],
)
def test_what_is_no_filter_is_refused(filter_: Any, param: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check(filter_, "filters")
    assert (refused.value.error.status, refused.value.error.param, refused.value.error.code) == (400, param, code)
