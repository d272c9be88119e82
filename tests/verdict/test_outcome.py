"""What became of one call: whether its client should try again, and how long it was told to wait."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from pytest_mockopenai.verdict.outcome import outcome_of, over, told_wait
from tests.verdict.conftest import START, call

QUOTA = {"error": {"message": "no money", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, "delivered"),
        ({"status": 201}, "delivered"),
        ({"ended": "open"}, "open"),
        *(({"status": status}, "refused") for status in (400, 401, 402, 403, 404, 405, 413, 415, 422)),
        *(({"status": status}, "failed") for status in (408, 409, 429, 500, 502, 503, 504, 599)),
        ({"status": 429, "response": QUOTA}, "refused"),
        ({"status": 500, "sent": (("X-Should-Retry", "false"),)}, "refused"),
        ({"status": 400, "sent": (("x-should-retry", "true"),)}, "failed"),
        *(({"ended": ended}, "failed") for ended in ("cut", "reset", "stalled", "client_gone")),
        ({"ended": "client_gone", "stream": True}, "doubtful"),
        ({"ended": "client_gone", "stream": True, "status": 500}, "failed"),
        *(({"fault": fault}, "failed") for fault in ("malformed", "short_body", "error_event")),
        ({"fault": "no_done"}, "doubtful"),
        ({"response": {"status": "failed"}}, "doubtful"),
        ({"response": {"status": "incomplete"}}, "delivered"),
        ({"status": 500, "fault": "malformed"}, "failed"),
        ({"status": 400, "response": "no JSON"}, "refused"),
    ],
)
def test_outcome(fields: dict[str, Any], outcome: str) -> None:
    assert outcome_of(call(0, 0.0, **fields)) == outcome


@pytest.mark.parametrize(
    ("status", "sent", "wait"),
    [
        (429, (("Retry-After-Ms", "1500"), ("retry-after", "9")), 1.5),
        (429, (("retry-after", "9"),), 9.0),
        (500, (("retry-after", "0.25"),), 0.25),
        (429, (("retry-after-ms", "soon"), ("retry-after", "9")), 9.0),
        (429, (("retry-after", formatdate(START + 5.0, usegmt=True)),), 5.0),
        (429, (("retry-after", formatdate(START - 50.0, usegmt=True)),), 0.0),
        *((429, (("retry-after", text),), None) for text in ("", "soon", "-1", "nan", "inf", "Wed, 99 Foo 2026")),
        (429, (), None),
        (200, (("retry-after", "9"),), None),
    ],
)
def test_told_wait(status: int, sent: tuple[tuple[str, str], ...], wait: float | None) -> None:
    assert told_wait(call(0, 0.0, status, took=0.0, sent=sent)) == wait


def test_nothing_is_told_by_what_did_not_get_there() -> None:
    assert told_wait(call(0, 0.0, 429, sent=(("retry-after", "9"),), ended="reset")) is None


def test_an_exchange_whose_end_is_not_known_is_over_when_the_mock_had_its_answer() -> None:
    assert over(call(0, 1.0, finished=None, seconds=0.5)) == START + 1.5
    assert over(call(0, 1.0, took=0.75)) == START + 1.75
