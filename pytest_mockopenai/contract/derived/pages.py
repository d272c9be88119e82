"""Lists in the envelopes of the SDK's page classes (openai/pagination.py), cut by the cursors of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.paging import page

_MOST = 1000  # items of a page
_ORDERS = {"ascending": "asc", "descending": "desc"}  # of permissions for checkpoints
_CURSORS = ("after", "before", "page")


def in_page(kind: str, items: Mapping[str, JSON], query: Iterable[tuple[str, str]], *, lenient: bool = False) -> JSON:
    """The page that a query asks for, of items by their cursors, oldest first; `kind` is the SDK's class: `CursorPage`.

    `lenient`: a cursor that names none of them asks for the first page. Raises `Refused` for a wrong query; a limit may
    be 0, since some lists take that and no type tells which.
    """
    asked = _asked(dict(query))
    if lenient and not items.keys() & {asked.get(name) for name in ("after", "before")}:
        asked = {name: value for name, value in asked.items() if name not in _CURSORS}
    found = page([{"id": cursor} for cursor in items], asked.items(), least=0, most=_MOST)
    made = {**found, "data": [items[each["id"]] for each in found["data"]]}
    return {**made, "next": made["last_id"] if made["has_more"] else None} if kind in _WITH_NEXT else made


_WITH_NEXT = ("NextCursorPage", "TokenPage")


def _asked(query: dict[str, str]) -> dict[str, str]:
    """The query in the words of `core.paging`: `page` is a cursor too, and an order may be spelled out."""
    named = {"after": query["page"]} if "page" in query else {}
    spelled = {"order": _ORDERS[query["order"]]} if query.get("order") in _ORDERS else {}
    return {**query, **named, **spelled}
