"""OpenTelemetry spans of calls, by the semantic conventions for generative AI (v1.37). Needs the extra `otel`.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Entry

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer, TracerProvider

OPERATIONS: Mapping[str, str] = {
    "chat.completions": "chat",
    "responses": "chat",
    "completions": "text_completion",
    "embeddings": "embeddings",
}
"""`gen_ai.operation.name` by endpoint; the calls of other endpoints are spans of HTTP only."""

_PARAMETERS: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "temperature": ("temperature", (int, float)),
    "top_p": ("top_p", (int, float)),
    "frequency_penalty": ("frequency_penalty", (int, float)),
    "presence_penalty": ("presence_penalty", (int, float)),
    "max_tokens": ("max_tokens", int),
    "max_completion_tokens": ("max_tokens", int),
    "max_output_tokens": ("max_tokens", int),
    "seed": ("seed", int),
    "n": ("choice.count", int),
}
"""What of a request's body is an attribute `gen_ai.request....`."""


class Spans:
    """An observer that makes a span of each call; it continues the client's trace if that sends `traceparent`."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        """None: the provider that the `OTEL_*` variables describe. Raises ImportError without the extra."""
        self._provider = provider or _configured()
        self._tracer: Tracer = self._provider.get_tracer("pytest_mockopenai")

    def began(self, call: Entry) -> None:
        """Nothing: a span is made when its end is known."""

    def ended(self, seen: Seen) -> None:
        """Makes the span, with the times of the call."""
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        call = seen.call
        carrier = {name.lower(): value for name, value in call.headers}
        context = TraceContextTextMapPropagator().extract(carrier)
        begin = int(call.arrived * 1e9)
        attributes = dict(attributes_of(seen))
        span = self._tracer.start_span(name_of(call), context, SpanKind.SERVER, attributes, start_time=begin)
        if "error.type" in attributes:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=begin + int(seen.duration * 1e9))

    def close(self) -> None:
        """Sends what has not been sent."""
        shutdown = getattr(self._provider, "shutdown", None)
        if shutdown is not None:
            shutdown()


def name_of(call: Entry) -> str:
    """`chat gpt-4o`, or `GET /v1/models` for what is no operation of a model."""
    operation = OPERATIONS.get(call.endpoint)
    return f"{operation} {call.model}".strip() if operation else f"{call.method} {call.endpoint or 'unknown'}"


def attributes_of(seen: Seen) -> Iterator[tuple[str, Any]]:
    """The attributes of a call's span; no text of prompts or answers is among them."""
    call = seen.call
    yield "http.request.method", call.method
    yield "url.path", call.inquiry.request.raw_path
    yield "http.response.status_code", call.status
    if call.endpoint in OPERATIONS:
        yield from _of_operation(call)
    if call.status >= 400:
        yield "error.type", _code(_response(call)) or str(call.status)
    elif seen.ended != "done":
        yield "error.type", seen.ended
    if call.word:
        yield "mockopenai.word", call.word
    yield "mockopenai.request_id", call.request_id


def _of_operation(call: Entry) -> Iterator[tuple[str, Any]]:
    yield "gen_ai.operation.name", OPERATIONS[call.endpoint]
    yield "gen_ai.provider.name", "openai"
    yield "gen_ai.request.model", call.model
    for parameter, (name, kind) in _PARAMETERS.items():
        value = call.body.get(parameter)
        if isinstance(value, kind) and not isinstance(value, bool):
            yield f"gen_ai.request.{name}", value
    if call.usage is not None:
        yield "gen_ai.usage.input_tokens", call.usage.prompt_tokens
        yield "gen_ai.usage.output_tokens", call.usage.completion_tokens
    if call.status < 400:
        yield from _of_response(_response(call))


def _response(call: Entry) -> Mapping[str, Any]:
    """The finished object; one that is read only when somebody looks is read now."""
    response = call.response.read() if hasattr(call.response, "read") else call.response
    return response if isinstance(response, Mapping) else {}


def _of_response(response: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("id", "model"):
        if isinstance(response.get(name), str):
            yield f"gen_ai.response.{name}", response[name]
    choices = response.get("choices") or ()
    reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    if reasons:
        yield "gen_ai.response.finish_reasons", reasons


def _code(response: Mapping[str, Any]) -> str | None:
    error = response.get("error")
    return error.get("code") if isinstance(error, Mapping) else None


def _configured() -> TracerProvider:
    """The provider that the `OTEL_*` variables describe; it sends by OTLP over HTTP, in the background."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "mockopenai"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
