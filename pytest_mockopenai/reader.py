"""From a request to its reading: matched, allowed, parsed, checked; or refused in OpenAI's words."""

from __future__ import annotations

from pytest_mockopenai.contract import fields, params
from pytest_mockopenai.core import errors, forms, handle
from pytest_mockopenai.core.bounds import check_bounds
from pytest_mockopenai.core.endpoint import JSON, Endpoint
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.routes import Match, Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.exchange import Attempt
from pytest_mockopenai.reading import Reading, Readings, reading_of
from pytest_mockopenai.settings import Settings


class Reader:
    """Reads requests for one app; what was found out before a refusal is in the attempt."""

    def __init__(self, routes: Routes, settings: Settings, readings: Readings) -> None:
        self._routes = routes
        self._settings = settings
        self._readings = readings

    def read(self, attempt: Attempt) -> Reading:
        """Match, read and check a request, unless an equal one was read before; raises `Refused`."""
        request = attempt.request
        if len(request.body) > self._settings.body_limit:
            raise Refused(errors.too_large(self._settings.body_limit))
        known = self._readings.find(request, attempt.heading)
        match = known.match if known else self._routes.match(request)
        attempt.endpoint = match.endpoint
        self._check_key(attempt.heading.key, match.endpoint)
        if known:
            return known
        reading = self.checked(attempt, *self._parsed(attempt, match))
        self._readings.keep(request, attempt.heading, reading)
        return reading

    def _parsed(self, attempt: Attempt, match: Match) -> tuple[Match, JSON]:
        """The body, with who can read it; raises `Refused`."""
        try:
            return match, self._body(attempt, match)
        except Refused:
            lenient = self._lenient(attempt)
            if lenient is None:
                raise
            return lenient, self._body(attempt, lenient)

    def _lenient(self, attempt: Attempt) -> Match | None:
        """Who answers what the SDK's types allow and an endpoint refuses; None if it is to be refused."""
        return self._routes.unseen(attempt.request) if self._settings.unknown_ids == "synthesize" else None

    def _body(self, attempt: Attempt, match: Match) -> JSON:
        endpoint, request = match.endpoint, attempt.request
        attempt.inquiry = Inquiry(endpoint.resource, request, {}, match.path.get("model", ""))
        body = handle.read_body(endpoint, request)
        if endpoint.read and endpoint.params and forms.is_form(request):
            body = fields.typed(endpoint.params, body)
        if match.deployment:
            body.setdefault("model", match.deployment)
        if endpoint.dialogue is not None:
            body.update(_model_in_query(request))
        return body

    def checked(self, attempt: Attempt, match: Match, body: JSON) -> Reading:
        """Check a body; raises `Refused`. What is known of the request is noted as soon as it is known."""
        attempt.endpoint = match.endpoint
        given = match.path.get("model") or body.get("model")
        model = given if isinstance(given, str) else ""
        attempt.inquiry = Inquiry(match.endpoint.resource, attempt.request, body, model)
        handle.check_types(match.endpoint, body, params.check)
        match = self._bounded(attempt, match, body)
        return reading_of(match, body, model, len(attempt.request.body), self._settings.seed)

    def _bounded(self, attempt: Attempt, match: Match, body: JSON) -> Match:
        """The match, if the body keeps to the endpoint's bounds; raises `Refused`, or matches what knows of none."""
        problem = check_bounds(match.endpoint.bounds, body)
        if problem is None:
            return match
        lenient = self._lenient(attempt)
        if lenient is None:
            raise Refused(problem)
        attempt.endpoint = lenient.endpoint
        return lenient

    def _check_key(self, key: str | None, endpoint: Endpoint) -> None:
        if key is None and self._settings.require_key and not endpoint.keyless:
            raise Refused(errors.missing_key())
        if key is not None and key in self._settings.invalid_keys:
            raise Refused(errors.invalid_key(key))


def _model_in_query(request: Request) -> JSON:
    """The model that a WebSocket is opened for; Azure calls it the deployment."""
    asked = dict(request.query)
    model = asked.get("model") or asked.get("deployment")
    return {"model": model} if model else {}
