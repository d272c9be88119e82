"""From a matched request to what goes out: bodies are read or refused, and whole and stream agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import errors, handle, jsontext, sse
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.store import Store

STANDARD = (("x-request-id", "req_1"), ("openai-version", "2020-10-01"))
JSON = (("Content-Type", "application/json"),)


class NoModels:
    """Knows no model."""

    def names(self) -> list[str]:
        return []

    def knows(self, model: str) -> bool:
        return False

    @property
    def encodings(self) -> dict[str, str]:
        return {}


def finished(context: Context) -> Finished:
    return Finished({"said": context.body.get("said")}, Usage(completion_tokens=3))


def events(context: Context, done: Finished) -> Iterator[bytes]:
    yield from (sse.event({"piece": piece}) for piece in str(done.object["said"]))


def rule(context: Context) -> None:
    if context.body.get("said") == "no":
        raise Refused(errors.invalid("No.", param="said"))


ECHO = Endpoint("POST", "/echo", "echo", finished, events, b"[END]", params="x:Y", rules=(rule,))
SILENT = Endpoint("POST", "/echo/cancel", "echo", finished)


def context(body: Mapping[str, Any], endpoint: Endpoint = ECHO) -> Context:
    request = Request("POST", "/echo")
    draw = draw_for(0)
    inquiry = Inquiry("echo", request, body, "m")
    return Context(endpoint, request, {}, body, inquiry, None, draw, draw, time=1.0, models=NoModels(), store=Store())


def post(body: bytes, headers: tuple[tuple[str, str], ...] = JSON) -> Request:
    return Request("POST", "/echo", headers, body)


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"]
)
def test_read(content_type: str) -> None:
    assert handle.read_body(ECHO, post(b'{"a": 1}', (("content-TYPE", content_type),))) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"1", b"null", b"NaN", b"\xff{}", b"{}{}"])
def test_not_an_object(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        handle.read_body(ECHO, post(body))
    assert caught.value.error == errors.bad_json()


@pytest.mark.parametrize("headers", [(), (("content-type", "text/plain"),), (("content-type", "multipart/form-data"),)])
def test_another_content_type(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refused) as caught:
        handle.read_body(ECHO, post(b"{}", headers))
    assert (caught.value.error.status, caught.value.error.code) == (400, "unsupported_content_type")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_method_without_a_body(method: str) -> None:
    assert handle.read_body(Endpoint(method, "/x", "x", finished), Request(method, "/x", (), b"ignored")) == {}


def test_no_body_for_an_endpoint_without_parameters() -> None:
    assert handle.read_body(SILENT, post(b"", ())) == {}
    assert handle.read_body(SILENT, post(b'{"a": 1}')) == {"a": 1}


# --- checking ---------------------------------------------------------------------------------------------------------


def test_what_the_check_of_parameters_is_asked() -> None:
    asked: list[tuple[str, frozenset[str], frozenset[str]]] = []

    def check(params: str, body: Mapping[str, Any], *, known: frozenset[str], path: frozenset[str]) -> Error | None:
        asked.append((params, known, path))
        return errors.unknown_parameter("b") if "b" in body else None

    endpoint = Endpoint("POST", "/x/{y}", "x", finished, params="x:Y", known=frozenset("k"))
    with pytest.raises(Refused) as caught:
        handle.check_types(endpoint, {"b": 1}, check)
    assert caught.value.error.code == "unknown_parameter"
    handle.check_types(endpoint, {"n": 2}, check)
    assert asked == [("x:Y", frozenset("k"), frozenset("y"))] * 2


def test_without_declared_parameters_nothing_is_asked() -> None:
    def check(params: str, body: Mapping[str, Any], *, known: frozenset[str], path: frozenset[str]) -> Error | None:
        raise AssertionError

    handle.check_types(SILENT, {"a": 1}, check)


# --- the seed ---------------------------------------------------------------------------------------------------------

BODIES = st.dictionaries(st.sampled_from(["a", "b", "stream", "stream_options"]), st.integers(0, 1))


@given(BODIES, BODIES)
def test_what_decides_an_answer(one: dict[str, int], other: dict[str, int]) -> None:
    def asked(body: dict[str, int]) -> dict[str, int]:
        return {name: value for name, value in body.items() if not name.startswith("stream")}

    same = handle.seed_text(ECHO, {}, one) == handle.seed_text(ECHO, {}, other)
    assert same == (asked(one) == asked(other))


def test_endpoint_and_path_decide_too() -> None:
    texts = {
        handle.seed_text(ECHO, {}, {}),
        handle.seed_text(SILENT, {}, {}),
        handle.seed_text(ECHO, {"model": "a"}, {}),
        handle.seed_text(ECHO, {"model": "b"}, {}),
    }
    assert len(texts) == 4


# --- answering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"said": "abc"}, {"said": "abc", "stream": False}, {"said": "abc", "stream": None}])
def test_whole(body: dict[str, Any]) -> None:
    outcome = handle.answered(context(body))
    assert outcome.events is None
    reply = handle.rendered(outcome, ECHO, STANDARD)
    assert (reply.status, reply.body, reply.events, reply.steps) == (200, b'{"said":"abc"}', None, 3)
    assert reply.headers == (*STANDARD, ("content-type", "application/json"))


def test_stream() -> None:
    outcome = handle.answered(context({"said": "abc", "stream": True}))
    reply = handle.rendered(outcome, ECHO, STANDARD)
    assert reply.events == tuple(sse.event({"piece": piece}) for piece in "abc")
    assert (reply.status, reply.end) == (200, b"[END]")
    assert dict(reply.headers)["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers[: len(STANDARD)] == STANDARD


def test_an_endpoint_that_cannot_stream() -> None:
    assert handle.answered(context({"said": "abc", "stream": True}, SILENT)).events is None


def test_rules_come_first() -> None:
    with pytest.raises(Refused, match=r"No\."):
        handle.answered(context({"said": "no"}))


@pytest.mark.parametrize("stream", [True, False])
def test_a_failure_in_the_middle_is_an_envelope_with_the_request_id(stream: bool) -> None:
    reply = handle.rendered(handle.answered(context({"said": "abc", "stream": stream})), ECHO, STANDARD)
    failure = jsontext.loads(reply.failure(1).removeprefix(b"data: "))
    assert failure["error"]["type"] == "server_error"
    assert "request ID req_1 in" in failure["error"]["message"]


# --- errors -----------------------------------------------------------------------------------------------------------


def test_error() -> None:
    error = errors.overloaded().with_headers(("openai-version", "other"))
    reply = handle.rendered_error(error, STANDARD, RetryWaits(ms=1))
    assert (reply.status, reply.events, reply.steps) == (503, None, 0)
    assert jsontext.loads(reply.body) == jsontext.loads(reply.failure(0)) == error.envelope()
    assert reply.headers == (
        ("x-request-id", "req_1"),
        ("content-type", "application/json"),
        ("openai-version", "other"),
        ("retry-after-ms", "1"),
    )


def test_a_reply_that_is_no_json() -> None:
    def told(context: Context) -> Finished:
        return Finished({}, status=201, content=("application/sdp", b"v=0"), headers=(("location", "/x"),))

    rendered = handle.rendered(handle.answered(context({}, replace(ECHO, answer=told))), ECHO, STANDARD)
    assert (rendered.status, rendered.body) == (201, b"v=0")
    assert rendered.headers == (*STANDARD, ("location", "/x"), ("content-type", "application/sdp"))


def test_a_body_that_is_read_in_another_way() -> None:
    endpoint = replace(ECHO, read=lambda request: {"said": request.body.decode()})
    assert handle.read_body(endpoint, Request("POST", "/echo", (), b"not json")) == {"said": "not json"}


def test_events_as_messages() -> None:
    outcome = handle.answered(context({"said": "ab"}), streams=True)
    rendered = handle.rendered_messages(outcome, ECHO, "req_1")
    assert rendered.events == (b'{"piece":"a"}', b'{"piece":"b"}')
    assert rendered.end == b""
    assert jsontext.loads(rendered.failure(1))["error"]["type"] == "server_error"
