"""The pages of a list: OpenAI's cursors `after` and `before`, `limit` and `order`, read from a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Range, check_bounds
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Refused

Order = Literal["asc", "desc"]

_ORDERS = ("asc", "desc")
_NUMBER = re.compile("-?[0-9]{1,18}")


def _every(item: JSON) -> bool:
    return True


def page(
    items: Sequence[JSON],
    query: Iterable[tuple[str, str]],
    *,
    order: Order = "desc",
    where: Callable[[JSON], bool] = _every,
    limit: int = 20,
    least: int = 1,
    most: int = 100,
) -> JSON:
    """The list object that a query asks for; raises `Refused` for a wrong `limit`, `order`, `after` or `before`.

    `items` are objects with an `id`, oldest first; `order` is how the endpoint sorts them if the query does not say.
    `where` picks those to list; a cursor may be an item that it leaves out. With `before` alone it is the page that
    ends there, and `has_more` says whether more come before it. Parameters as in the API reference's lists: there are
    `limit` items unless the query says otherwise, from `least` to `most`.
    """
    asked = dict(query)
    limit, wanted = _limit(asked.get("limit"), limit, Range(least, most)), _order(asked.get("order") or order)
    ordered = list(items) if wanted == "asc" else list(reversed(items))
    after, before = (_place(ordered, name, asked.get(name)) for name in ("after", "before"))
    found = [item for item in ordered[0 if after is None else after + 1 : before] if where(item)]
    backwards = before is not None and after is None
    shown = found[max(0, len(found) - limit) :] if backwards else found[:limit]
    return listed(shown, has_more=len(found) > limit)


def listed(data: Sequence[JSON], *, has_more: bool) -> JSON:
    """A list object of these items."""
    return {
        "object": "list",
        "data": list(data),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


def _limit(text: str | None, default: int, bounds: Range) -> int:
    number = whole_number("limit", text)
    if number is None:
        return default
    problem = check_bounds({"limit": bounds}, {"limit": number})
    if problem:
        raise Refused(problem)
    return number


def whole_number(name: str, text: str | None) -> int | None:
    """The number that a query's parameter holds, None without one; raises `Refused` for anything else."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise Refused(errors.invalid_type(name, "an integer", "a string"))
    return int(text)


def _order(text: str) -> str:
    if text not in _ORDERS:
        raise Refused(errors.invalid_value("order", text, _ORDERS))
    return text


def _place(ordered: Sequence[JSON], name: str, cursor: str | None) -> int | None:
    """Where the item of a cursor is; None if the query has no such cursor."""
    if not cursor:
        return None
    for place, item in enumerate(ordered):
        if item["id"] == cursor:
            return place
    raise Refused(errors.unknown_cursor(name, cursor))
