from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.recordings import events


@given(
    st.lists(st.sampled_from([b"data: 1\n\n", b"event: a\ndata: {}\n\n", b": x\r\n\r\n", b"data: [DONE]\n\n", b"da"]))
)
def test_a_stream_is_cut_into_the_same_events_however_it_arrives(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    whole, bytewise = events.Splitter(), events.Splitter()
    found = whole.feed(data)
    assert [event for at in range(len(data)) for event in bytewise.feed(data[at : at + 1])] == found
    assert (whole.rest, b"".join([*found, whole.rest])) == (bytewise.rest, data)


@pytest.mark.parametrize(
    ("event", "plain"),
    [
        (b'data: {"a":1}\n\n', {"data": {"a": 1}}),
        (b'event: x.y\ndata: {"a":"\xc3\xa9"}\n\n', {"event": "x.y", "data": {"a": "é"}}),
        (b'data: {"a": "\\u00e9"}\n\n', {"data": {"a": "é"}, "layout": "spaced ascii"}),
        (b"data: [DONE]\n\n", {"text": "[DONE]"}),
        (b"data: \n\n", {"text": ""}),
        (b"data: null\n\n", {"data": None}),
        (b": ping\n\n", {"raw": ": ping\n\n"}),
        (b'data: {"a":1}\r\n\r\n', {"raw": 'data: {"a":1}\r\n\r\n'}),
        (b"id: 1\ndata: {}\n\n", {"raw": "id: 1\ndata: {}\n\n"}),
        (b'data: {"a', {"raw": 'data: {"a'}),
        (b"data: \xff\n\n", {"base64": "ZGF0YTog/woK"}),
    ],
)
def test_an_event_is_kept_as_readably_as_it_can_be(event: bytes, plain: dict[str, object]) -> None:
    assert events.plain(event) == plain
    assert events.to_bytes(plain) == event


@given(st.binary())
def test_an_event_without_json_comes_back_to_the_byte(event: bytes) -> None:
    assert events.json_of(event) is not None or events.to_bytes(events.plain(event)) == event


def test_the_json_of_an_event_is_found_in_any_form() -> None:
    assert events.json_of(b'id: 1\r\ndata: {"a":\r\ndata: 1}\r\n\r\n') == {"a": 1}
    assert [events.json_of(event) for event in (b": ping\n\n", b"data: [DONE]\n\n", b'data: {"a')] == [None] * 3


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="an event has 'data', 'text', 'raw' or 'base64'"):
        events.to_bytes({"event": "x"})
