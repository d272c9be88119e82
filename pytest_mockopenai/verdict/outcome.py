"""What became of one call, as its client saw it: whether to try again, when, and since when it could."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Literal

from pytest_mockopenai.recorder import Call

Outcome = Literal["delivered", "refused", "failed", "doubtful", "open"]
"""`delivered`: the whole answer went out. `refused`: another try gets the same. `failed`: another try may do better.

`doubtful`: the client may think either, such as of a stream without its end, or of one that it left itself. `open`: it
is not over yet.
"""

_FAULTS: Mapping[str | None, Outcome] = {
    **dict.fromkeys(("malformed", "short_body", "error_event"), "failed"),
    "no_done": "doubtful",
}
_RETRYABLE = frozenset({408, 409, 429})
"""The statuses below 500 that the SDK tries again (`openai/_base_client.py`, `_should_retry`)."""


def outcome_of(call: Call) -> Outcome:
    """What became of a call."""
    if call.ended == "open":
        return "open"
    if call.ended == "client_gone":
        return "doubtful" if call.stream and call.status < 400 else "failed"
    if call.ended != "done":
        return "failed"
    return _of_error(call) if call.status >= 400 else _of_answer(call)


def _of_answer(call: Call) -> Outcome:
    response = call.response
    if isinstance(response, Mapping) and response.get("status") == "failed":
        return "doubtful"
    return _FAULTS.get(call.fault, "delivered")


def _of_error(call: Call) -> Outcome:
    says = (sent(call, "x-should-retry") or "").lower()
    if says in ("true", "false"):
        return "failed" if says == "true" else "refused"
    if code_of(call) == "insufficient_quota":
        return "refused"
    return "failed" if call.status in _RETRYABLE or call.status >= 500 else "refused"


def code_of(call: Call) -> str:
    """The `code` of an error, or else its `type`; empty if it has neither."""
    error = call.response.get("error") if isinstance(call.response, Mapping) else None
    return str(error.get("code") or error.get("type") or "") if isinstance(error, Mapping) else ""


def sent(call: Call, name: str) -> str | None:
    """The first value of a header of the reply, whatever its case."""
    return next((value for key, value in call.response_headers if key.lower() == name), None)


def over(call: Call) -> float:
    """When the client could know what became of a call, in Unix seconds."""
    return call.arrived + call.seconds if call.finished is None else call.finished


def told_wait(call: Call) -> float | None:
    """How many seconds an error told its client to wait, None if it did not, or did not get there in order.

    As SDKs read it: `retry-after-ms` before `retry-after`, which is a number of seconds or a date.
    """
    if call.status < 400 or call.ended != "done":
        return None
    ms = _number(sent(call, "retry-after-ms"))
    return _retry_after(call) if ms is None else ms / 1000


def _retry_after(call: Call) -> float | None:
    text = sent(call, "retry-after")
    seconds = _number(text)
    if text is None or seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - over(call))
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None
