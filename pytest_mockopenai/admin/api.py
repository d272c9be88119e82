"""Takes a request for the admin API to its operation: token, path, method, query, body; errors in OpenAI's envelope."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from pytest_mockopenai.admin.openapi import document
from pytest_mockopenai.admin.operations import Operations
from pytest_mockopenai.admin.route import Asked, Route
from pytest_mockopenai.core import errors, headers, jsontext
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.wire import Request, Whole
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.stubs.document import Wrong, shown

_BODY_LIMIT = 2**20


class Admin:
    """The admin API of a scene, to be given to a `Front`. With `token`, all but the probes ask for it.

    `ready` says whether requests should be sent here, as a server that is about to stop does not want.
    """

    def __init__(
        self, scene: Scene, *, token: str | None = None, version: str = "", ready: Callable[[], bool] = lambda: True
    ) -> None:
        operations = Operations(scene, version, ready, lambda: document(self.routes, version))
        self.routes: Sequence[Route] = operations.routes()
        self._token = token
        self._ids = count(1)
        self._by_path: dict[re.Pattern[str], dict[str, Route]] = {}
        for route in self.routes:
            self._by_path.setdefault(_pattern(route.path), {})[route.method] = route

    def __call__(self, request: Request) -> Whole:
        """Answer a request; never raises."""
        try:
            route, path = self._found(request)
            self._check_token(request, route)
            answer = route.run(Asked(path, _query(request, route), _body(request, route)))
            return self._reply(route.status, jsontext.dumps(answer))
        except Refused as refused:
            return self._refusal(refused.error)
        except Wrong as wrong:
            return self._refusal(errors.invalid(str(wrong), param=shown(wrong.path) or None))
        except Exception as bug:
            return self._refusal(errors.our_bug(bug))

    def _found(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        method = "GET" if request.method == "HEAD" else request.method
        for pattern, by_method in self._by_path.items():
            match = pattern.fullmatch(request.path)
            if match and method in by_method:
                return by_method[method], match.groupdict()
            if match:
                raise Refused(errors.method_not_allowed(request.method, request.path, by_method))
        known = sorted({route.path for route in self.routes})
        message = f"The admin API has no {request.path:.200}.{did_you_mean(request.path, known)}"
        raise Refused(Error(404, message, code="unknown_url"))

    def _check_token(self, request: Request, route: Route) -> None:
        if self._token is None or route.open:
            return
        given = request.header("x-mock-token")
        scheme, _, bearer = (request.header("authorization") or "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = bearer.strip()
        if not hmac.compare_digest((given or "").encode("utf-8", "replace"), self._token.encode()):
            message = "The admin API wants its token: send 'Authorization: Bearer TOKEN' or 'X-Mock-Token: TOKEN'."
            raise Refused(Error(401, message, code="invalid_token"))

    def _refusal(self, error: Error) -> Whole:
        return self._reply(error.status, jsontext.dumps(error.envelope()), error.headers)

    def _reply(self, status: int, body: bytes, more: tuple[tuple[str, str], ...] = ()) -> Whole:
        own = (("content-type", headers.JSON), ("x-request-id", f"req_{next(self._ids):032x}"))
        return Whole(status, (*own, ("cache-control", "no-store"), *more), body)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + "/?")


def _query(request: Request, route: Route) -> Mapping[str, str]:
    query = dict(request.query)
    for name in query:
        if name not in route.query:
            known = f"it takes none at {route.path}." if not route.query else did_you_mean(name, route.query).strip()
            raise Refused(errors.invalid(f"Unknown query parameter '{name:.60}': {known}", param=name))
    return query


def _body(request: Request, route: Route) -> Any:
    """The JSON sent. Its content type is insisted on: a page of a browser cannot send that without being allowed to."""
    if route.body is None:
        return None
    if len(request.body) > _BODY_LIMIT:
        raise Refused(errors.too_large(_BODY_LIMIT))
    sent = request.header("content-type")
    if (sent or "").partition(";")[0].strip().lower() != headers.JSON:
        raise Refused(errors.unsupported_media_type(sent))
    try:
        return jsontext.loads(request.body)
    except jsontext.BadJSON as error:
        raise Refused(errors.invalid(f"The body is no JSON: {error}")) from None
