"""What recorded replies say is what the same call says whole: streams of the mock's own endpoints are put together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_mockopenai import says, thinks, tool_call
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Send, Stream, body_of
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recordings import reading
from pytest_mockopenai.recordings.interaction import RecordedReply
from tests.endpoints.conftest import Api

WORDS: list[tuple[Word, dict[str, Any]]] = [
    (says("Hello there"), {}),
    (says("Hello there"), {"n": 3}),
    (tool_call("f", x=1) | tool_call("g", y=[2]), {}),
    (says("Hi"), {"logprobs": True, "top_logprobs": 2}),
    (says("Hi") | thinks(tokens=5), {}),
]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in "fg"
]


def recorded(reply: Any) -> RecordedReply:
    steps = reply.steps if isinstance(reply, Stream) else (Send(body_of(reply)),)
    return RecordedReply(reply.status, reply.headers, steps, streamed=isinstance(reply, Stream))


def told(value: Any) -> Any:
    """An object without what differs from call to call."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items() if key not in ("id", "created", "annotations")}
    return [told(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("word", "more"), WORDS)
def test_chunks_of_chat_are_the_completion(word: Word, more: dict[str, Any]) -> None:
    whole, streamed = Api(), Api()
    whole.reply(word)
    streamed.reply(word)
    asked = {"tools": TOOLS, **more}
    one = reading.response_of(recorded(whole.chat(**asked).reply))
    other = reading.response_of(
        recorded(streamed.chat(**asked, stream=True, stream_options={"include_usage": True}).reply)
    )
    assert told(other) == told(one)
    assert other["id"].startswith("chatcmpl-")
    assert reading.usage_of(other) == reading.usage_of(one)
    assert [type(call["id"]) for choice in other["choices"] for call in choice["message"].get("tool_calls", ())] == [
        str
    ] * str(other).count("call_")


def test_chunks_of_completions_are_the_completion() -> None:
    body = {"model": "gpt-3.5-turbo-instruct", "prompt": "Say", "n": 2, "logprobs": 1, "max_tokens": 5}
    one, other = (
        reading.response_of(recorded(Api().send("POST", "/v1/completions", {**body, "stream": stream}).reply))
        for stream in (False, True)
    )
    assert told({**other, "usage": None}) == told({**one, "usage": None})


def test_events_of_responses_end_with_the_response() -> None:
    one, other = (reading.response_of(recorded(Api().respond(stream=stream).reply)) for stream in (False, True))
    assert told({**other, "created_at": 0, "completed_at": 0}) == told({**one, "created_at": 0, "completed_at": 0})


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 7,
                "total_tokens": 16,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 2},
            },
            (9, 7, 4, 3, 2),
        ),
        ({"input_tokens": 9, "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 3}}, (9, 7, 0, 3, 0)),
        ({"prompt_tokens": 5, "total_tokens": 5}, (5, 0, 0, 0, 0)),
        ({"type": "duration", "seconds": 3}, None),
        ({"input_tokens": True}, None),
        (None, None),
    ],
)
def test_usage_is_what_the_reply_says(usage: Any, read: tuple[int, ...] | None) -> None:
    wanted = Usage(*read, prompt_method="given", completion_method="given") if read else None  # type: ignore[arg-type]
    assert reading.usage_of({"usage": usage}) == wanted


def test_what_is_no_json_says_nothing() -> None:
    assert reading.response_of(RecordedReply(200, (), (Send(b"ID3"),))) is None
    assert reading.response_of(RecordedReply(200, (), (Send(b""),))) is None
    assert reading.response_of(RecordedReply(200, (), (Send(b": ping\n\n"),), streamed=True)) is None
    assert reading.usage_of(None) is None
    assert reading.response_of(RecordedReply(400, (), (Send(json.dumps({"error": {}}).encode()),))) == {"error": {}}
