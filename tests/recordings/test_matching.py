from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.core import fields
from pytest_mockopenai.core.script import Miss
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings.interaction import RecordedRequest
from pytest_mockopenai.recordings.matching import ABSENT, Matcher
from pytest_mockopenai.recordings.redaction import Redactor


def asked(
    body: bytes | Any = b"", target: str = "/v1/chat/completions", kind: str = "application/json"
) -> RecordedRequest:
    data = body if isinstance(body, bytes) else repr(body).replace("'", '"').encode()
    return RecordedRequest.of(Request("POST", target, (("content-type", kind),), data), Redactor())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked(b'{"a":1,"b":{"c":2,"d":3}}'), asked(b'{ "b": {"d": 3, "c": 2.0}, "a": 1e0 }')),
        (asked(target="/v1/models"), asked(target="/models")),
        (asked(target="/models?a=1&b=2"), asked(target="/models?b=2&a=1")),
        (asked(b'{"a":"\\u00e9"}'), asked('{"a":"é"}'.encode())),
        (asked(b"{}", kind="application/json"), asked(b"{}", kind="application/json; charset=utf-8")),
    ],
)
def test_what_means_the_same_is_the_same(one: RecordedRequest, other: RecordedRequest) -> None:
    assert Matcher().key(one) == Matcher().key(other)
    assert Matcher().differences(one, other) == []


@pytest.mark.parametrize(
    ("recorded", "now", "misses"),
    [
        (asked({"a": 1}), asked({"a": 2}), [Miss("a", 1, 2)]),
        (asked(b'{"a":1}'), asked(b'{"a":true}'), [Miss("a", 1, True)]),
        (asked({"a": [{"b": 1}, 2]}), asked({"a": [{"b": 3}]}), [Miss("a[0].b", 1, 3), Miss("a[1]", 2, ABSENT)]),
        (asked({"a": 1}), asked({"b": 1}), [Miss("a", 1, ABSENT), Miss("b", ABSENT, 1)]),
        (asked({"a": {"b": 1}}), asked({"a": []}), [Miss("a", {"b": 1}, [])]),
        (asked(target="/a?x=1"), asked(target="/b?y=1"), [
            Miss("path", "/a", "/b"), Miss("query.x", "1", ABSENT), Miss("query.y", ABSENT, "1"),
        ]),
        (asked(b"one", kind="application/sdp"), asked(b"two", kind="application/sdp"), [Miss("text", "one", "two")]),
    ],
)  # fmt: skip
def test_differences_are_told_one_by_one(recorded: RecordedRequest, now: RecordedRequest, misses: list[Miss]) -> None:
    assert Matcher().differences(recorded, now) == misses
    assert Matcher().key(recorded) != Matcher().key(now)


def test_ignored_fields_make_no_difference() -> None:
    matcher = Matcher((fields.parse("metadata"), fields.parse("messages[].id")))
    one = asked({"metadata": {"run": 1}, "messages": [{"id": "a", "content": "Hi"}]})
    other = asked({"messages": [{"content": "Hi", "id": "b"}]})
    assert matcher.key(one) == matcher.key(other)
    assert matcher.differences(one, other) == []
    assert Matcher().key(one) != Matcher().key(other)


def test_a_secret_in_a_body_makes_no_difference() -> None:
    one, other = (asked({"input": f"sk-{digit * 20}"}) for digit in "12")
    assert Matcher().key(one) == Matcher().key(other)
