"""Laws of cursor pages, for any number of items, limit and order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page

COUNTS = st.integers(0, 60)
LIMITS = st.integers(1, 100)
ORDERS = st.sampled_from(["asc", "desc"])


def items(count: int) -> list[dict[str, Any]]:
    return [{"id": f"x-{number}", "number": number} for number in range(count)]


def ids(listed: Any) -> list[str]:
    return [item["id"] for item in listed]


def refused(*query: tuple[str, str]) -> tuple[int, str | None, str | None, str]:
    with pytest.raises(Refused) as caught:
        page(items(3), query)
    error = caught.value.error
    return error.status, error.param, error.code, error.message


@given(count=COUNTS, limit=LIMITS, order=ORDERS, step=st.integers(1, 3))
def test_pages_have_each_item_once_in_order(count, limit, order, step):
    def chosen(item):
        return item["number"] % step == 0

    seen, query = [], [("limit", str(limit)), ("order", order)]
    while True:
        got = page(items(count), query, where=chosen)
        assert len(got["data"]) <= limit
        assert (got["first_id"], got["last_id"]) == ((ids(got["data"]) or [None])[0], (ids(got["data"]) or [None])[-1])
        seen += got["data"]
        if not got["has_more"]:
            break
        query = [*query[:2], ("after", got["last_id"])]
    expected = [item for item in items(count) if chosen(item)]
    assert seen == (expected if order == "asc" else expected[::-1])


@given(count=st.integers(1, 60), limit=LIMITS, order=ORDERS)
def test_going_back_meets_the_same_items(count, limit, order):
    base = [("limit", str(limit)), ("order", order)]
    forward = items(count) if order == "asc" else items(count)[::-1]
    seen, cursor = [forward[-1]], forward[-1]["id"]
    while True:
        got = page(items(count), [*base, ("before", cursor)])
        seen = got["data"] + seen
        if not got["has_more"]:
            break
        cursor = got["first_id"]
    assert seen == forward


def test_between_two_cursors():
    query = (("after", "x-1"), ("before", "x-5"), ("order", "asc"))
    assert ids(page(items(9), query)["data"]) == ["x-2", "x-3", "x-4"]
    got = page(items(9), (*query, ("limit", "2")))
    assert (ids(got["data"]), got["has_more"]) == (["x-2", "x-3"], True)


def test_defaults():
    assert ids(page(items(30), ())["data"]) == ids(items(30)[:9:-1])
    assert ids(page(items(30), (), order="asc")["data"]) == ids(items(30)[:20])
    assert page((), ()) == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_a_cursor_may_be_left_out_of_the_list():
    got = page(items(5), [("after", "x-1"), ("order", "asc")], where=lambda item: item["number"] != 1)
    assert ids(got["data"]) == ["x-2", "x-3", "x-4"]


def test_other_parameters_are_none_of_its_business():
    assert page(items(3), [("model", "m"), ("limit", ""), ("after", "")]) == page(items(3), ())


@pytest.mark.parametrize("text", ["many", "1.5", "１", " 1", "9" * 5000, "true"])
def test_a_limit_that_is_no_integer(text):
    status, param, code, message = refused(("limit", text))
    assert (status, param, code) == (400, "limit", "invalid_type")
    assert message == "Invalid type for 'limit': expected an integer, but got a string instead."


@pytest.mark.parametrize(
    ("text", "code", "bound"),
    [
        ("0", "integer_below_min_value", ">= 1"),
        ("-5", "integer_below_min_value", ">= 1"),
        ("101", "integer_above_max_value", "<= 100"),
    ],
)
def test_a_limit_out_of_range(text, code, bound):
    status, param, got, message = refused(("limit", text))
    assert (status, param, got) == (400, "limit", code)
    assert message.endswith(f"Expected a value {bound}, but got {text} instead.")


def test_an_unknown_order():
    status, param, code, message = refused(("order", "newest"))
    assert (status, param, code) == (400, "order", "invalid_value")
    assert message == "Invalid value: 'newest'. Supported values are: 'asc' and 'desc'."


@pytest.mark.parametrize("name", ["after", "before"])
def test_an_unknown_cursor(name):
    assert refused((name, "x-9")) == (400, name, "invalid_value", "Invalid value: 'x-9'.")


def test_a_list_that_may_show_none() -> None:
    items = [{"id": name} for name in "abc"]
    assert page(items, [("limit", "0")], least=0)["data"] == []
    assert page(items, [("limit", "0"), ("before", "b")], order="asc", least=0) == {
        **page(items, [("limit", "0")], least=0),
        "has_more": True,
    }
