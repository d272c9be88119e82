"""The vector stores of assistants and threads: those that a request describes, and those of attached files.

Forms as in openai/types/beta/thread_create_params.py (`tool_resources`, `attachments`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.adding import add, added, new_store, refuse_files, refuse_settings, strategy_bounds

WEEK: JSON = {"anchor": "last_active_at", "days": 7}
"""The expiry of vector stores that are made for a thread (guide "Assistants file search")."""

_SEARCH = "tool_resources.file_search"
_MADE = f"{_SEARCH}.vector_stores"


def bounds(prefix: str = "") -> dict[str, Length | Range]:
    """The bounds of `tool_resources`."""
    return {
        f"{prefix}{_SEARCH}.vector_store_ids": Length(0, 1),
        f"{prefix}{_MADE}": Length(0, 1),
        f"{prefix}{_MADE}[].file_ids": Length(0, 10_000),
        **strategy_bounds(f"{prefix}{_MADE}[]."),
    }


def resolved(context: Context, resources: Mapping[str, Any], serial: Draw, expires_after: JSON | None = None) -> JSON:
    """`tool_resources` as they are kept: vector stores that are described are made, and told by their ids.

    Raises `Refused` for files that cannot be searched.
    """
    search = resources.get("file_search") or {}
    made = []
    for place, given in enumerate(search.get("vector_stores") or ()):
        refuse_settings(given, f"{_MADE}[{place}].")
        entry = new_store(
            context,
            serial.child(f"store {place}"),
            given.get("file_ids") or (),
            given.get("chunking_strategy"),
            metadata=given.get("metadata"),
            expires_after=expires_after,
        )
        made.append(entry["store"]["id"])
    if "vector_stores" not in search:
        return dict(resources)
    return _with_stores(resources, [*(search.get("vector_store_ids") or ()), *made])


def with_attached(context: Context, resources: JSON, messages: Iterable[Mapping[str, Any]], serial: Draw) -> JSON:
    """`tool_resources` of a thread with the files that these messages attach to be searched.

    They go into its vector store, or a new one that lives a week. Raises `Refused` for files that cannot be searched.
    """
    ids = [*dict.fromkeys(file_id for message in messages for file_id in _attached(message))]
    if not ids:
        return resources
    refuse_files(context, ids)
    known = (resources.get("file_search") or {}).get("vector_store_ids") or []
    usable = [id_ for id_ in known if stores.can_be_searched(context, id_)]
    if usable:
        add(context, usable[0], {file_id: added(context, file_id, {}) for file_id in ids})
        return resources
    entry = new_store(context, serial.child("attached"), ids, None, expires_after=WEEK)
    return _with_stores(resources, [entry["store"]["id"]])


def _attached(message: Mapping[str, Any]) -> Iterable[str]:
    for attachment in message.get("attachments") or ():
        if any(tool["type"] == "file_search" for tool in attachment.get("tools") or ()):
            yield attachment["file_id"]


def _with_stores(resources: Mapping[str, Any], ids: list[str]) -> JSON:
    return {**resources, "file_search": {"vector_store_ids": ids}}
