"""Webhook events and their signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import webhooks
from pytest_mockopenai.core.seed import draw_for


@given(st.binary(min_size=1, max_size=64), st.text(max_size=50), st.integers(0, 2**40))
def test_the_signature_is_the_standards(key: bytes, body: str, timestamp: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = webhooks.signed(secret, "wh_1", timestamp, body)
    expected = hmac.new(key, f"wh_1.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("wh_1", str(timestamp))


def test_keys() -> None:
    assert webhooks.key_of("whsec_YWJj") == b"abc"
    assert webhooks.key_of("plain") == b"plain"
    assert webhooks.key_of(webhooks.SECRET)
    with pytest.raises(ValueError, match="goes on in base64"):
        webhooks.key_of("whsec_&&&")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "https://app.example/hooks"])
def test_urls(url: str) -> None:
    assert webhooks.checked_url(url) == url


@pytest.mark.parametrize("url", ["", "app", "ftp://x/y", "http://", "http://x:0/", "http://x:port/", "/hooks"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of a webhook is such as"):
        webhooks.checked_url(url)


@pytest.mark.parametrize(
    ("kind", "status", "type_"),
    [
        ("response", "incomplete", "response.incomplete"),
        ("batch", "expired", "batch.expired"),
        ("fine_tuning.job", "succeeded", "fine_tuning.job.succeeded"),
        ("eval.run", "completed", "eval.run.succeeded"),
        ("eval.run", "canceled", "eval.run.canceled"),
        ("fine_tuning.job", "paused", None),
    ],
)
def test_which_event_tells_of_the_end(kind: str, status: str, type_: str | None) -> None:
    line = [["queued", 1.0], [status, 2.5]]
    assert webhooks.ending(kind, line) == (None if type_ is None else (type_, 2.5))


def test_an_event() -> None:
    event = webhooks.event("batch.failed", {"id": "batch_1"}, 7.9, draw_for(0, "x"))
    assert event["id"].startswith("evt_")
    assert {**event, "id": ""} == {
        "id": "",
        "object": "event",
        "created_at": 7,
        "type": "batch.failed",
        "data": {"id": "batch_1"},
    }
