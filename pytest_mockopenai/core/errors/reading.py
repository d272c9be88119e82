"""The request cannot be read: its URL, its method, its body."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_mockopenai.core.errors.envelope import HELP, Error


def bad_json() -> Error:
    """400: the body is not JSON."""
    return Error(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
        f"figuring out how to fix this, please contact us through our help center at {HELP}.)",
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


def form_expected(content_type: str | None) -> Error:
    """415: the body is to be a form, and says that it is something else (wording: openai-api-rs#51)."""
    return Error(
        415,
        f"Invalid Content-Type header ({content_type or ''}), expected multipart/form-data. (HINT: If you're using "
        "curl, you can pass -H 'Content-Type: multipart/form-data')",
    )


def bad_form() -> Error:
    """400: the body is not the form that it says it is (wording: spring-ai#1050, dify#10694)."""
    return Error(400, "Could not parse multipart form")


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
