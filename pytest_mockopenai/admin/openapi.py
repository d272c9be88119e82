"""The OpenAPI 3.1 document of the admin API, made from its table of operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pytest_mockopenai.admin.route import Route
from pytest_mockopenai.admin.schemas import SCHEMAS, ref

JSON = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")


def document(routes: Sequence[Route], version: str) -> JSON:
    """The document; `version` is the package's."""
    paths: JSON = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mockopenai admin API",
            "version": version,
            "description": "Scripts, watches and resets a mock of OpenAI's API.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Mock-Token"},
            },
        },
    }


def _operation(route: Route) -> JSON:
    said: JSON = {
        "operationId": _name(route),
        "summary": route.summary,
        "responses": {
            str(route.status): {"description": "Done.", "content": _json(route.answer)},
            "default": {"description": "OpenAI's error envelope.", "content": _json(ref("Error"))},
        },
        "security": [{}] if route.open else [{}, {"bearer": []}, {"header": []}],
    }
    parameters = [
        *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _in_path(route)),
        *({"name": name, "in": "query", "schema": schema} for name, schema in route.query.items()),
    ]
    if parameters:
        said["parameters"] = parameters
    if route.body is not None:
        said["requestBody"] = {"required": True, "content": _json(route.body)}
    return said


def _name(route: Route) -> str:
    words = re.findall(r"[a-z]+", route.path.removeprefix("/_mock/").replace("openapi.json", "openapi"))
    return "_".join([route.method.lower(), *words])


def _in_path(route: Route) -> list[str]:
    return _PARAMETER.findall(route.path)


def _json(schema: JSON) -> JSON:
    return {"application/json": {"schema": schema}}
