"""OpenAI's envelope, its wordings, and the texts in them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error, Refused, UnknownId

# One value for each parameter name, to call every function of the module with.
ARGUMENTS: dict[str, Any] = {
    "content_type": "text/plain",
    "limit": 10,
    "method": "PUT",
    "path": "/v1/models",
    "allowed": ["POST", "GET"],
    "key": "sk-0123456789abcdefgh",
    "expected": "a string",
    "got": "an object",
    "value": "x",
    "index": 2,
    "message": "Why.",
    "name": "temperature",
    "only": 1,
    "used": 11,
    "asked": 32_000,
    "most": 16_384,
    "model": "gpt-4o",
    "kind": "File",
    "id_": "file-1",
    "scope": "tokens",
    "unit": "tokens per min (TPM)",
    "requested": 1,
    "wait": 1.5,
    "headline": "No.",
    "why": "it is down",
    "where": "redis://127.0.0.1:6379",
    "one": "previous_response_id",
    "other": "conversation",
    "exception": KeyError("k"),
    "error": Error(400, "No."),
}


def _all() -> dict[str, Callable[..., Error]]:
    functions = inspect.getmembers(errors, inspect.isfunction)
    return {
        name: made for name, made in functions if inspect.signature(made).return_annotation in ("Error", "UnknownId")
    }


def _made(make: Callable[..., Error]) -> Error:
    parameters = inspect.signature(make).parameters.values()
    given = {each: ARGUMENTS[each.name] for each in parameters if each.default is inspect.Parameter.empty}
    positional = [value for each, value in given.items() if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    named = {each.name: value for each, value in given.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}
    return make(*positional, **named)


@pytest.mark.parametrize("make", _all().values(), ids=_all())
def test_every_error(make: Callable[..., Error]) -> None:
    error = _made(make)
    assert 400 <= error.status <= 599
    envelope = error.envelope()
    assert list(envelope) == ["error"]
    assert list(envelope["error"]) == ["message", "type", "param", "code"]
    assert envelope["error"]["message"]
    assert envelope["error"]["type"]


# Wordings that users have reported of the real API.
WORDS = [
    (errors.missing_parameter("messages[2].role"), 400, "messages[2].role", "missing_required_parameter",
     "Missing required parameter: 'messages[2].role'."),
    (errors.invalid_type("messages[0].content", "one of a string or array of objects", "an object"), 400,
     "messages[0].content", "invalid_type",
     "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an object "
     "instead."),
    (errors.invalid_value("role", "x", ["a", "b", "c"]), 400, "role", "invalid_value",
     "Invalid value: 'x'. Supported values are: 'a', 'b', and 'c'."),
    (errors.unknown_parameter("reasoning"), 400, "reasoning", "unknown_parameter", "Unknown parameter: 'reasoning'."),
    (errors.null_content(1), 400, "messages.[1].content", None,
     "Invalid value for 'content': expected a string, got null."),
    (errors.unsupported_parameter("max_tokens", "max_completion_tokens"), 400, "max_tokens", "unsupported_parameter",
     "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
    (errors.unsupported_value("temperature", 0.16, 1), 400, "temperature", "unsupported_value",
     "Unsupported value: 'temperature' does not support 0.16 with this model. Only the default (1) value is "
     "supported."),
    (errors.context_length_exceeded(8192, 8227), 400, "messages", "context_length_exceeded",
     "This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens. "
     "Please reduce the length of the messages."),
    (errors.model_not_found("x"), 404, None, "model_not_found",
     "The model `x` does not exist or you do not have access to it."),
    (errors.no_such_model("x"), 404, "model", "model_not_found", "The model 'x' does not exist"),
    (errors.no_such("File", "file-abc"), 404, "id", None, "No such File object: file-abc"),
    (errors.unknown_url("POST", "/v1/x"), 404, None, None, "Invalid URL (POST /v1/x)"),
    (errors.unknown_url("POST", "/chat/x"), 404, None, "unknown_url",
     "Unknown request URL: POST /chat/x. Please check the URL for typos, or see the docs at "
     "https://platform.openai.com/docs/api-reference/."),
    (errors.method_not_allowed("POST", "/v1/models", ["GET"]), 405, None, None,
     "Not allowed to POST on /v1/models. (HINT: Perhaps you meant to use a different HTTP method?)"),
    (errors.unsupported_media_type("multipart/form-data"), 400, None, "unsupported_content_type",
     "Unsupported content type: 'multipart/form-data'. This API method only accepts 'application/json' requests, but "
     "you specified the header 'Content-Type: multipart/form-data'. Please try again with a supported content type."),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status", "param", "code", "message"), WORDS, ids=[row[4][:40] for row in WORDS])
def test_words(error: Error, status: int, param: str | None, code: str | None, message: str) -> None:
    assert error.envelope()["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }
    assert error.status == status


@pytest.mark.parametrize(
    ("scope", "unit"), [("requests", "requests per min (RPM)"), ("tokens", "tokens per min (TPM)")]
)
def test_rate_limited(scope: str, unit: str) -> None:
    error = errors.rate_limited(model="gpt-4o", scope=scope, limit=30000, used=14567, requested=24754, wait=18.642)
    assert (error.status, error.type, error.code, error.retry_after) == (429, scope, "rate_limit_exceeded", 18.642)
    assert f"for gpt-4o in organization org-mock on {unit}: Limit 30000, Used 14567, Requested 24754." in error.message
    assert "Please try again in 18.642s." in error.message


def test_quota_has_no_wait() -> None:
    assert errors.quota_exceeded().retry_after is None


def test_allow_header() -> None:
    assert errors.method_not_allowed("PUT", "/v1/x", {"POST", "GET"}).headers == (("allow", "GET, POST"),)


def test_media_type_that_was_not_sent() -> None:
    assert errors.unsupported_media_type(None).message == (
        "Unsupported content type: ''. This API method only accepts 'application/json' requests, but you did not "
        "specify any. Please try again with a supported content type."
    )


@pytest.mark.parametrize("error", [errors.unscripted("No."), errors.script_mistake("No."), errors.our_bug(KeyError())])
def test_the_mocks_own_errors_are_not_retried(error: Error) -> None:
    assert error.type == errors.MOCK
    assert ("x-should-retry", "false") in error.headers


def test_our_bug_names_the_exception() -> None:
    error = errors.our_bug(ZeroDivisionError("by zero"))
    assert (error.status, error.code) == (500, "ZeroDivisionError")
    assert "ZeroDivisionError: by zero" in error.message


@given(st.text(), st.text())
def test_filled(model: str, request_id: str) -> None:
    error = Error(400, "a {other} {model} {request_id}").filled(model="M", request_id="R")
    assert error.message == "a {other} M R"
    assert Error(400, "plain").filled(model=model, request_id=request_id).message == "plain"


def test_more_headers_leave_the_first() -> None:
    first = Error(400, "x", headers=(("a", "1"),))
    assert first.with_headers(("b", "2"), ("c", "3")).headers == (("a", "1"), ("b", "2"), ("c", "3"))
    assert first.headers == (("a", "1"),)


def test_refused_carries_the_error() -> None:
    error = errors.bad_json()
    assert Refused(error).error is error
    assert str(Refused(error)) == error.message


@pytest.mark.parametrize(
    "name", ["item_not_found", "no_such", "no_such_model", "not_found", "previous_response_not_found"]
)
def test_what_is_not_there_is_told_apart_from_every_other_error(name: str) -> None:
    error = _made(getattr(errors, name))
    assert isinstance(error, UnknownId)
    assert isinstance(error.filled(model="gpt-4o", request_id="req_1"), UnknownId)
    assert isinstance(error.with_headers(("x", "y")), UnknownId)


def test_a_wrong_cursor_is_worded_as_any_wrong_value() -> None:
    assert errors.unknown_cursor("after", "x").envelope() == errors.invalid_value("after", "x").envelope()
