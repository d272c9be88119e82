"""Which endpoint a request is for: OpenAI's paths with and without `/v1`, and Azure's forms of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol
from urllib.parse import unquote

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Endpoint
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.suggest import closest
from pytest_mockopenai.core.wire import Request

_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)(/.+)")
_PREFIXES = ("/openai/v1/", "/openai/", "/v1/")
_PARAMETER = re.compile(r"\{(\w+)\}")
_BETA = "beta=true"  # in the query: how the SDK tells a beta's operation from the one at the same path
_LONGEST = 100  # characters of a path that are compared with those there are


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoint of a request, the values in its path, and Azure's deployment name if the path holds one."""

    endpoint: Endpoint
    path: Mapping[str, str]
    deployment: str | None = None


class Beyond(Protocol):
    """Endpoints beyond those that have files; `path` is below `/v1` and percent-encoded.

    All may raise `Refused`, for an operation that is there and cannot be answered.
    """

    def match(self, request: Request, path: str) -> Match | None:
        """The endpoint of a request that no file claims."""
        ...

    def variant(self, endpoint: Endpoint, request: Request, path: str) -> Endpoint:
        """The endpoint with what is different where a query makes another operation of it (`?beta=true`)."""
        ...

    def unseen(self, request: Request, path: str) -> Match | None:
        """An endpoint that answers the same request whatever ids it names."""
        ...

    def methods(self, path: str) -> frozenset[str]:
        """The methods of a path."""
        ...

    def paths(self) -> Iterable[str]:
        """All paths, to suggest one."""
        ...

    @property
    def lack(self) -> str:
        """Why there are none; empty if there are."""
        ...


class Routes:
    """The endpoints by path and method; those that are called in dialogues only have no route.

    `beyond` makes the endpoints of requests that none of these claims, if there are such, when the first one comes.
    """

    def __init__(self, endpoints: Iterable[Endpoint], beyond: Callable[[], Beyond | None] = lambda: None) -> None:
        self._make_beyond = beyond
        self._by_length: dict[int, list[tuple[tuple[str, ...], Endpoint]]] = {}
        self._literal: dict[tuple[str, str], Endpoint] = {}
        for endpoint in endpoints:
            if endpoint.method == IN_DIALOGUE:
                continue
            segments = segments_of(endpoint.path)
            self._by_length.setdefault(len(segments), []).append((segments, endpoint))
            self._literal.setdefault((endpoint.method, endpoint.path.strip("/")), endpoint)
        for candidates in self._by_length.values():
            candidates.sort(key=lambda candidate: parameters_last(candidate[0]))

    @cached_property
    def _beyond(self) -> Beyond | None:
        return self._make_beyond()

    def match(self, request: Request) -> Match:
        """The endpoint of this request; raises `Refused` with 404 for an unknown path, 405 for a wrong method."""
        path, deployment = _canonical(request)
        literal = self._literal.get((request.method, path.strip("/")))
        if literal is not None:
            return Match(self._variant(literal, request, path), {}, deployment)
        found = [
            (values, endpoint)
            for segments, endpoint in self._by_length.get(len(segments_of(path)), ())
            if (values := values_in(segments, path)) is not None
        ]
        for values, endpoint in found:
            if endpoint.method == request.method:
                return Match(self._variant(endpoint, request, path), values, deployment)
        beyond = self._beyond.match(request, path) if self._beyond else None
        if beyond:
            return replace(beyond, deployment=deployment)
        raise Refused(self._unmatched(request, path, {endpoint.method for _, endpoint in found}))

    def unseen(self, request: Request) -> Match | None:
        """An endpoint that answers this request whatever ids it names; None if there is none."""
        return self._beyond.unseen(request, _canonical(request)[0]) if self._beyond else None

    def _variant(self, endpoint: Endpoint, request: Request, path: str) -> Endpoint:
        if _BETA not in request.target or self._beyond is None:
            return endpoint
        return self._beyond.variant(endpoint, request, path)

    def _unmatched(self, request: Request, path: str, allowed: set[str]) -> Error:
        allowed |= self._beyond.methods(path) if self._beyond else set()
        if allowed:
            return errors.method_not_allowed(request.method, request.path, allowed)
        return self._hinting(errors.unknown_url(request.method, request.path), path)

    def _hinting(self, error: Error, path: str) -> Error:
        """The error, with a header that names the path most like this one; the message stays OpenAI's."""
        known = {endpoint.path for group in self._by_length.values() for _, endpoint in group}
        known.update(self._beyond.paths() if self._beyond else ())
        near = closest(path[:_LONGEST].replace("/v1/", "/"), sorted(known))
        hint = f"Did you mean /v1{near}?" if near else self._beyond.lack if self._beyond else ""
        return error.with_headers(("x-mock-hint", hint)) if hint else error


def parameters(path: str) -> list[str]:
    """The names of the parameters in an endpoint's path."""
    return _PARAMETER.findall(path)


def segments_of(path: str) -> tuple[str, ...]:
    """The parts of a path between its slashes."""
    return tuple(path.strip("/").split("/"))


def parameters_last(segments: tuple[str, ...]) -> list[bool]:
    """Sorts literal segments before parameters: `/models/x` before `/models/{model}`."""
    return [segment.startswith("{") for segment in segments]


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


def values_in(segments: tuple[str, ...], path: str) -> dict[str, str] | None:
    """The path's values by parameter name, or None if the path is another one."""
    values = {}
    for wanted, got in zip(segments, segments_of(path), strict=True):
        parameter = _PARAMETER.fullmatch(wanted)
        if parameter and got:
            values[parameter[1]] = unquote(got)
        elif wanted != got:
            return None
    return values
