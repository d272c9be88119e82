"""What a response goes on from: the chain of previous responses, or a conversation; and what is kept of a response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_mockopenai.core import conversations, errors, items
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.lifecycle import Timeline
from pytest_mockopenai.core.seed import Draw


def responses(store: Store) -> Collection:
    """Entries by the response's id.

    `response` is the object as it is when finished, `input` its own input items, `previous` the id of the response that
    it goes on from or None; one made in the background has a `timeline` (see `background`).
    """
    return store.collection("responses")


def unstored(store: Store) -> Collection:
    """Entries of the responses that were made on a WebSocket and not stored: to be continued there, nothing else."""
    return store.collection("responses.unstored")


def items_before(body: Mapping[str, Any], store: Store) -> tuple[JSON, ...]:
    """The items before those that a request sends; what was compacted is in the item that stands for it.

    Raises `Refused` for a previous response or a conversation that does not exist, and for both at once.
    """
    return _history(body, store, (responses(store),))


def items_before_in_dialogue(body: Mapping[str, Any], store: Store) -> tuple[JSON, ...]:
    """The same on a WebSocket, where a response can be continued that was not stored."""
    return _history(body, store, (responses(store), unstored(store)))


def _history(body: Mapping[str, Any], store: Store, known: Sequence[Collection]) -> tuple[JSON, ...]:
    previous, conversation = body.get("previous_response_id"), body.get("conversation")
    if previous and conversation:
        both = errors.mutually_exclusive("previous_response_id", "conversation")
        raise Refused(both if _entry(known, previous) else errors.of_unknown(both))
    if conversation:
        return _since_compaction(conversations.entry_of(store, conversations.id_of(conversation))["items"])
    if not previous:
        return ()
    if _entry(known, previous) is None:
        raise Refused(errors.previous_response_not_found(previous))
    return _since_compaction(_chain(known, previous))


def _since_compaction(items: Sequence[JSON]) -> tuple[JSON, ...]:
    places = (place for place in range(len(items) - 1, -1, -1) if items[place]["type"] == "compaction")
    return tuple(items[next(places, 0) :])


def chain(store: Store, id_: str | None) -> tuple[JSON, ...]:
    """The items of a response and of all that it goes on from, oldest first; what was deleted is left out."""
    return _chain((responses(store),), id_)


def _chain(known: Sequence[Collection], id_: str | None) -> tuple[JSON, ...]:
    entries = list(_entries(known, id_))
    return tuple(item for entry in reversed(entries) for item in (*entry["input"], *entry["response"]["output"]))


def _entries(known: Sequence[Collection], id_: str | None) -> Iterator[JSON]:
    entry = _entry(known, id_)
    while entry is not None:
        yield entry
        entry = _entry(known, entry["previous"])


def _entry(known: Sequence[Collection], id_: str | None) -> JSON | None:
    found = (collection.get(id_) for collection in known) if id_ else ()
    return next((entry for entry in found if entry is not None), None)


def given(context: Context) -> tuple[JSON, ...]:
    """The input items of a request as they are kept; raises `Refused` for a reference to an unknown item."""
    sent = context.body.get("input") or []
    listed = [items.user_message(sent)] if isinstance(sent, str) else sent
    serial = context.serial.child("input")
    return tuple(_resolved(context, item, serial.child(place)) for place, item in enumerate(listed))


def _resolved(context: Context, item: Mapping[str, Any], draw: Draw) -> JSON:
    if "role" in item or item.get("type") not in (None, "item_reference"):
        return items.kept(item, draw)
    known = items.recall(context.store, item["id"])
    if known is None:
        raise Refused(errors.item_not_found(item["id"]))
    return known


def keep(context: Context, response: JSON, own: tuple[JSON, ...], timeline: Timeline | None = None) -> None:
    """Store a finished response with its input, and continue the conversation that it belongs to."""
    added = (*own, *response["output"])
    if response.get("conversation"):
        conversations.append(context.store, response["conversation"]["id"], added)
    entry = {
        "response": response,
        "input": list(own),
        "previous": response["previous_response_id"],
        "timeline": timeline,
    }
    if response["store"]:
        responses(context.store).put(response["id"], entry)
        items.remember(context.store, added)
    elif context.endpoint.method == IN_DIALOGUE:
        unstored(context.store).put(response["id"], entry)
