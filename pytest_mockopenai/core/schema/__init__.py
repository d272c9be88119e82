"""A JSON value that conforms to a JSON schema: what a model would answer, made up without a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core.schema.check import conforms
from pytest_mockopenai.core.schema.document import Document
from pytest_mockopenai.core.schema.heights import Heights
from pytest_mockopenai.core.schema.parts import Part, check_size
from pytest_mockopenai.core.schema.solve import Solver
from pytest_mockopenai.core.schema.trouble import Budget, TooMuch, Unsatisfiable
from pytest_mockopenai.core.schema.want import Want
from pytest_mockopenai.core.seed import Draw

__all__ = ["Unsatisfiable", "fits", "instance"]

_WORK = 6_000
_COMFORT = 4_000


def instance(schema: Mapping[str, Any] | bool, draw: Draw) -> Any:
    """A JSON value that conforms to a schema; the same one for the same schema and draw.

    The schema is JSON as `json.loads` gives it: draft 2020-12, with the habits of draft 7 (`definitions`, an
    array of `items`, `dependencies`) and OpenAPI's `nullable`. All named properties are filled in, as a model
    does in strict mode, until a recursive schema has to end. Raises `Unsatisfiable` for a schema that allows
    no value, is malformed, uses what is not supported (such as a lookbehind in a `pattern`), or asks for too
    much: there is no endless search, no deep recursion and no huge value.
    """
    check_size(schema)
    root = Part(dict(schema) if isinstance(schema, Mapping) else schema)
    try:
        return _attempt(root, draw, lean=False)
    except Unsatisfiable:
        return _attempt(root, draw, lean=True)


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a JSON value conforms to a schema, as far as `instance` knows its keywords.

    Every value fits a schema that cannot be read.
    """
    try:
        check_size(schema)
        root = Part(dict(schema))
        return conforms(value, (root,), Document(root, Budget(_WORK)))
    except (Unsatisfiable, TooMuch):
        return True


def _attempt(root: Part, draw: Draw, *, lean: bool) -> Any:
    document = Document(root, Budget(_WORK))
    solver = Solver(document, lean, _COMFORT, Heights(document))
    try:
        value = solver.make((root,), Want(draw))
        if conforms(value, (root,), document):
            return value
    except TooMuch as error:
        raise Unsatisfiable(error.place.path, error.reason) from None
    raise Unsatisfiable("#", "no value was found that conforms to everything in the schema")
