"""The headers of OpenAI's replies, and which headers hold secrets.

Names and forms as recorded from api.openai.com and in the rate-limits guide; durations are Go's `time.Duration` text.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache

from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.core.wording import duration

ORGANIZATION = "org-mock"
PROJECT = "proj_mock"
VERSION = "2020-10-01"
JSON = "application/json"
INNER = "x-mock-inner"
"""The header of a call that the mock makes itself while it answers another: a batch's line, a run's turn."""

BATCH_ID, CUSTOM_ID = "x-mock-batch-id", "x-mock-custom-id"
"""What a line of a batch has beside the headers of the call that had it run: whose line it is."""

SECRET = frozenset(
    {
        *("authorization", "api-key", "x-api-key", "cookie", "set-cookie", "proxy-authorization"),
        "sec-websocket-protocol",  # browsers have no other place for the key of the Realtime API
    }
)
"""The headers, in lower case, whose values are never recorded or shown."""

REQUESTS_A_MINUTE = 10_000
TOKENS_A_MINUTE = 30_000_000
"""The limits that replies tell of."""

_RETRYABLE = frozenset({408, 409, 429})


def request_id(serial: Draw) -> str:
    """The ID of the request that `serial` is for: `req_` and 32 hexadecimal digits."""
    return "req_" + serial.hex_token("request", 32)


def standard(request_id: str, tokens: int) -> Headers:
    """The headers of every reply; `tokens` are what the call took from the minute's tokens.

    The time that the reply claims to have taken hangs on the request ID: any from 40 to 400 ms.
    """
    return (*own(request_id), *_common(tokens))


def own(request_id: str) -> Headers:
    """Those of them that are of one reply alone."""
    return (
        ("x-request-id", request_id),
        ("openai-processing-ms", str(40 + zlib.crc32(request_id.encode()) % 361)),
    )


OWN = 2
"""So many are they, the first ones."""

_SAME: Headers = (
    ("openai-version", VERSION),
    ("openai-organization", ORGANIZATION),
    ("openai-project", PROJECT),
    ("x-ratelimit-limit-requests", str(REQUESTS_A_MINUTE)),
    ("x-ratelimit-limit-tokens", str(TOKENS_A_MINUTE)),
)


@lru_cache(1024)
def _common(tokens: int) -> Headers:
    """With what is left of the minute's limits, and when they are whole again."""
    return (
        *_SAME,
        ("x-ratelimit-remaining-requests", str(REQUESTS_A_MINUTE - 1)),
        ("x-ratelimit-remaining-tokens", str(max(0, TOKENS_A_MINUTE - tokens))),
        ("x-ratelimit-reset-requests", duration(60 / REQUESTS_A_MINUTE)),
        ("x-ratelimit-reset-tokens", duration(60 * tokens / TOKENS_A_MINUTE)),
    )


@dataclass(frozen=True, slots=True)
class RetryWaits:
    """How long clients are told to wait before they retry.

    SDKs sleep what `retry-after-ms` says and prefer it to `retry-after`. `ms` is sent with every error that SDKs retry,
    so that a test need not wait; None sends the true time.
    """

    ms: int | None = None


def of_error(error: Error, waits: RetryWaits) -> Headers:
    """The headers that an error adds: its own, the spent limit, Retry-After, and what keeps retries quick.

    An error that tells the true limits and the true wait itself keeps them.
    """
    told = {name for name, _ in error.headers}
    added = error.headers + (() if any(name.startswith("x-ratelimit-") for name in told) else _spent(error))
    if error.retry_after is not None:
        added += (("retry-after", str(max(1, math.ceil(error.retry_after)))),)
    if "retry-after-ms" not in told and (error.status in _RETRYABLE or error.status >= 500):
        wait = error.retry_after if waits.ms is None else waits.ms / 1000
        if wait is not None:
            added += (("retry-after-ms", str(round(wait * 1000))),)
    return added


def sooner(status: int, sent: Headers, waits: RetryWaits) -> Headers:
    """The headers of an error that came from elsewhere, with what keeps retries quick."""
    if waits.ms is None or not (status in _RETRYABLE or status >= 500):
        return sent
    return merged(sent, (("retry-after-ms", str(waits.ms)),))


def _spent(error: Error) -> Headers:
    """Of the limit that a rate-limit error names by its type, nothing remains until the wait is over."""
    if error.code != "rate_limit_exceeded" or error.retry_after is None:
        return ()
    reset = duration(error.retry_after)
    return ((f"x-ratelimit-remaining-{error.type}", "0"), (f"x-ratelimit-reset-{error.type}", reset))


def merged(base: Headers, over: Headers) -> Headers:
    """Both, a name of `over` taking the place of the same name in `base`."""
    names = {name.lower() for name, _ in over}
    return tuple(pair for pair in base if pair[0].lower() not in names) + over
