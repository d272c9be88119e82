"""Reads a client event, and checks it by the SDK's types before anything is done with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Service
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.endpoints.realtime.wire import Wire

_REFERENCE = "item_reference"  # in `response.input`; older SDKs have no type for it


def checked(event: JSON, wire: Wire, service: Service) -> JSON:
    """The event itself; raises Refused with the first problem of it."""
    kind = event.get("type")
    if kind is None:
        raise Refused(errors.missing_parameter("type"))
    if not isinstance(kind, str) or kind not in wire.params:
        raise Refused(errors.invalid_value("type", kind, wire.params))
    problem = service.check(wire.params[kind], _without_references(event)) or _inner_problem(event, wire, service)
    if problem:
        raise Refused(problem)
    return event


def _inner_problem(event: JSON, wire: Wire, service: Service) -> Error | None:
    """Names below the top level that there are not, such as `session.modalities` in the GA form."""
    inner = wire.inner(event)
    if inner is None or not isinstance(event.get(inner[0]), dict):
        return None
    found = service.check(inner[1], _referring(event[inner[0]]))
    return _below(inner[0], found) if found else None


def _below(path: str, error: Error) -> Error:
    """The error with its path inside another object."""
    if error.param is None:
        return error
    message = error.message.replace(f"'{error.param}'", f"'{path}.{error.param}'", 1)
    return replace(error, message=message, param=f"{path}.{error.param}")


def _without_references(event: JSON) -> JSON:
    response = event.get("response")
    return {**event, "response": _referring(response)} if isinstance(response, dict) else event


def _referring(response: JSON) -> JSON:
    """A response's settings without the references among its items."""
    items: Any = response.get("input")
    if not isinstance(items, list):
        return response
    return {**response, "input": [item for item in items if not _is_reference(item)]}


def _is_reference(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == _REFERENCE and isinstance(item.get("id"), str)
