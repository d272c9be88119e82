"""GET, POST and DELETE of stored chat completions, and GET of their messages: those created with `store: true`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors, headers
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page

_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_PARTS = frozenset({"text", "image_url"})  # openai/types/chat/chat_completion_store_message.py


def keep(context: Context, completion: JSON) -> None:
    """Store a finished completion with what was asked."""
    id_ = completion["id"]
    messages = [_message(f"{id_}-{index}", message) for index, message in enumerate(context.body["messages"])]
    stored = {**completion, "choices": [_choice(choice) for choice in completion["choices"]], **_asked(context)}
    _collection(context).put(id_, {"completion": stored, "messages": messages})


def _choice(choice: JSON) -> JSON:
    """A choice as it is read back: what the model did not call is null (the API reference's "Get chat completion")."""
    return {**choice, "message": {"tool_calls": None, "function_call": None, **choice["message"]}}


def _asked(context: Context) -> JSON:
    """What a stored completion has beyond the one just created (the API reference's "Get chat completion")."""
    body = context.body
    return {
        "request_id": headers.request_id(context.serial),
        "tool_choice": body.get("tool_choice"),
        "seed": body.get("seed"),
        "top_p": _or(body.get("top_p"), 1.0),
        "temperature": _or(body.get("temperature"), 1.0),
        "presence_penalty": _or(body.get("presence_penalty"), 0.0),
        "frequency_penalty": _or(body.get("frequency_penalty"), 0.0),
        "input_user": body.get("user"),
        "tools": body.get("tools"),
        "metadata": body.get("metadata") or {},
        "response_format": body.get("response_format"),
    }


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _message(id_: str, message: Mapping[str, Any]) -> JSON:
    """A message of the request as it is listed; content that was sent in parts is listed as such."""
    content = message.get("content")
    in_parts = isinstance(content, list)
    return {
        **message,
        "id": id_,
        "content": None if in_parts else content,
        "name": message.get("name"),
        "content_parts": [part for part in content or () if part.get("type") in _PARTS] if in_parts else None,
    }


def list_completions(context: Context) -> Finished:
    """A page of the stored completions, oldest first unless the query says otherwise."""
    query = context.request.query
    model = dict(query).get("model")
    metadata = {found[1]: value for name, value in query if (found := _METADATA.fullmatch(name))}

    def wanted(completion: JSON) -> bool:
        return model in (None, "", completion["model"]) and metadata.items() <= completion["metadata"].items()

    items = [entry["completion"] for entry in _collection(context).all()]
    return Finished(page(items, query, order="asc", where=wanted))


def retrieve(context: Context) -> Finished:
    """One stored completion; raises `Refused` with 404 if there is none."""
    return Finished(_entry(context)["completion"])


def update(context: Context) -> Finished:
    """The completion with the metadata of the request in place of its own; raises `Refused` with 404 if there is none.

    Nothing else of a stored completion can be changed (openai/types/chat/completion_update_params.py).
    """
    metadata = context.body["metadata"] or {}

    def changed(entry: JSON) -> JSON:
        return {**entry, "completion": {**entry["completion"], "metadata": metadata}}

    entry = _collection(context).update(_id(context), changed)
    return Finished(_found(context, entry)["completion"])


def delete(context: Context) -> Finished:
    """What is said of a deleted completion; raises `Refused` with 404 if there is none."""
    if not _collection(context).delete(_id(context)):
        raise Refused(_unknown(context))
    return Finished({"object": "chat.completion.deleted", "id": _id(context), "deleted": True})


def list_messages(context: Context) -> Finished:
    """A page of the messages that a stored completion answered; raises `Refused` with 404 if there is none."""
    return Finished(page(_entry(context)["messages"], context.request.query, order="asc"))


def _collection(context: Context) -> Collection:
    return context.store.collection("chat.completions")


def _id(context: Context) -> str:
    return context.path["completion_id"]


def _entry(context: Context) -> JSON:
    return _found(context, _collection(context).get(_id(context)))


def _found(context: Context, entry: JSON | None) -> JSON:
    if entry is None:
        raise Refused(_unknown(context))
    return entry


def _unknown(context: Context) -> errors.Error:
    return errors.no_such("ChatCompletion", _id(context))


_ONE = "/chat/completions/{completion_id}"

ENDPOINTS = (
    Endpoint("GET", "/chat/completions", "chat.completions", list_completions),
    Endpoint("GET", _ONE, "chat.completions", retrieve),
    Endpoint(
        "POST",
        _ONE,
        "chat.completions",
        update,
        params="openai.types.chat.completion_update_params:CompletionUpdateParams",
        known=frozenset({"metadata", "model"}),  # the model is that of Azure's deployment paths
        bounds=checks.METADATA_BOUNDS,
        rules=(checks.metadata_rule,),
    ),
    Endpoint("DELETE", _ONE, "chat.completions", delete),
    Endpoint("GET", f"{_ONE}/messages", "chat.completions.messages", list_messages),
)
