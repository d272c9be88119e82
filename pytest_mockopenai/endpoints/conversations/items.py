"""POST, GET and DELETE of the items of a conversation."""

from __future__ import annotations

from pytest_mockopenai.core import conversations, errors
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.items import kept
from pytest_mockopenai.core.paging import listed, page

MOST_ITEMS = 20
"""How many items a request may add (openai/resources/conversations/items.py, `create`)."""


def new_items(context: Context) -> list[JSON]:
    """The items of the request as they are kept."""
    serial = context.serial.child("items")
    return [kept(item, serial.child(place)) for place, item in enumerate(context.body.get("items") or ())]


def conversation_id(context: Context) -> str:
    """The id of the conversation in the path."""
    return context.path["conversation_id"]


def create(context: Context) -> Finished:
    """A list of the items that were added; raises `Refused` with 404 for an unknown conversation."""
    added = new_items(context)
    conversations.append(context.store, conversation_id(context), added)
    return Finished(listed(added, has_more=False))


def list_items(context: Context) -> Finished:
    """A page of the conversation's items, the newest first; raises `Refused` with 404 for an unknown conversation."""
    return Finished(page(_items(context), context.request.query))


def retrieve(context: Context) -> Finished:
    """One item; raises `Refused` with 404 if the conversation has none of this id."""
    return Finished(_item(context))


def delete(context: Context) -> Finished:
    """The conversation without the item; raises `Refused` with 404 if it has none of this id."""
    item, id_ = _item(context), conversation_id(context)

    def without(entry: JSON) -> JSON:
        return {**entry, "items": [each for each in entry["items"] if each["id"] != item["id"]]}

    entry = conversations.conversations(context.store).update(id_, without)
    return Finished(conversations.found(entry, id_)["conversation"])


def _items(context: Context) -> list[JSON]:
    found: list[JSON] = conversations.entry_of(context.store, conversation_id(context))["items"]
    return found


def _item(context: Context) -> JSON:
    wanted = context.path["item_id"]
    for item in _items(context):
        if item["id"] == wanted:
            return item
    raise Refused(errors.not_found("Item", wanted))


_ALL = "/conversations/{conversation_id}/items"
_ONE = f"{_ALL}/{{item_id}}"
_PARAMS = "openai.types.conversations.item_create_params:ItemCreateParams"
_BOUNDS = {"items": Length(1, MOST_ITEMS)}
_RESOURCE = "conversations.items"

ENDPOINTS = (
    Endpoint("POST", _ALL, _RESOURCE, create, params=_PARAMS, bounds=_BOUNDS),
    Endpoint("GET", _ALL, _RESOURCE, list_items),
    Endpoint("GET", _ONE, _RESOURCE, retrieve),
    Endpoint("DELETE", _ONE, _RESOURCE, delete),
)
