"""From a matched request to what would be sent: reading the body, checking it, answering, encoding. No state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from pytest_mockopenai.core import errors, headers, jsontext, sse
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.pace import Rendered
from pytest_mockopenai.core.routes import parameters
from pytest_mockopenai.core.wire import Headers, Request


class CheckParams(Protocol):
    """Finds the first problem of a body by the SDK's parameter type.

    `known` are names accepted beyond it, `path` those of the path's parameters.
    """

    def __call__(
        self, params: str, body: Mapping[str, Any], *, known: frozenset[str], path: frozenset[str]
    ) -> Error | None: ...


_NOT_IN_SEED = frozenset({"stream", "stream_options"})


def read_body(endpoint: Endpoint, request: Request) -> JSON:
    """The JSON object of a request's body; raises `Refused` if it is anything else.

    It is empty for a method without a body, and for an endpoint without parameters if none was sent.
    """
    if endpoint.read is not None:
        return endpoint.read(request)
    if endpoint.method != "POST" or not (request.body or endpoint.params):
        return {}
    return json_body(request)


def json_body(request: Request) -> JSON:
    """The JSON object of a body that is sent as JSON; raises `Refused` for any other."""
    _check_content_type(request)
    return json_object(request.body)


def json_object(text: bytes | str) -> JSON:
    """The JSON object that a client sent, as a body or as a message; raises `Refused` for anything else."""
    try:
        value = jsontext.loads(text)
    except jsontext.BadJSON:
        raise Refused(errors.bad_json()) from None
    if not isinstance(value, dict):
        raise Refused(errors.bad_json())
    return value


def _check_content_type(request: Request) -> None:
    sent = request.header("content-type")
    kind = (sent or "").partition(";")[0].strip().lower()
    if kind != headers.JSON and not kind.endswith("+json"):
        raise Refused(errors.unsupported_media_type(sent))


def check_types(endpoint: Endpoint, body: JSON, check_params: CheckParams) -> None:
    """Refuse what the endpoint's declared parameters do not allow; raises `Refused`."""
    if endpoint.params:
        in_path = frozenset(parameters(endpoint.path))  # the SDK lists them among the params of some requests
        problem = check_params(endpoint.params, body, known=endpoint.known, path=in_path)
        if problem:
            raise Refused(problem)


def seed_text(endpoint: Endpoint, path: Mapping[str, str], body: JSON) -> bytes:
    """What of a request decides its answer: not whether it is streamed, so that both ways say the same."""
    asked = {name: value for name, value in body.items() if name not in _NOT_IN_SEED}
    return jsontext.canonical([endpoint.method, endpoint.path, path, asked])


class Outcome(NamedTuple):
    """A finished answer and how it is sent."""

    finished: Finished
    events: tuple[bytes, ...] | None


def answered(context: Context, *, streams: bool | None = None) -> Outcome:
    """Run the endpoint: its own rules, its answer, and the answer's events if the request asks to stream.

    `streams` decides in the place of the request.
    """
    for rule in context.endpoint.rules:
        rule(context)
    finished = context.endpoint.answer(context)
    asked = context.endpoint.streams(context) if streams is None else streams
    if context.endpoint.events is None or not asked:
        return Outcome(finished, None)
    return Outcome(finished, tuple(context.endpoint.events(context, finished)))


def rendered(outcome: Outcome, endpoint: Endpoint, standard: Headers, own: int | None = None) -> Rendered:
    """An outcome as it goes out; `standard` holds its request ID, and `own` is that of `wire.Whole`."""
    finished, events = outcome
    usage, content = finished.usage, finished.content
    sent = standard
    if finished.headers:
        sent, own = (*standard, *finished.headers), None

    def failure(after: int) -> bytes:
        filled = errors.server_error().filled(model="", request_id=dict(standard).get("x-request-id", ""))
        in_events = events is not None and content is None
        return endpoint.failure(filled, after) if in_events else jsontext.dumps(filled.envelope())

    if events is None:
        kind, body = content or (headers.JSON, jsontext.dumps(finished.object))
        steps = usage.completion_tokens if usage else 0
        head = (*sent, ("content-type", kind))
        return Rendered(finished.status, head, body, steps=steps, failure=failure, own=own)
    kinds = (("content-type", content[0]),) if content else _OF_EVENTS
    return Rendered(200, (*sent, *kinds), events=events, end=endpoint.end, failure=failure, own=own)


_OF_EVENTS: Headers = (("content-type", sse.CONTENT_TYPE), ("cache-control", "no-cache"))


def rendered_messages(outcome: Outcome, endpoint: Endpoint, request_id: str) -> Rendered:
    """An outcome as the messages of a WebSocket: the data of its events, without the end of a stream."""

    def failure(sent: int) -> bytes:
        return sse.data_of(endpoint.failure(errors.server_error().filled(model="", request_id=request_id), sent))

    return Rendered(200, (), events=tuple(map(sse.data_of, outcome.events or ())), failure=failure)


def rendered_error(error: Error, standard: Headers, waits: headers.RetryWaits) -> Rendered:
    """An error as it goes out."""
    head = headers.merged((*standard, ("content-type", headers.JSON)), headers.of_error(error, waits))
    body = jsontext.dumps(error.envelope())
    return Rendered(error.status, head, body, failure=lambda _: body)
