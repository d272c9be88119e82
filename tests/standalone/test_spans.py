"""Spans: one for each call, named and described by the semantic conventions, without any text of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.standalone.spans import Spans

Make = Callable[..., Call]


class Traced:
    """Spans, and what they sent."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.spans = Spans(provider)

    def of(self, call: Call, ended: Ending = "done") -> ReadableSpan:
        self.spans.began(call)
        self.spans.ended(Seen(call, ended, 0.5))
        (span,) = self._exporter.get_finished_spans()
        return span


@pytest.fixture
def traced() -> Iterator[Traced]:
    made = Traced()
    yield made
    made.spans.close()


def with_body(call: Call, headers: tuple[tuple[str, str], ...] = (), **body: Any) -> Call:
    inquiry = call.inquiry
    request = replace(inquiry.request, headers=headers)
    return replace(call, inquiry=replace(inquiry, body={**inquiry.body, **body}, request=request))


def test_a_chat_call(traced: Traced, a_call: Make) -> None:
    response = {"id": "chatcmpl-1", "model": "gpt-4o", "choices": [{"finish_reason": "stop"}]}
    call = a_call(response=response, usage=Usage(9, 2), arrived=100.0, request_id="req_1", word="says('Paris')")
    span = traced.of(with_body(call, temperature=0.5, max_completion_tokens=20, seed=7, stop="x"))
    assert (span.name, span.kind, span.status.status_code) == ("chat gpt-4o", SpanKind.SERVER, StatusCode.UNSET)
    assert (span.start_time, span.end_time) == (100 * 10**9, 100_500_000_000)
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "url.path": "/v1/chat/completions",
        "http.response.status_code": 200,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 20,
        "gen_ai.request.seed": 7,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.response.finish_reasons": ("stop",),
        "mockopenai.word": "says('Paris')",
        "mockopenai.request_id": "req_1",
    }


def test_a_response_that_is_read_when_somebody_looks(traced: Traced, a_call: Make) -> None:
    class Unread:
        def read(self) -> dict[str, Any]:
            return {"id": "chatcmpl-1"}

    assert (traced.of(a_call(response=Unread())).attributes or {})["gen_ai.response.id"] == "chatcmpl-1"


def test_an_error(traced: Traced, a_call: Make) -> None:
    response = {"error": {"message": "No.", "code": "rate_limit_exceeded"}}
    span = traced.of(a_call(status=429, tokens=None, response=response))
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "rate_limit_exceeded"


def test_a_client_that_left(traced: Traced, a_call: Make) -> None:
    span = traced.of(a_call(), "client_gone")
    assert (span.attributes or {})["error.type"] == "client_gone"


def test_what_is_no_operation_of_a_model(traced: Traced, a_call: Make) -> None:
    span = traced.of(a_call(endpoint="moderations", tokens=None))
    assert span.name == "POST moderations"
    assert not any(name.startswith("gen_ai.") for name in span.attributes or {})


def test_the_clients_trace_goes_on(traced: Traced, a_call: Make) -> None:
    parent = ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    span = traced.of(with_body(a_call(), (parent,)))
    assert span.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert span.parent is not None
    assert span.parent.span_id == 0xB7AD6B7169203331


@pytest.mark.parametrize("wrong", [{"temperature": "hot"}, {"seed": True}, {"n": None}])
def test_odd_parameters_are_left_out(traced: Traced, a_call: Make, wrong: dict[str, Any]) -> None:
    assert f"gen_ai.request.{next(iter(wrong))}" not in (traced.of(with_body(a_call(), **wrong)).attributes or {})
