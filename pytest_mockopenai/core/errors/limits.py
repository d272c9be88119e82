"""Limits that are used up, and OpenAI's own failures."""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import HELP, Error
from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.core.wording import duration

_LEARN = "Visit https://platform.openai.com/account/rate-limits to learn more."


def rate_limited(
    *,
    model: str,
    scope: str,
    limit: int,
    used: int,
    requested: int,
    wait: float,
    unit: str | None = None,
    headers: Headers = (),
) -> Error:
    """429: a limit is used up. `scope` is `requests` or `tokens`, `unit` what it is called (None: of a minute).

    `wait` is in seconds.
    """
    unit = unit or {"requests": "requests per min (RPM)", "tokens": "tokens per min (TPM)"}[scope]
    return Error(
        429,
        f"Rate limit reached for {model} in organization org-mock on {unit}: Limit {limit}, Used {used}, "
        f"Requested {requested}. Please try again in {duration(wait)}. {_LEARN}",
        type=scope,
        code="rate_limit_exceeded",
        headers=headers,
        retry_after=wait,
    )


def request_too_large(*, model: str, unit: str, limit: int, requested: int, headers: Headers = ()) -> Error:
    """429 without Retry-After: one request asks for more tokens than there ever are (wording: aider#1880)."""
    return Error(
        429,
        f"Request too large for {model} in organization org-mock on {unit}: Limit {limit}, Requested {requested}. "
        f"The input or output tokens must be reduced in order to run successfully. {_LEARN}",
        type="tokens",
        code="rate_limit_exceeded",
        headers=headers,
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
        f"contact us through our help center at {HELP} if the error persists. "
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
