"""OpenAI's error envelope, and one function for each documented error.

The wordings, `type`, `param` and `code` are those of the real API as users' bug reports and OpenAI's reference
("Error codes" guide, the OpenAPI document's `ErrorResponse`) show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.core.wording import duration, listed, masked

INVALID = "invalid_request_error"
_HELP = "help.openai.com"
_KEYS_PAGE = "https://platform.openai.com/account/api-keys"


@dataclass(frozen=True, slots=True)
class Error:
    """An error reply: HTTP `status` and the four keys of OpenAI's envelope, with the headers it brings along.

    `retry_after` is in seconds. In `message`, `{model}` and `{request_id}` stand for those of the request (`filled`).
    """

    status: int
    message: str
    type: str = INVALID
    param: str | None = None
    code: str | None = None
    headers: Headers = ()
    retry_after: float | None = None

    def envelope(self) -> dict[str, dict[str, str | None]]:
        """The JSON body: `{"error": {"message", "type", "param", "code"}}`."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def filled(self, *, model: str, request_id: str) -> Error:
        """The same error with the placeholders of its message filled in."""
        message = self.message.replace("{model}", model).replace("{request_id}", request_id)
        return replace(self, message=message)

    def with_headers(self, *headers: tuple[str, str]) -> Error:
        """The same error with more headers."""
        return replace(self, headers=self.headers + headers)


class Refused(Exception):
    """Raised anywhere below the app to answer a request with an `Error`."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


# --- the request cannot be read ---------------------------------------------------------------------------------------


def bad_json() -> Error:
    """400: the body is not JSON."""
    return Error(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        f"figuring out how to fix this, please contact us through our help center at {_HELP}.)",
    )


def unsupported_media_type(content_type: str | None, expected: str = "application/json") -> Error:
    """400: the body's content type is not the one that the endpoint reads."""
    got = f"you specified the header 'Content-Type: {content_type}'" if content_type else "you did not specify any"
    return Error(
        400,
        f"Unsupported content type: '{content_type or ''}'. This API method only accepts '{expected}' requests, "
        f"but {got}. Please try again with a supported content type.",
        code="unsupported_content_type",
    )


def too_large(limit: int) -> Error:
    """413: the body is over the limit of so many bytes."""
    return Error(413, f"Maximum request body size limit ({limit} bytes) exceeded.", code="request_too_large")


def unknown_url(method: str, path: str) -> Error:
    """404: no such path."""
    if path.startswith("/v1/"):
        return Error(404, f"Invalid URL ({method} {path})")
    return Error(
        404,
        f"Unknown request URL: {method} {path}. Please check the URL for typos, or see the docs at "
        "https://platform.openai.com/docs/api-reference/.",
        code="unknown_url",
    )


def method_not_allowed(method: str, path: str, allowed: Iterable[str]) -> Error:
    """405: the path exists, not for this method."""
    error = Error(405, f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)")
    return error.with_headers(("allow", ", ".join(sorted(allowed))))


# --- who asks ---------------------------------------------------------------------------------------------------------


def missing_key() -> Error:
    """401: no API key came with the request."""
    return Error(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
        "API from your browser and are prompted for a username and password. You can obtain an API key from "
        f"{_KEYS_PAGE}.",
    )


def invalid_key(key: str) -> Error:
    """401: the API key is known to be wrong; it is shown masked."""
    return Error(
        401,
        f"Incorrect API key provided: {masked(key)}. You can find your API key at {_KEYS_PAGE}.",
        code="invalid_api_key",
    )


def permission_denied(message: str = "Country, region, or territory not supported") -> Error:
    """403: the caller may not do this."""
    return Error(403, message, type="request_forbidden", code="unsupported_country_region_territory")


# --- the request is read and refused ----------------------------------------------------------------------------------


