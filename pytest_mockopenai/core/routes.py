"""Which endpoint a request is for: OpenAI's paths with and without `/v1`, and Azure's forms of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Endpoint
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.suggest import closest
from pytest_mockopenai.core.wire import Request

_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)(/.+)")
_PREFIXES = ("/openai/v1/", "/openai/", "/v1/")
_PARAMETER = re.compile(r"\{(\w+)\}")
_LONGEST = 100  # characters of a path that are compared with those there are


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoint of a request, the values in its path, and Azure's deployment name if the path holds one."""

    endpoint: Endpoint
    path: Mapping[str, str]
    deployment: str | None = None


class Routes:
    """The endpoints by path and method; those that are called in dialogues only have no route."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Endpoint]]] = {}
        self._literal: dict[tuple[str, str], Endpoint] = {}
        for endpoint in endpoints:
            if endpoint.method == IN_DIALOGUE:
                continue
            segments = tuple(endpoint.path.strip("/").split("/"))
            self._by_length.setdefault(len(segments), []).append((segments, endpoint))
            self._literal.setdefault((endpoint.method, endpoint.path.strip("/")), endpoint)
        for candidates in self._by_length.values():
            candidates.sort(key=_parameters_last)

    def match(self, request: Request) -> Match:
        """The endpoint of this request; raises `Refused` with 404 for an unknown path, 405 for a wrong method."""
        path, deployment = _canonical(request)
        literal = self._literal.get((request.method, path.strip("/")))
        if literal is not None:
            return Match(literal, {}, deployment)
        found = [
            (values, endpoint)
            for segments, endpoint in self._by_length.get(path.strip("/").count("/") + 1, ())
            if (values := _values(segments, path)) is not None
        ]
        for values, endpoint in found:
            if endpoint.method == request.method:
                return Match(endpoint, values, deployment)
        if not found:
            raise Refused(self._hinting(errors.unknown_url(request.method, request.path), path))
        allowed = {endpoint.method for _, endpoint in found}
        raise Refused(errors.method_not_allowed(request.method, request.path, allowed))

    def _hinting(self, error: Error, path: str) -> Error:
        """The error, with a header that names the path most like this one; the message stays OpenAI's."""
        known = {endpoint.path for group in self._by_length.values() for _, endpoint in group}
        near = closest(path[:_LONGEST].replace("/v1/", "/"), sorted(known))
        return error.with_headers(("x-mock-hint", f"Did you mean /v1{near}?")) if near else error


def _parameters_last(candidate: tuple[tuple[str, ...], Endpoint]) -> list[bool]:
    """Sorts literal segments before parameters: `/models/x` before `/models/{model}`."""
    return [segment.startswith("{") for segment in candidate[0]]


def _canonical(request: Request) -> tuple[str, str | None]:
    """The path below `/v1`, still percent-encoded, and Azure's deployment name."""
    path = request.raw_path
    azure = _DEPLOYMENT.fullmatch(path)
    if azure:
        if not any(name == "api-version" for name, _ in request.query):
            raise Refused(Error(404, "Resource not found", code="404"))  # what Azure says without api-version
        return azure[2], unquote(azure[1])
    for prefix in _PREFIXES:
        if path.startswith(prefix):
            return path[len(prefix) - 1 :], None
    return path, None


def _values(segments: tuple[str, ...], path: str) -> dict[str, str] | None:
    """The path's values by parameter name, or None if the path is another one."""
    values = {}
    for wanted, got in zip(segments, path.strip("/").split("/"), strict=True):
        parameter = _PARAMETER.fullmatch(wanted)
        if parameter and got:
            values[parameter[1]] = unquote(got)
        elif wanted != got:
            return None
    return values
