"""Lists in the envelopes of the SDK's page classes (openai/pagination.py), cut by the cursors of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.paging import page, whole_number

_MOST = 100  # items of a page, whatever is asked for
_ORDERS = {"ascending": "asc", "descending": "desc"}  # of permissions for checkpoints
_CURSORS = ("after", "before", "page")


def in_page(kind: str, items: Mapping[str, JSON], query: Iterable[tuple[str, str]], *, lenient: bool = False) -> JSON:
    """The page that a query asks for, of items by their cursors, oldest first; `kind` is the SDK's class: `CursorPage`.

    `lenient`: a cursor that names none of them asks for the first page, and a limit below 1 is 1. Raises `Refused` for
    a wrong query.
    """
    asked = _asked(dict(query), least=1 if lenient else 0)
    if lenient and not items.keys() & {asked.get(name) for name in ("after", "before")}:
        asked = {name: value for name, value in asked.items() if name not in _CURSORS}
    found = page(
        [{"id": cursor} for cursor in items], asked.items(), least=0
    )  # some lists take none, and no type tells
    made = {**found, "data": [items[each["id"]] for each in found["data"]]}
    return {**made, "next": made["last_id"] if made["has_more"] else None} if kind in _WITH_NEXT else made


_WITH_NEXT = ("NextCursorPage", "TokenPage")


def _asked(query: dict[str, str], least: int) -> dict[str, str]:
    """The query in the words of `core.paging`: `page` is a cursor too, and no page is longer than it gives."""
    limit = whole_number("limit", query.get("limit"))
    named = {"after": query["page"]} if "page" in query else {}
    spelled = {"order": _ORDERS[query["order"]]} if query.get("order") in _ORDERS else {}
    capped = {"limit": str(max(least, min(limit, _MOST)))} if limit is not None else {}
    return {**query, **named, **spelled, **capped}