def missing_parameter(path: str) -> Error:
    """400: a required parameter is missing; `path` is such as `messages[0].role`."""
    return Error(400, f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def unknown_parameter(path: str) -> Error:
    """400: no such parameter."""
    return Error(400, f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")


def invalid_type(path: str, expected: str, got: str) -> Error:
    """400: wrong JSON type; `expected` and `got` are phrases: `a string`, `one of a string or array of objects`."""
    message = f"Invalid type for '{path}': expected {expected}, but got {got} instead."
    return Error(400, message, param=path, code="invalid_type")


def invalid_value(path: str, value: object, supported: Iterable[object] = ()) -> Error:
    """400: not one of the values of an enum."""
    names = [f"'{name}'" for name in supported]
    message = f"Invalid value: '{value}'."
    if names:
        message += f" Supported values are: {listed(names)}."
    return Error(400, message, param=path, code="invalid_value")


def null_content(index: int) -> Error:
    """400: a message whose content must be there is null."""
    return Error(400, "Invalid value for 'content': expected a string, got null.", param=f"messages.[{index}].content")


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Error:
    """400 in words of the caller's own."""
    return Error(400, message, param=param, code=code)


def unsupported_parameter(name: str, instead: str | None = None) -> Error:
    """400: the model does not take this parameter."""
    hint = f" Use '{instead}' instead." if instead else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    return Error(400, message, param=name, code="unsupported_parameter")


def unsupported_value(name: str, value: object, only: object) -> Error:
    """400: the model takes this parameter with one value only."""
    message = (
        f"Unsupported value: '{name}' does not support {value} with this model. "
        f"Only the default ({only}) value is supported."
    )
    return Error(400, message, param=name, code="unsupported_value")


def limit_too_large(name: str, asked: int, most: int) -> Error:
    """400: a limit of completion tokens over what the model can answer (wording: NextChat#3195, ExtractThinker#346)."""
    message = (
        f"{name} is too large: {asked}. This model supports at most {most} completion tokens, "
        f"whereas you provided {asked}."
    )
    return Error(400, message, param=name, code="invalid_value")


def context_length_exceeded(limit: int, used: int, *, completion: int = 0, param: str = "messages") -> Error:
    """400: the model's context does not hold the prompt (`used` tokens) and the `completion` tokens asked for.

    Wordings: crewAI-examples#121, NextChat#3195.
    """
    too_much = f"your messages resulted in {used} tokens. Please reduce the length of the messages."
    if completion and used <= limit:
        too_much = (
            f"you requested {used + completion} tokens ({used} in the messages, {completion} in the completion). "
            "Please reduce the length of the messages or completion."
        )
    return Error(
        400,
        f"This model's maximum context length is {limit} tokens. However, {too_much}",
        param=param,
        code="context_length_exceeded",
    )


def prompt_too_long(limit: int, used: int, *, completion: int = 0) -> Error:
    """400: the same where the input is no messages (embeddings, legacy completions); numbers are tokens."""
    return Error(
        400,
        f"This model's maximum context length is {limit} tokens, however you requested {used + completion} tokens "
        f"({used} in your prompt; {completion} for the completion). Please reduce your prompt; or completion length.",
    )


def chat_model() -> Error:
    """404 of legacy completions: the model is for chat only (wording: commitgpt#43, prompttools#115)."""
    return Error(
        404,
        "This is a chat model and not supported in the v1/completions endpoint. "
        "Did you mean to use v1/chat/completions?",
        param="model",
    )


def content_filtered() -> Error:
    """400: the prompt was refused by policy before any model saw it."""
    return Error(
        400,
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
        "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
        code="invalid_prompt",
    )


def model_not_found(model: str) -> Error:
    """404 on a call that names an unknown model."""
    return Error(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def no_such_model(model: str) -> Error:
    """404 of `GET /models/{model}`."""
    return Error(404, f"The model '{model}' does not exist", param="model", code="model_not_found")


def no_such(kind: str, id_: str) -> Error:
    """404: an object of this kind (`File`, `Response`, ...) was never made, or was deleted."""
    return Error(404, f"No such {kind} object: {id_}", param="id")


def not_found(kind: str, id_: str) -> Error:
    """404 of the newer APIs: no such `Response`, `Conversation` or `Item`."""
    return Error(404, f"{kind} with id '{id_}' not found.")


def item_not_found(id_: str) -> Error:
    """404: an input item refers to one that was never stored (wording: NousResearch/hermes-agent#10217)."""
    return Error(
        404,
        f"Item with id '{id_}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
    )


def previous_response_not_found(id_: str) -> Error:
    """400: `previous_response_id` names nothing stored (wording: agno#9240, bifrost#2441)."""
    return Error(
        400,
        f"Previous response with id '{id_}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def mutually_exclusive(one: str, other: str) -> Error:
    """400: two parameters of which a request may have one."""
    return Error(
        400,
        f"Mutually exclusive parameters: '{one}' and '{other}'. Ensure you are only providing one of: "
        f"'{one}' or '{other}'.",
        param=one,
        code="mutually_exclusive_parameters",
    )


def input_too_long() -> Error:
    """400 of the Responses API: the model's context does not hold the input."""
    return Error(
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        param="input",
        code="context_length_exceeded",
    )


# --- limits and failures ----------------------------------------------------------------------------------------------


def rate_limited(*, model: str, scope: str, limit: int, used: int, requested: int, wait: float) -> Error:
    """429: requests or tokens per minute; `scope` is `requests` or `tokens`, `wait` in seconds."""
    unit = {"requests": "requests per min (RPM)", "tokens": "tokens per min (TPM)"}[scope]
    return Error(
        429,
        f"Rate limit reached for {model} in organization org-mock on {unit}: Limit {limit}, Used {used}, "
        f"Requested {requested}. Please try again in {duration(wait)}. "
        "Visit https://platform.openai.com/account/rate-limits to learn more.",
        type=scope,
        code="rate_limit_exceeded",
        retry_after=wait,
    )


def quota_exceeded() -> Error:
    """429 without Retry-After: the account has no money left."""
    return Error(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        type="insufficient_quota",
        code="insufficient_quota",
    )


def server_error() -> Error:
    """500: OpenAI's own failure."""
    return Error(
        500,
        "The server had an error while processing your request. Sorry about that! You can retry your request, or "
        f"contact us through our help center at {_HELP} if the error persists. "
        "(Please include the request ID {request_id} in your message.)",
        type="server_error",
    )


def overloaded() -> Error:
    """503: too many requests for everybody."""
    return Error(
        503,
        "Our servers are currently overloaded. Please try again later.",
        type="service_unavailable_error",
        code="server_is_overloaded",
    )


# --- the mock's own ---------------------------------------------------------------------------------------------------

MOCK = "mock_error"
"""The `type` of errors that OpenAI would never send: the test or the mock is at fault, and retrying is no use."""

_NO_RETRY = ("x-should-retry", "false")  # the SDKs obey it


def unscripted(headline: str) -> Error:
    """400: a strict mock got a call that no rule answers."""
    return Error(400, headline, type=MOCK, code="unscripted_call", headers=(_NO_RETRY,))


def script_mistake(message: str, *, param: str | None = None) -> Error:
    """400: a scripted word cannot be played on this call."""
    return Error(400, message, type=MOCK, param=param, code="script_mistake", headers=(_NO_RETRY,))


def our_bug(exception: BaseException) -> Error:
    """500: the mock itself, or a function of the test's that it called, failed."""
    name = type(exception).__name__
    return Error(500, f"pytest-mockopenai failed: {name}: {exception}", type=MOCK, code=name, headers=(_NO_RETRY,))


def state_unavailable(where: str, why: str) -> Error:
    """503: the store that mocks share what they keep in cannot be reached; it may be back soon."""
    message = f"pytest-mockopenai cannot reach its shared store ({where}): {why}. It goes on as soon as the store does."
    return Error(
        503, message, type=MOCK, code="state_unavailable", headers=(("x-should-retry", "true"),), retry_after=1.0
    )


def no_websockets() -> Error:
    """501: the package that speaks WebSocket is not installed."""
    message = (
        "pytest-mockopenai speaks WebSocket with the package 'websockets', which is not installed. "
        "Run: pip install 'pytest-mockopenai[realtime]'"
    )
    return Error(501, message, type=MOCK, code="websockets_missing", headers=(_NO_RETRY,))
