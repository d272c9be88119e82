"""POST, GET and DELETE of the messages of a thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core.assistants import RULES, deleted, found
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused, invalid
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.endpoints.threads import runs_kept
from pytest_mockopenai.endpoints.threads.entries import added, change, messages_at, thread_id, thread_of, threads
from pytest_mockopenai.endpoints.threads.running import said
from pytest_mockopenai.retrieval.resources import with_attached


def message_of(thread: str, given: Mapping[str, Any], now: int, serial: Draw) -> JSON:
    """The object of a message that a client has written (openai/types/beta/threads/message.py)."""
    content = given["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {
        **said(thread, serial, now),
        "role": given["role"],
        "content": [_block(block) for block in blocks],
        "attachments": given.get("attachments") or [],
        "metadata": given.get("metadata") or {},
    }


def _block(block: Mapping[str, Any]) -> JSON:
    """Text is sent as a string, and shown as an object."""
    return (
        {"type": "text", "text": {"value": block["text"], "annotations": []}} if block["type"] == "text" else {**block}
    )


def create(context: Context) -> Finished:
    """A new message at the end of a thread; raises `Refused` while a run is active, or with 404."""
    thread = thread_id(context)
    entry = thread_of(context)
    active = runs_kept.active(context, entry["thread"]["id"])
    if active:
        raise Refused(invalid(f"Can't add messages to {thread} while a run {active} is active."))
    made = message_of(thread, context.body, context.now, context.serial)
    attach(context, thread, [made])
    change(context, thread, lambda entry: added(entry, made, since=context.time))
    return Finished(made)


def attach(context: Context, thread: str, messages: list[JSON]) -> None:
    """Let a thread search the files that messages attach for it; raises `Refused` for those that cannot be searched."""
    resources = found(threads(context).get(thread), "thread", thread)["thread"]["tool_resources"]
    searched = with_attached(context, resources, messages, context.serial)
    if searched != resources:
        change(context, thread, lambda entry: {**entry, "thread": {**entry["thread"], "tool_resources": searched}})


def list_messages(context: Context) -> Finished:
    """A page of the messages, the newest first; raises `Refused` with 404 if there is no such thread."""
    run = dict(context.request.query).get("run_id")
    messages = messages_at(thread_of(context), context.time)
    return Finished(page(messages, context.request.query, where=lambda each: run in (None, "", each["run_id"])))


def retrieve(context: Context) -> Finished:
    """One message; raises `Refused` with 404 if there is none."""
    return Finished(_message(context))


def update(context: Context) -> Finished:
    """The message with other metadata; raises `Refused` with 404 if there is none."""
    id_, metadata = _message(context)["id"], context.body.get("metadata") or {}

    def changed(kept: JSON) -> JSON:
        message = kept["message"]
        return {**kept, "message": {**message, "metadata": metadata}} if message["id"] == id_ else kept

    change(context, thread_id(context), lambda entry: {**entry, "messages": [*map(changed, entry["messages"])]})
    return Finished(_message(context))


def delete(context: Context) -> Finished:
    """What is said of a deleted message; raises `Refused` with 404 if there is none."""
    id_ = _message(context)["id"]

    def without(entry: JSON) -> JSON:
        return {**entry, "messages": [kept for kept in entry["messages"] if kept["message"]["id"] != id_]}

    change(context, thread_id(context), without)
    return Finished(deleted(id_, "thread.message"))


def _message(context: Context) -> JSON:
    id_ = context.path["message_id"]
    messages = messages_at(thread_of(context), context.time)
    return found(next((message for message in messages if message["id"] == id_), None), "message", id_)


_ALL = "/threads/{thread_id}/messages"
_ONE = f"{_ALL}/{{message_id}}"
_RESOURCE = "beta.threads.messages"
_TYPES = "openai.types.beta.threads"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        params=f"{_TYPES}.message_create_params:MessageCreateParams",
        rules=RULES,
    ),
    Endpoint("GET", _ALL, _RESOURCE, list_messages, rules=RULES),
    Endpoint("GET", _ONE, _RESOURCE, retrieve, rules=RULES),
    Endpoint(
        "POST",
        _ONE,
        _RESOURCE,
        update,
        params=f"{_TYPES}.message_update_params:MessageUpdateParams",
        rules=RULES,
    ),
    Endpoint("DELETE", _ONE, _RESOURCE, delete, rules=RULES),
)
