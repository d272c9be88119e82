"""POST, GET and DELETE of conversations; `items` has the endpoints of what was said in them."""

from __future__ import annotations

from pytest_mockopenai.core import checks, conversations, errors
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.items import remember
from pytest_mockopenai.endpoints.conversations.items import ENDPOINTS as ITEM_ENDPOINTS
from pytest_mockopenai.endpoints.conversations.items import MOST_ITEMS, conversation_id, new_items


def create(context: Context) -> Finished:
    """A new conversation, with the items that the request begins it with."""
    id_ = "conv_" + context.serial.child("id").hex(48)
    made = {
        "id": id_,
        "object": "conversation",
        "created_at": context.now,
        "metadata": context.body.get("metadata") or {},
    }
    first = new_items(context)
    conversations.conversations(context.store).put(id_, {"conversation": made, "items": first})
    remember(context.store, first)
    return Finished(made)


def retrieve(context: Context) -> Finished:
    """One conversation; raises `Refused` with 404 if there is none."""
    return Finished(conversations.entry_of(context.store, conversation_id(context))["conversation"])


def update(context: Context) -> Finished:
    """The conversation with the metadata of the request in place of its own; raises `Refused` with 404."""
    metadata = context.body["metadata"] or {}

    def changed(entry: JSON) -> JSON:
        return {**entry, "conversation": {**entry["conversation"], "metadata": metadata}}

    id_ = conversation_id(context)
    entry = conversations.conversations(context.store).update(id_, changed)
    return Finished(conversations.found(entry, id_)["conversation"])


def delete(context: Context) -> Finished:
    """What is said of a deleted conversation; raises `Refused` with 404 if there is none. Its items stay."""
    id_ = conversation_id(context)
    if not conversations.conversations(context.store).delete(id_):
        raise Refused(errors.not_found("Conversation", id_))
    return Finished({"id": id_, "object": "conversation.deleted", "deleted": True})


_ONE = "/conversations/{conversation_id}"
_TYPES = "openai.types.conversations"

ENDPOINTS = (
    Endpoint(
        "POST",
        "/conversations",
        "conversations",
        create,
        params=f"{_TYPES}.conversation_create_params:ConversationCreateParams",
        bounds={"items": Length(0, MOST_ITEMS), **checks.METADATA_BOUNDS},
        rules=(checks.metadata_rule,),
    ),
    Endpoint("GET", _ONE, "conversations", retrieve),
    Endpoint(
        "POST",
        _ONE,
        "conversations",
        update,
        params=f"{_TYPES}.conversation_update_params:ConversationUpdateParams",
        bounds=checks.METADATA_BOUNDS,
        rules=(checks.metadata_rule,),
    ),
    Endpoint("DELETE", _ONE, "conversations", delete),
    *ITEM_ENDPOINTS,
)
