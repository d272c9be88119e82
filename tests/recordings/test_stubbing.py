"""Stubs made of recordings say what was recorded: each word, recorded, stubbed and played again, answers alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_mockopenai import (
    built_in_call,
    custom_tool_call,
    cut,
    embeds,
    error,
    fails,
    flags,
    quota_exceeded,
    rate_limit,
    raw_tool_call,
    refuses,
    reset,
    says,
    server_error,
    short_body,
    slow,
    stall,
    thinks,
    tool_call,
)
from pytest_mockopenai.core.wire import Cut, Reply, Request, Send, Step, Stream, Whole, body_of
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recordings import stubbing
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.recordings.reading import response_of
from pytest_mockopenai.recordings.redaction import Redactor, reply_headers
from pytest_mockopenai.standalone import importing
from pytest_mockopenai.stubs import Stubs
from tests.endpoints.conftest import Api

ANY = {"type": "object", "properties": {}}
FUNCTIONS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in "fg"
]
CUSTOM = [{"type": "custom", "custom": {"name": "c"}}]
TOOLS = [
    *({"type": "function", "name": name, "parameters": ANY, "strict": False} for name in "fg"),
    *({"type": "custom", "name": "c"}, {"type": "web_search"}),
]  # fmt: skip

CHAT: list[Word] = [
    says("Paris"),
    says("rate_limit"),
    says("3"),
    says("no: it is\n - not # yaml\t\u2028 é"),
    says(""),
    says("cut off", finish_reason="length"),
    says("Hm") | thinks(tokens=7),
    refuses("No."),
    tool_call("f", city="Paris", days=[1, 2.5, None]),
    tool_call("f", x=1) | tool_call("g", y={"z": True}),
    raw_tool_call("f", '{"city": "Par'),
    raw_tool_call("f", '{"name":"inside"}'),
    custom_tool_call("c", "free form"),
    says("Let me see") | tool_call("f"),
    rate_limit(retry_after=3),
    quota_exceeded(),
    server_error(),
    error(418, "I am a teapot.", type="teapot", code="short", param="stout"),
    says("Paris it is") | cut(after=2),
    says("Paris it is") | reset(after=0),
    says("Paris it is") | stall(after=1),
    says("Paris it is") | short_body(),
]
RESPONSES: list[Word] = [
    says("Paris"),
    says("cut off", finish_reason="length"),
    refuses("No."),
    says("Hm") | thinks("I wonder", tokens=7),
    tool_call("f", x=1) | tool_call("g"),
    custom_tool_call("c", "free form"),
    built_in_call("web_search") | says("Found."),
    fails("Broken.", code="server_error"),
    server_error(),
]


def recorded(reply: Reply) -> RecordedReply:
    """A reply as the API that is recorded would have sent it; one that broke off is read to there."""
    headers = reply_headers(reply.headers)
    if isinstance(reply, Whole):
        return RecordedReply(reply.status, headers, (Send(reply.body, reply.after),))
    assert isinstance(reply, Stream)
    steps: tuple[Step, ...] = reply.steps
    if isinstance(steps[0], Cut):
        return RecordedReply(0, (), steps[:1])
    streamed = dict(reply.headers)["content-type"].startswith("text/event-stream")
    whole = steps if streamed else (Send(body_of(reply)), *(step for step in steps if isinstance(step, Cut)))
    return RecordedReply(reply.status, headers, whole, streamed=streamed)


def interaction(path: str, body: Any, reply: Reply) -> Interaction:
    head = (("content-type", "application/json"),)
    request = RecordedRequest.of(Request("POST", path, head, json.dumps(body).encode()), Redactor())
    return Interaction(request, recorded(reply))


def stubs_of(*interactions: Interaction, timing: bool = False) -> Any:
    found, left_out = stubbing.stubs_of(interactions, importing._inquiry, timing=timing)
    assert left_out == []
    return found


def played(found: Any) -> Api:
    api = Api()
    stubs = Stubs.parse(json.dumps(found).encode(), "json")
    api.app.change_script(lambda script: script.replacing("stubs", stubs.rules))
    return api


SAME = ("id", "created", "created_at", "completed_at", "item_id", "call_id", "usage")
"""What is another in each reply, or reckoned anew."""


def told(reply: Reply) -> Any:
    read = recorded(reply)
    ends = [step.how for step in read.steps if isinstance(step, Cut)]
    sent = len(read.events) if ends and read.streamed else 0
    return read.status, without(response_of(read)), ends, sent


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without(item) for key, item in value.items() if key not in SAME}
    return [without(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("word", CHAT, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_chat_says_the_same_again(word: Word, stream: bool) -> None:
    api = Api()
    api.reply(word)
    tools = CUSTOM if "custom" in str(word) else FUNCTIONS
    asked = {"tools": tools, "stream": stream and "short_body" not in str(word)}
    first = api.chat(**asked).reply
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **asked}
    found = stubs_of(interaction("/v1/chat/completions", body, first))
    again, wanted = told(played(found).chat(**asked).reply), told(first)
    if wanted[1] is None:  # of half a body the text is not known
        again = again[0], None, *again[2:]
    assert again == wanted


@pytest.mark.parametrize("word", RESPONSES, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_responses_say_the_same_again(word: Word, stream: bool) -> None:
    api = Api()
    api.reply(word)
    asked = {"tools": TOOLS, "stream": stream}
    first = api.respond(**asked).reply
    found = stubs_of(interaction("/v1/responses", {"model": "gpt-4o", "input": "Hi", **asked}, first))
    assert told(played(found).respond(**asked).reply) == told(first)


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/v1/embeddings", {"model": "text-embedding-ada-002", "input": ["a", "b"]}, embeds([0.6, 0.8], [0.0, 1.0])),
        ("/v1/embeddings", {"model": "ada", "input": "a", "encoding_format": "base64"}, embeds([0.6, 0.8])),
        ("/v1/moderations", {"input": "x"}, flags(violence=0.75, self_harm_intent=0.5)),
        ("/v1/moderations", {"input": "x"}, flags()),
        ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Say"}, says("Hello")),
    ],
)  # fmt: skip
def test_others_say_the_same_again(path: str, body: Any, word: Word) -> None:
    api = Api()
    api.reply(word)
    first = api.send("POST", path, body).reply
    again = played(stubs_of(interaction(path, body, first))).send("POST", path, body).reply
    status, one, *_ = told(first)
    assert status == 200
    if path == "/v1/moderations":
        one, other = (
            [result["categories"] for result in response_of(recorded(each))["results"]] for each in (first, again)
        )
        assert one == other
    else:
        assert told(again) == told(first)


# --- rules ------------------------------------------------------------------------------------------------------------


def asked(content: str, said: str, *earlier: str, model: str = "gpt-4o") -> Interaction:
    messages = [{"role": "user", "content": content}, *({"role": "assistant", "content": text} for text in earlier)]
    api = Api()
    api.reply(says(said))
    body = {"model": model, "messages": messages}
    return interaction("/v1/chat/completions", body, api.send("POST", "/v1/chat/completions", body).reply)


def test_calls_that_are_alike_share_a_rule_and_the_last_reply_stands() -> None:
    found = stubs_of(asked("Hi", "one"), asked("Hi", "two"), asked("Ho", "x"), asked("Hi", "three"), asked("Ho", "x"))
    when = {"endpoint": "chat.completions", "model": "gpt-4o"}
    assert found == {
        "rules": [
            {"when": {**when, "contains": "Hi"}, "reply": ["one", "two"], "always": "three"},
            {"when": {**when, "contains": "Ho"}, "always": "x"},
        ]
    }


def test_a_message_that_holds_another_comes_first_and_turns_are_told_where_they_differ() -> None:
    found = stubs_of(asked("Hi", "a"), asked("Hi there", "b"), asked("Hi", "c", "a"), asked("Hi", "d", model="o3"))
    assert [rule["when"] for rule in found["rules"]] == [
        {"endpoint": "chat.completions", "model": "gpt-4o", "contains": "Hi there"},
        {"endpoint": "chat.completions", "model": "gpt-4o", "contains": "Hi", "turn": 1},
        {"endpoint": "chat.completions", "model": "gpt-4o", "contains": "Hi", "turn": 2},
        {"endpoint": "chat.completions", "model": "o3", "contains": "Hi"},
    ]
    api = played(found)
    said = [api.chat(messages=[{"role": "user", "content": text}]).json for text in ("Hi there", "Hi")]
    assert [each["choices"][0]["message"]["content"] for each in said] == ["b", "a"]


def test_time_is_told_if_it_is_asked_for() -> None:
    api = Api()
    api.reply(says("a b c") | slow(first=0.5, each=0.1))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    made = interaction("/v1/chat/completions", body, api.chat(stream=True).reply)
    assert stubs_of(made)["rules"][0]["always"] == "a b c"
    assert stubs_of(made, timing=True)["rules"][0]["always"] == {"says": "a b c", "slow": {"first": 0.5, "each": 0.1}}


def test_what_no_word_answers_is_left_out() -> None:
    made = interaction("/v1/audio/speech", {"model": "tts-1", "input": "Hi", "voice": "alloy"}, Whole(200, (), b"ID3"))
    assert stubbing.stubs_of([made], importing._inquiry) == ({"rules": []}, ["POST /audio/speech"])
