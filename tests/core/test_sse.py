"""Events are one data line each, whatever the data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import jsontext, sse

DATA = st.dictionaries(st.text(), st.text() | st.integers(), max_size=4)


@given(DATA)
def test_one_line_of_data(data: dict[str, Any]) -> None:
    event = sse.event(data)
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    line = event[len(b"data: ") : -2]
    assert b"\n" not in line
    assert b"\r" not in line
    assert jsontext.loads(line) == data


@given(DATA)
def test_named(data: dict[str, Any]) -> None:
    assert sse.event(data, "response.created") == b"event: response.created\n" + sse.event(data)


def test_choices_take_turns() -> None:
    streams = [[{"a": place} for place in range(3)], [], [{"b": 0}]]
    assert list(sse.interleaved(streams)) == [{"a": 0}, {"b": 0}, {"a": 1}, {"a": 2}]


def test_end() -> None:
    assert sse.DONE == b"data: [DONE]\n\n"


@pytest.mark.parametrize("name", [None, "error"])
def test_an_error_is_flattened(name: str | None) -> None:
    error = {"type": "server_error", "code": "c", "message": "data: x"}
    nested = {"type": "error", "error": error, "sequence_number": 3}
    flat = {"type": "error", "code": "c", "message": "data: x", "sequence_number": 3}
    assert sse.flattened(sse.event(nested, name)) == sse.event(flat, name)


def test_other_events_stay_as_they_are() -> None:
    event = sse.event({"error": {"message": "No."}})
    assert sse.flattened(event) == event


@given(DATA)
def test_the_data_of_an_event(data: dict[str, Any]) -> None:
    """What is one message of a WebSocket; a message that is no server-sent event stays."""
    message = jsontext.dumps(data)
    assert sse.data_of(sse.event(data)) == sse.data_of(sse.event(data, "response.created")) == message
    assert sse.data_of(message) == message
