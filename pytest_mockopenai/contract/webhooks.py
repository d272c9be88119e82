"""The webhook events that the installed SDK knows, by their types."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pytest_mockopenai.core.suggest import did_you_mean

_EVENTS = "openai.types.webhooks.unwrap_webhook_event"
_ENDPOINTS = "openai.types.webhooks.webhook_create_params"
_IDS = ("id", "call_id", "session_id")
"""What the field of an event's `data` is called that says whom it is about."""


@cache
def events() -> Mapping[str, Any]:
    """The class of each event's `data` by the event's type, None if it has an id alone; empty without webhooks."""
    found = _found(_EVENTS, "UnwrapWebhookEvent")
    if found is None:
        return {}
    fields = [event.model_fields for event in get_args(get_args(found)[0])]
    typed = {get_args(each["type"].annotation)[0]: each["data"].annotation for each in fields}
    return {**dict.fromkeys(_subscribable()), **typed}


def _subscribable() -> tuple[str, ...]:
    """The types that an endpoint may be created for; the SDK has no classes for some (`video.completed`)."""
    import typing_extensions as te

    params = _found(_ENDPOINTS, "WebhookCreateParams")
    listed = te.get_type_hints(params).get("event_types") if params else None  # 3.10's own leaves `Required` standing
    return get_args(get_args(listed)[0]) if listed else ()


def _found(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        return None


def data_of(type_: str, id_: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The `data` of an event about this id: what is `given`, and what else the type asks for.

    Raises ValueError for a type that the SDK does not know, and for one that needs more than can be made up.
    """
    known = events()
    if known and type_ not in known:
        raise ValueError(f"there is no webhook event '{type_}'.{did_you_mean(type_, known)}")
    if known.get(type_) is None:
        return {"id": id_, **given}
    needed = {name: field.annotation for name, field in known[type_].model_fields.items() if field.is_required()}
    return {**{name: _value(type_, name, needed[name], id_) for name in needed if name not in given}, **given}


def _value(type_: str, name: str, annotation: Any, id_: str) -> Any:
    """What stands for itself in a field."""
    origin: Any = get_origin(annotation)
    if name in _IDS:
        return id_
    if origin is list:
        return []
    if origin is Literal:
        return get_args(annotation)[0]
    raise ValueError(f"a webhook event '{type_}' needs data={{'{name}': ...}}")
