"""POST, GET and DELETE of assistants."""

from __future__ import annotations

from pytest_mockopenai.core.assistants import BOUNDS, RULES, assistant_of, assistants, deleted, found
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.retrieval.resources import bounds, resolved

_SETTABLE: JSON = {
    "name": None,
    "description": None,
    "model": None,
    "instructions": None,
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
    "reasoning_effort": None,
}
"""What a request may set, and what it is otherwise (the API reference's "Create assistant")."""


def create(context: Context) -> Finished:
    """A new assistant."""
    id_ = "asst_" + context.serial.child("id").alphanumeric(24)
    made = {"id": id_, "object": "assistant", "created_at": context.now, **_SETTABLE, **_given(context)}
    assistants(context.store).put(id_, made)
    return Finished(made)


def _given(context: Context) -> JSON:
    """What the request sets; vector stores that it describes are made."""
    given = {name: value for name, value in context.body.items() if name in _SETTABLE and value is not None}
    if "tool_resources" in given:
        given["tool_resources"] = resolved(context, given["tool_resources"], context.serial)
    return given


def list_assistants(context: Context) -> Finished:
    """A page of the assistants, the newest first."""
    return Finished(page(assistants(context.store).all(), context.request.query))


def retrieve(context: Context) -> Finished:
    """One assistant; raises `Refused` with 404 if there is none."""
    return Finished(assistant_of(context, _id(context)))


def update(context: Context) -> Finished:
    """The assistant with what the request sets; raises `Refused` with 404 if there is none."""
    assistant_of(context, _id(context))
    given = _given(context)
    changed = assistants(context.store).update(_id(context), lambda made: {**made, **given})
    return Finished(found(changed, "assistant", _id(context)))


def delete(context: Context) -> Finished:
    """What is said of a deleted assistant; raises `Refused` with 404 if there is none."""
    assistant_of(context, _id(context))
    assistants(context.store).delete(_id(context))
    return Finished(deleted(_id(context), "assistant"))


def _id(context: Context) -> str:
    return context.path["assistant_id"]


_ONE = "/assistants/{assistant_id}"
_RESOURCE = "beta.assistants"
_TYPES = "openai.types.beta"
_BOUNDS: dict[str, Length | Range] = {"name": Length(0, 256), "description": Length(0, 512), **BOUNDS, **bounds()}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/assistants",
        _RESOURCE,
        create,
        params=f"{_TYPES}.assistant_create_params:AssistantCreateParams",
        bounds=_BOUNDS,
        rules=RULES,
    ),
    Endpoint("GET", "/assistants", _RESOURCE, list_assistants, rules=RULES),
    Endpoint("GET", _ONE, _RESOURCE, retrieve, rules=RULES),
    Endpoint(
        "POST",
        _ONE,
        _RESOURCE,
        update,
        params=f"{_TYPES}.assistant_update_params:AssistantUpdateParams",
        bounds=_BOUNDS,
        rules=RULES,
    ),
    Endpoint("DELETE", _ONE, _RESOURCE, delete, rules=RULES),
)
