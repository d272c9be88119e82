"""Vector stores as they are kept, and as they are at a time: which files are in them, how far each is, the expiry.

An entry of the collection is plain JSON. `store` holds what the object says of itself; `files` are by the file's id,
each with the timeline of its processing, what will come of it and the batch it came with; `batches` are by the batch's
id. A file that is deleted, or whose time is over, is no longer in any store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pytest_mockopenai.core import errors, lifecycle
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused, UnknownId
from pytest_mockopenai.core.files import expired, files

_DAY = 24 * 60 * 60  # seconds
_COUNTED = ("in_progress", "completed", "failed", "cancelled")

BEFORE = float("-inf")
"""A time at which every file is still in progress: when the API answers the call that adds it, it has not begun."""


def vector_stores(store: Store) -> Collection:
    """Entries by the vector store's id."""
    return store.collection("vector_stores")


def entry_of(context: Context, id_: str) -> JSON:
    """The entry of a vector store; raises `Refused` with 404 if there is none."""
    entry = vector_stores(context.store).get(id_)
    if entry is None:
        raise Refused(not_found(id_))
    return entry


def change(context: Context, id_: str, how: Callable[[JSON], JSON]) -> JSON:
    """Replace an entry by what `how` makes of it, and return that; raises `Refused` with 404 if there is none."""
    changed = vector_stores(context.store).update(id_, how)
    if changed is None:
        raise Refused(not_found(id_))
    return changed


def not_found(id_: str) -> UnknownId:
    """404: no such vector store."""
    return UnknownId(404, f"No vector store found with id '{id_}'.")


# --- expiry -----------------------------------------------------------------------------------------------------------


def expires_at(entry: JSON) -> int | None:
    """When it expires, in Unix seconds; None: never."""
    policy = entry["store"]["expires_after"]
    return entry["store"]["last_active_at"] + policy["days"] * _DAY if policy else None


def has_expired(entry: JSON, time: float) -> bool:
    """Whether its time is over."""
    at = expires_at(entry)
    return at is not None and at <= time


def active(entry: JSON, now: int) -> JSON:
    """The entry of a store that is used now, which puts off its expiry; one that has expired stays so."""
    return entry if has_expired(entry, now) else {**entry, "store": {**entry["store"], "last_active_at": now}}


def refuse_expired(entry: JSON, time: float) -> None:
    """Refuse to use a vector store whose time is over."""
    if has_expired(entry, time):
        raise Refused(errors.invalid(f"Vector store '{entry['store']['id']}' has expired."))


def can_be_searched(context: Context, id_: str) -> bool:
    """Whether there is such a vector store and its time is not over."""
    entry = vector_stores(context.store).get(id_)
    return entry is not None and not has_expired(entry, context.time)


# --- files ------------------------------------------------------------------------------------------------------------


def files_in(context: Context, entry: JSON) -> dict[str, JSON]:
    """The files of a store by their ids, oldest first, without those that are gone."""
    known = files(context.store)
    found = ((id_, known.get(id_), kept) for id_, kept in entry["files"].items())
    return {id_: kept for id_, file, kept in found if file is not None and not expired(file, context.time)}


def status_of(kept: JSON, time: float) -> str:
    """How far a file is at this time."""
    return lifecycle.status_at(kept["timeline"], time)


def counts(kept: Iterable[JSON], time: float) -> dict[str, int]:
    """How many of these files have each status at this time."""
    counted = Counter(status_of(each, time) for each in kept)
    return {**{status: counted[status] for status in _COUNTED}, "total": sum(counted.values())}


def file_object(store_id: str, file_id: str, kept: JSON, time: float) -> JSON:
    """A file of a vector store as it is at this time (openai/types/vector_stores/vector_store_file.py)."""
    status = status_of(kept, time)
    return {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": _used(kept, time),
        "created_at": kept["created_at"],
        "vector_store_id": store_id,
        "status": status,
        "last_error": kept["error"] if status == "failed" else None,
        "chunking_strategy": kept["chunking_strategy"],
        "attributes": kept["attributes"],
    }


def _used(kept: JSON, time: float) -> int:
    used: int = kept["usage_bytes"] if status_of(kept, time) == "completed" else 0
    return used


def store_object(entry: JSON, kept: Mapping[str, JSON], time: float) -> JSON:
    """A vector store with these files as it is at this time (openai/types/vector_store.py)."""
    counted = counts(kept.values(), time)
    status = "in_progress" if counted["in_progress"] else "completed"
    about = entry["store"]
    return {
        "id": about["id"],
        "object": "vector_store",
        "created_at": about["created_at"],
        "name": about["name"],
        "description": about["description"],
        "usage_bytes": sum(_used(each, time) for each in kept.values()),
        "file_counts": counted,
        "status": "expired" if has_expired(entry, time) else status,
        "expires_after": about["expires_after"],
        "expires_at": expires_at(entry),
        "last_active_at": about["last_active_at"],
        "metadata": about["metadata"],
    }
