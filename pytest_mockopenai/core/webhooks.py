"""Webhook events: which end of a job is told by which one, how it is written, and how it is signed.

The signature is that of the Standard Webhooks specification, which the SDK checks (`openai/resources/webhooks`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw

SECRET = "whsec_" + base64.b64encode(b"pytest-mockopenai signs with this").decode()
"""What deliveries are signed with if nobody sets another secret; it is none, and good for nothing else."""

_ENDS: Mapping[str, Mapping[str, str]] = {
    "response": {name: f"response.{name}" for name in ("completed", "failed", "cancelled", "incomplete")},
    "batch": {name: f"batch.{name}" for name in ("completed", "failed", "cancelled", "expired")},
    "fine_tuning.job": {name: f"fine_tuning.job.{name}" for name in ("succeeded", "failed", "cancelled")},
    "eval.run": {
        "completed": "eval.run.succeeded",
        "failed": "eval.run.failed",
        "canceled": "eval.run.canceled",
    },
    "video": {name: f"video.{name}" for name in ("completed", "failed")},
}
"""The type of the event for each kind of job and each status that one ends with (openai/types/webhooks)."""

KINDS = frozenset(_ENDS)
"""The kinds of jobs whose ends are told."""


def ending(kind: str, line: Sequence[Sequence[object]]) -> tuple[str, float] | None:
    """The event that a job's timeline comes to and its Unix time; None if its last status is told to nobody."""
    status, at = line[-1]
    type_ = _ENDS[kind].get(str(status))
    return None if type_ is None else (type_, float(str(at)))


def event(type_: str, data: JSON, time: float, draw: Draw) -> JSON:
    """The event's JSON; `time` is in Unix seconds."""
    return {
        "id": "evt_" + draw.hex_token("event", 32),
        "object": "event",
        "created_at": int(time),
        "type": type_,
        "data": data,
    }


def key_of(secret: str) -> bytes:
    """The key that a secret holds; raises ValueError for `whsec_` without base64 behind it."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret that begins with 'whsec_' goes on in base64") from None


def checked_secret(secret: str) -> str:
    """The secret; raises ValueError for one that holds no key."""
    key_of(secret)
    return secret


def checked_url(url: str) -> str:
    """The URL of a receiver; raises ValueError for what is none."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return url
    except ValueError:  # such as a port that is no number
        pass
    raise ValueError(f"the URL of a webhook is such as 'http://127.0.0.1:8000/webhooks', not {url!r}")


def signed(secret: str, id_: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers that tell and prove who sends this body; `timestamp` is in Unix seconds."""
    said = f"{id_}.{timestamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(key_of(secret), said, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
