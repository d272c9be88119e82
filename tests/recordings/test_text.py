"""Recordings as text: what is written is read again, a change is a small one, and what is wrong is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import Cut, Send, Stream, Whole
from pytest_mockopenai.recordings import text
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest, redacted
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.taping import BadRecording

SECONDS = st.integers(0, 10_000).map(lambda milliseconds: milliseconds / 1000)
EVENTS = st.sampled_from([b'data: {"a":1}\n\n', b'event: x\ndata: {"b": 2}\n\n', b": ping\n\n", b"data: [DONE]\n\n"])
CUTS = st.builds(Cut, st.sampled_from(["close", "reset", "stall"]), SECONDS)
HEADERS = st.dictionaries(st.sampled_from(["content-type", "retry-after"]), st.just("x"))
REPLIES = st.builds(
    lambda headers, sent, cut: RecordedReply(200, tuple(headers.items()), (*sent, *cut), streamed=True),
    HEADERS,
    st.lists(st.builds(Send, EVENTS, SECONDS)),
    st.lists(CUTS, max_size=1),
) | st.builds(
    lambda status, body, after, cut: RecordedReply(status, (), (Send(body, after), *cut)),
    st.integers(200, 599),
    st.binary() | st.just(b'{"a": [1, 2.5, null]}'),
    SECONDS,
    st.lists(CUTS, max_size=1),
)
BODIES = st.sampled_from([{}, {"json": {"model": "m", "n": 1}}, {"text": "x"}, {"form": [{"name": "a", "text": "b"}]}])
REQUESTS = st.builds(
    RecordedRequest,
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/models", "/chat/completions"]),
    st.sampled_from([(), (("after", "x"), ("limit", "2")), (("include", "a"), ("include", "b"))]),
    st.just((("content-type", "application/json"),)),
    BODIES,
)
INTERACTIONS = st.builds(Interaction, REQUESTS, REPLIES | st.builds(lambda cut: RecordedReply(0, (), (cut,)), CUTS))


@given(st.lists(INTERACTIONS, max_size=4))
def test_what_is_written_is_read_again(interactions: list[Interaction]) -> None:
    written = text.written(interactions, Redactor())
    assert text.read(written) == interactions
    assert text.written(text.read(written), Redactor()) == written
    assert "\n\n" not in written


@given(INTERACTIONS)
def test_what_is_replayed_at_once_is_what_will_be_read(interaction: Interaction) -> None:
    assert redacted(interaction, Redactor()) == text.read(text.written([interaction], Redactor()))[0]


def test_an_event_is_one_line_and_what_fits_is_not_broken() -> None:
    sent = (Send(b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', 0.25), Send(b"data: [DONE]\n\n"))
    request = RecordedRequest("POST", "/chat/completions", body={"json": {"model": "m", "messages": []}})
    written = text.written([Interaction(request, RecordedReply(200, (), sent, streamed=True))], Redactor())
    assert written.splitlines() == [
        "{",
        '  "format": "pytest-mockopenai recording",',
        '  "version": 1,',
        '  "interactions": [',
        "    {",
        '      "request": {',
        '        "method": "POST",',
        '        "path": "/chat/completions",',
        '        "json": {"messages": [], "model": "m"}',
        "      },",
        '      "response": {',
        '        "status": 200,',
        '        "headers": {},',
        '        "events": [',
        '          {"after": 0.25, "data": {"choices": [{"delta": {"content": "Hi"}}]}},',
        '          {"after": 0.0, "text": "[DONE]"}',
        "        ]",
        "      }",
        "    }",
        "  ]",
        "}",
    ]


@given(st.lists(st.integers() | st.none(), min_size=1), st.text(), st.text())
def test_long_values_are_json_whatever_their_lines(numbers: list[Any], key: str, value: str) -> None:
    body = {"numbers": numbers * 40, key: [value * 30, {key: value * 30}]}
    request = RecordedRequest("POST", "/x", body={"json": body})
    written = text.written([Interaction(request, RecordedReply(204, (), (Send(b""),)))], Redactor())
    assert json.loads(written)["interactions"][0]["request"]["json"] == body


def test_a_secret_is_not_written_wherever_it_is() -> None:
    key = "my-very-own-secret"
    request = RecordedRequest("POST", "/x", body={"json": {"input": key, key: [key]}})
    sent = (Send(f'data: {{"a":"{key}"}}\n\n'.encode()), Send(f": {key}\n\n".encode()))
    reply = RecordedReply(200, (("location", f"/calls/{key}"),), sent, streamed=True)
    assert key not in text.written([Interaction(request, reply)], Redactor((key,)))


def test_how_a_reply_is_played() -> None:
    head = (("content-type", "x"),)
    assert RecordedReply(200, head, (Send(b"a", 2.0),)).played() == Whole(200, head, b"a", 2.0)
    steps = (Send(b"a", 1.0), Cut("reset", 0.5))
    assert RecordedReply(200, head, steps).played() == Stream(200, head, steps, length=2)
    assert RecordedReply(200, head, steps, streamed=True).played() == Stream(200, head, steps)
    assert RecordedReply(0, (), (Cut("close", 3.0),)).played() == Stream(200, (), (Cut("close", 3.0),))


REQUEST = {"method": "GET", "path": "/models"}
RESPONSE = {"status": 200, "headers": {}, "after": 0, "json": {}}


def told(*interactions: object, **more: object) -> str:
    return json.dumps({"format": text.FORMAT, "version": 1, "interactions": list(interactions), **more})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{", "this is no JSON"),
        ("[]", "this is no recording: it does not say"),
        ('{"interactions": []}', "this is no recording: it does not say"),
        (told(version=2), "this is a recording of version 2; version 1 can be read"),
        (told(interactions={}), "'interactions' is a list"),
        (told(3), r"interactions\[0\]: an interaction is an object, not 3"),
        (told({"request": REQUEST}), r"interactions\[0\]: an interaction has 'response'"),
        (told({"request": {"path": "/x"}, "response": RESPONSE}), "has 'method'"),
        (
            told({"request": {**REQUEST, "verb": 1}, "response": RESPONSE}),
            "'verb' is no key of a request: it has method",
        ),
        (
            told({"request": REQUEST, "response": {**RESPONSE, "status": 99}}),
            "a status is a number from 100 to 599",
        ),
        (told({"request": REQUEST, "response": {**RESPONSE, "after": -1}}), "'after' is a time in seconds"),
        (told({"request": REQUEST, "response": {"status": 200, "base64": "?"}}), "this is no base64"),
        (told({"request": REQUEST, "response": {"status": 200, "events": [{}]}}), "an event has 'data'"),
        (told({"request": REQUEST, "response": {"broken": {"how": "boom"}}}), "a reply breaks by close, reset"),
    ],
)
def test_what_is_wrong_is_said(written: str, message: str) -> None:
    with pytest.raises(BadRecording, match=message):
        text.read(written)
