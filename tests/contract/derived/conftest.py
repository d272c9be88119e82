"""Derived endpoints without a socket: all of the installed SDK, or those beside the modelled ones; bodies for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mockopenai.app import App
from pytest_mockopenai.contract.derived.beyond import Derived
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.shapes import Anything, Array, Choice, Object, Scalar, Shape, Table
from pytest_mockopenai.contract.typed import plan_of
from pytest_mockopenai.contract.unions import AnyOf, OneOf, Tagged
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.scene import all_routes
from pytest_mockopenai.scripting import Scripted, when
from pytest_mockopenai.settings import Settings
from tests.endpoints.conftest import KEY, NOW, Answered

FILE = ("notes.txt", b"hello", "text/plain")
NOT_SENT = frozenset({"stream", "openai-beta"})
"""What the SDK lists among parameters, and is said elsewhere: by the kind of call, in a header."""


class Api:
    """An app whose clock stands still."""

    def __init__(self, routes: Routes | None = None, **settings: Any) -> None:
        made = routes or Routes([], Derived)
        self.app = App(made, KnownModels(), Settings(**settings), real_time=lambda: NOW)

    def reply(self, *words: object, **conditions: Any) -> None:
        Scripted(self.app, when(**conditions)).reply(*words)

    def send(self, method: str, target: str, body: Any = None, *headers: tuple[str, str]) -> Answered:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = headers or (KEY, ("content-type", "application/json"))
        return Answered(self.app.exchange(Request(method, f"/v1{target}", sent, data)).reply)

    def call(self, operation: Operation, path: str, body: Any = None) -> Answered:
        """What the SDK sends for an operation."""
        query = "&".join("=".join(pair) for pair in operation.query)
        target = f"{path}?{query}" if query else path
        if not operation.form:
            return self.send(operation.method, target, body)
        return self.send(operation.method, target, form_of(body or {}), KEY, FORM)


@pytest.fixture
def api() -> Iterator[Api]:
    """Derived endpoints alone: no file claims anything."""
    made = Api()
    yield made
    assert made.app.problems == []


@pytest.fixture
def whole() -> Iterator[Api]:
    """All endpoints, as a mock has them."""
    made = Api(all_routes())
    yield made
    assert made.app.problems == []


# --- bodies that the SDK's types allow --------------------------------------------------------------------------------


def body_of_params(operation: Operation, *, every: bool = False) -> Any:
    """The required parameters, or all of them; None for an operation without a body."""
    if operation.params is None:
        return None
    plan = plan_of(operation.params)
    left_out = NOT_SENT.union(operation.parameters)
    return {
        name: value_of(plan.fields[name].shape)
        for name in (plan.fields if every else plan.required)
        if name not in left_out
    }


def value_of(shape: Shape) -> Any:
    """A value that fits; an empty object stands for a file too."""
    if isinstance(shape, Choice):
        return shape.values[0]
    if isinstance(shape, Scalar):
        return _scalar(shape)
    if isinstance(shape, Array):
        return [value_of(shape.item)]
    if isinstance(shape, Object):
        plan = shape.plan()
        return {name: value_of(plan.fields[name].shape) for name in plan.required}
    if isinstance(shape, OneOf):
        return value_of(next(iter(shape.by_type.values())))
    if isinstance(shape, (Tagged, AnyOf)):
        return value_of((shape.objects if isinstance(shape, Tagged) else shape.members)[0])
    assert isinstance(shape, (Anything, Table))
    return {}


def _scalar(shape: Scalar) -> Any:
    values: dict[type, Any] = {str: "x", int: 1, bool: True, float: 1.5, dict: {}, list: []}
    return next((value for kind, value in values.items() if kind in shape.types), None)


FORM = ("content-type", "multipart/form-data; boundary=B")


def fields_of_form(body: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a body as the SDK names them in a form: a text, or FILE."""
    for name, value in body.items():
        yield from _fields(name, value)


def _fields(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value == {}:
        yield name, FILE
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(f"{name}[]", each)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def form_of(body: Any) -> bytes:
    """The body as a form."""
    parts = []
    for name, value in fields_of_form(body):
        file = f'; filename="{value[0]}"\r\ncontent-type: {value[2]}' if isinstance(value, tuple) else ""
        data = value[1] if isinstance(value, tuple) else value.encode()
        parts.append(f'--B\r\ncontent-disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n")
    return b"".join(parts) + b"--B--\r\n"
