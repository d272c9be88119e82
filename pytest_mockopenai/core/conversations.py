"""Conversations in the store: made by the Conversations API, continued by the Responses API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core import errors, items
from pytest_mockopenai.core.endpoint import JSON, Collection, Store
from pytest_mockopenai.core.errors import Refused


def conversations(store: Store) -> Collection:
    """Entries by the conversation's id: `conversation`, its object, and `items`, oldest first."""
    return store.collection("conversations")


def entry_of(store: Store, id_: str) -> JSON:
    """The entry of a conversation; raises `Refused` with 404 if there is none."""
    return found(conversations(store).get(id_), id_)


def found(entry: JSON | None, id_: str) -> JSON:
    """The entry; raises `Refused` with 404 if it is None."""
    if entry is None:
        raise Refused(errors.not_found("Conversation", id_))
    return entry


def append(store: Store, id_: str, added: Iterable[JSON]) -> JSON:
    """The entry with more items at its end; raises `Refused` with 404 for an unknown conversation."""
    new = list(added)
    changed = conversations(store).update(id_, lambda entry: {**entry, "items": [*entry["items"], *new]})
    items.remember(store, new)
    return found(changed, id_)


def id_of(reference: str | Mapping[str, Any]) -> str:
    """The id that a request's `conversation` names: a text, or an object with an `id`."""
    return reference if isinstance(reference, str) else str(reference["id"])
