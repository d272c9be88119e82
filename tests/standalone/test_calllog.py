"""The log: one line for each call, of a level or above, without secrets and without a way to forge a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_mockopenai.core.wire import Ending
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.standalone.calllog import CallLog, level_of, timestamp
from pytest_mockopenai.standalone.lines import Lines, blocks

Make = Callable[..., Call]


def logged(call: Call, ended: Ending = "done", **options: Any) -> str:
    lines: list[str] = []
    log = CallLog(lines.append, **options)
    log.began(call)
    log.ended(Seen(call, ended, 0.0123))
    return "".join(lines)


def test_text(a_call: Make) -> None:
    call = a_call(word="says('Paris')", arrived=1_800_000_000.5)
    assert logged(call) == "2027-01-15T08:00:00.512Z POST /v1/chat/completions 200 says('Paris') 12.3ms 9+1 tokens"


def test_text_of_what_broke_off(a_call: Make) -> None:
    line = logged(a_call(status=429, tokens=None), "client_gone")
    assert line.endswith("POST /v1/chat/completions 429 12.3ms client_gone")


def test_json(a_call: Make) -> None:
    line = logged(a_call(word="rate_limit()", status=429, tokens=None, request_id="req_1", arrived=1.0), format="json")
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:01.012Z",
        "level": "warning",
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 429,
        "word": "rate_limit()",
        "ms": 12.3,
        "prompt_tokens": None,
        "completion_tokens": None,
        "model": "gpt-4o",
        "request_id": "req_1",
        "ended": "done",
    }


@pytest.mark.parametrize(
    ("fields", "ended", "level"),
    [
        ({}, "done", "info"),
        ({"status": 404}, "done", "warning"),
        ({"fault": "cut"}, "done", "warning"),
        ({}, "client_gone", "warning"),
        ({"status": 503}, "done", "error"),
    ],
)
def test_levels(a_call: Make, fields: dict[str, Any], ended: Ending, level: str) -> None:
    call = a_call(**fields)
    assert level_of(Seen(call, ended, 0.1)) == level
    shown = [bool(logged(call, ended, level=least)) for least in ("info", "warning", "error", "off")]
    assert shown.count(True) == ("info", "warning", "error").index(level) + 1


@pytest.mark.parametrize("target", ["/v1/x%0aforged", "/v1/x\u2028forged", "/v1/x\x1b[31m", "/" + "x" * 5000])
def test_a_line_is_one_line_whatever_is_asked(a_call: Make, target: str) -> None:
    call = a_call()
    asked = replace(call.inquiry, request=replace(call.inquiry.request, target=target))
    for format in ("text", "json"):
        line = logged(replace(call, inquiry=asked), format=format)
        assert line.isprintable()
        assert len(line) < 600


def test_the_query_is_not_logged(a_call: Make) -> None:
    call = a_call()
    asked = replace(call.inquiry, request=replace(call.inquiry.request, target="/v1/realtime?api-key=sk-secret"))
    assert "sk-secret" not in logged(replace(call, inquiry=asked))


def test_timestamp() -> None:
    assert timestamp(1_800_000_000.25) == "2027-01-15T08:00:00.250Z"


# --- writing ----------------------------------------------------------------------------------------------------------


def test_blocks_are_whole_lines_of_at_most_4_kib() -> None:
    lines = [f"{number} {'x' * 90}" for number in range(200)]
    found = blocks(lines)
    assert b"".join(found).decode().splitlines() == lines
    assert all(len(block) <= 4096 and block.endswith(b"\n") for block in found)
    assert blocks([]) == []


def test_lines_are_gathered() -> None:
    import os

    calls: list[float] = []
    reading, writing = os.pipe()
    lines = Lines(writing, lambda seconds, _: calls.append(seconds))
    lines.write("one")
    lines.write("two")
    assert calls == [0.1]
    lines.flush()
    assert os.read(reading, 100) == b"one\ntwo\n"
    os.close(reading)
    lines.write("three")
    lines.flush()  # nobody reads any more: that is no error
    lines.write("four")
    assert calls == [0.1, 0.1]
    os.close(writing)
