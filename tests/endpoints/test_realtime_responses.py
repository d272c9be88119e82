"""Responses in a session: their events, what they are asked with, and every scripted word."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("openai.types.realtime")
from pytest_mockopenai import (
    bad_request,
    content_filtered,
    cut,
    error_event,
    fails,
    hang,
    malformed,
    no_done,
    quota_exceeded,
    rate_limit,
    raw_tool_call,
    refuses,
    reset,
    says,
    says_json,
    server_error,
    short_body,
    slow,
    stall,
    thinks,
    tool_call,
    unauthorized,
    usage,
)
from pytest_mockopenai.core import sound
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import Api
from tests.endpoints.talking import done, folded, kinds, of, opened, said, talking, user

TEXT = {"output_modalities": ["text"]}
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def last_call(api: Api) -> Any:
    return api.app.recorder.calls()[-1]


# --- the order of events ----------------------------------------------------------------------------------------------


def test_a_spoken_answer(api: Api) -> None:
    api.reply("Hello there, how are you?")
    events = talking(api).respond("Hi")
    assert kinds(of(events, "response.output_audio.delta")) == ["response.output_audio.delta"]
    order = [kind for kind in kinds(events) if not kind.endswith(".delta")]
    assert order == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    created, response = events[0]["response"], done(events)
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert (response["status"], response["id"]) == ("completed", created["id"])
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hello there, how are you?"}]
    assert events[3]["previous_item_id"] is not None
    assert len({event["event_id"] for event in events}) == len(events)


def test_its_sound_is_as_long_as_the_text_takes(api: Api) -> None:
    text = "Hello there, how are you?"
    api.reply(text, text)
    conversing = talking(api)
    data = sounding(conversing.respond("Hi"))
    assert data == sound.synthesize(sound.seconds_for(text), "pcm")
    conversing.send("session.update", session={"type": "realtime", "audio": {"output": {"speed": 0.5}}})
    assert len(sounding(conversing.respond("Hi"))) == 2 * len(data)


def sounding(events: list[Any]) -> bytes:
    return b"".join(base64.b64decode(event["delta"]) for event in of(events, "response.output_audio.delta"))


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_the_sound_of_telephones(api: Api, kind: str) -> None:
    api.reply("Hello")
    conversing = talking(api)
    events = conversing.respond("Hi", audio={"output": {"format": {"type": kind}}})
    assert len(sounding(events)) == round(8000 * sound.seconds_for("Hello"))
    assert done(events)["audio"]["output"]["format"] == {"type": kind}


def test_a_written_answer(api: Api) -> None:
    api.reply("Hello there")
    events = talking(api, **TEXT).respond("Hi")
    assert [event["delta"] for event in of(events, "response.output_text.delta")] == ["Hello", " there"]
    assert of(events, "response.content_part.added")[0]["part"] == {"type": "text", "text": ""}
    assert done(events)["output"][0]["content"] == [{"type": "output_text", "text": "Hello there"}]
    assert done(events)["output_modalities"] == ["text"]


def test_a_call_of_a_function_and_its_result(api: Api) -> None:
    api.reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    conversing = talking(api, **TEXT, tools=[WEATHER])
    events = conversing.respond("Weather in Paris?")
    (arguments,) = of(events, "response.function_call_arguments.done")
    assert (arguments["name"], arguments["arguments"]) == ("get_weather", '{"city":"Paris"}')
    (item,) = done(events)["output"]
    assert item["call_id"] == arguments["call_id"]
    output = {"type": "function_call_output", "call_id": item["call_id"], "output": "sunny"}
    conversing.send("conversation.item.create", item=output)
    answer = conversing.respond()
    assert said(done(answer)["output"]) == [["It is sunny."]]
    call = last_call(api)
    assert (call.turn, call.tools, call.last_message) == (2, ["get_weather"], "Weather in Paris?")
    assert call.messages[-1] == output


def test_a_conforming_call_is_made_up_where_one_is_demanded(api: Api) -> None:
    events = talking(api, tools=[WEATHER], tool_choice="required").respond("Hi")
    (item,) = done(events)["output"]
    assert item["name"] == "get_weather"
    assert isinstance(json.loads(item["arguments"])["city"], str)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (says_json({"a": 1}), [['{"a":1}']]),
        (refuses("No."), [["No."]]),
        (thinks("hm") | says("Well."), [["Well."]]),
        (says("Both.") | raw_tool_call("f", "{"), [["Both."], ("f", "{")]),
    ],
)
def test_every_word_that_says_something(api: Api, word: Any, expected: list[Any]) -> None:
    api.reply(word)
    items = said(done(talking(api, **TEXT).respond("Hi"))["output"])
    assert [(item[0], item[-1]) if isinstance(item, tuple) else item for item in items] == expected


TEXTS = st.text(min_size=1, max_size=60)
ANSWERS = st.one_of(
    TEXTS.map(says),
    TEXTS.map(refuses),
    st.builds(lambda text, name, arguments: says(text) | raw_tool_call(name, arguments), TEXTS, TEXTS, TEXTS),
    st.builds(lambda name: tool_call(name) | tool_call(name, x=1), TEXTS),
    st.integers(1, 40).map(lambda count: says(tokens=count)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANSWERS, st.sampled_from([["text"], ["audio"]]), st.sampled_from(["inf", 1, 5, 50]))
def test_the_deltas_are_the_items(word: Any, modalities: list[str], limit: Any) -> None:
    api = Api()
    api.reply(word)
    events = talking(api, output_modalities=modalities, max_output_tokens=limit).respond("Hi")
    response = done(events)
    assert said(folded(events)) == said(response["output"])
    assert [event["item"] for event in of(events, "response.output_item.done")] == response["output"]
    assert [event["item"] for event in of(events, "conversation.item.done")] == response["output"]
    spent = response["usage"]
    assert spent["total_tokens"] == spent["input_tokens"] + spent["output_tokens"]
    assert sum(spent["output_token_details"].values()) == spent["output_tokens"]
    if limit != "inf":
        assert spent["output_tokens"] <= limit


@given(st.integers(0, 40), st.sampled_from([["text"], ["audio"]]))
def test_a_response_can_be_cancelled_after_any_message(sent: int, modalities: list[str]) -> None:
    api = Api()
    api.reply(says("One two three.") | tool_call("f", a=1) | slow(first=9, each=9))
    conversing = talking(api, output_modalities=modalities)
    conversing.send("conversation.item.create", item=user("Hi"))
    conversing.tell("response.create")
    events = conversing.take(sent)
    if events and events[-1]["type"] == "response.done":
        return
    events += conversing.send("response.cancel")
    response = done(events)
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert said(folded(events)) == said(response["output"])
    assert len(of(events, "response.created")) == 1
    assert [event["item"] for event in of(events, "response.output_item.done")] == response["output"]
    assert len({event["event_id"] for event in events}) == len(events)
    call = last_call(api)
    assert (call.response, call.ended) == (response, "done")
    assert call.usage.completion_tokens == response["usage"]["output_tokens"]
    assert api.app.recorder.usage()["gpt-realtime"] == call.usage
    items = {item["id"] for item in response["output"]}
    assert {item["id"] for item in conversing.dialogue._items if item.get("role") != "user"} == items


# --- what a response is asked with ------------------------------------------------------------------------------------


def test_settings_for_one_response_only(api: Api) -> None:
    conversing = talking(api)
    events = conversing.respond("Hi", instructions="Shout.", metadata={"topic": "a"}, **TEXT)
    assert done(events)["metadata"] == {"topic": "a"}
    call = last_call(api)
    assert call.body["instructions"] == "Shout."
    assert call.body["metadata"] == {"topic": "a"}
    assert call.response == done(events)
    assert of(conversing.respond("Ho"), "response.output_audio.delta")


def test_a_response_beside_the_conversation(api: Api) -> None:
    api.reply("Aside", "Again")
    conversing = talking(api, **TEXT)
    conversing.send("conversation.item.create", item=user("known", id="known"))
    given = [{"type": "item_reference", "id": "known"}, user("new")]
    events = conversing.respond(None, conversation="none", input=given, metadata={"a": "b"})
    assert done(events)["conversation_id"] is None
    assert not of(events, "conversation.item.added")
    assert [text["content"][0]["text"] for text in last_call(api).messages] == ["known", "new"]
    assert [item["id"] for item in conversing.dialogue._items] == ["known"]
    conversing.respond(None, input=[])
    assert last_call(api).messages == []


@pytest.mark.parametrize(
    ("overrides", "param"),
    [
        ({"modalities": ["text"]}, "response.modalities"),
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
        ({"conversation": 5}, "response.conversation"),
        ({"input": [{"type": "item_reference", "id": "no"}]}, "response.input[0].id"),
        ({"input": [{"type": "message"}]}, "response.input[0].role"),
        ({"tool_choice": {"type": "function", "name": "no"}}, "response.tool_choice"),
        ({"metadata": {"a": "x" * 513}}, "response.metadata.a"),
    ],
)
def test_overrides_that_are_refused(api: Api, overrides: Any, param: str) -> None:
    conversing = talking(api)
    assert conversing.error("response.create", response=overrides, event_id="e")["param"] == param
    assert len(api.app.recorder.calls()) == 1


def test_one_response_at_a_time(api: Api) -> None:
    api.reply(says("First") | slow(first=9), "Aside")
    conversing = talking(api, **TEXT)
    conversing.tell("response.create")
    conversing.tell("response.create", event_id="second")
    conversing.tell("response.create", response={"conversation": "none"})
    error, *events = conversing.take()
    assert error["error"]["code"] == "conversation_already_has_active_response"
    assert error["error"]["event_id"] == "second"
    assert done([event for event in events if event["type"] == "response.done"][:1])["id"] in error["error"]["message"]
    assert [said(event["response"]["output"]) for event in of(events, "response.done")] == [[["First"]], [["Aside"]]]


def test_cancelling_by_id(api: Api) -> None:
    api.reply(says("Aside") | slow(first=9))
    conversing = talking(api, **TEXT)
    conversing.tell("response.create", response={"conversation": "none"})
    (created,) = conversing.take(1)
    conversing.tell("response.cancel")
    assert conversing.take(1)[0]["error"]["code"] == "response_cancel_not_active"
    conversing.tell("response.cancel", response_id="resp_other")
    assert conversing.take(1)[0]["error"]["code"] == "response_cancel_not_active"
    events = conversing.send("response.cancel", response_id=created["response"]["id"])
    assert done(events)["status"] == "cancelled"


@pytest.mark.parametrize("limit", [1, 3, 20])
@pytest.mark.parametrize("modality", ["text", "audio"])
def test_a_limit_of_tokens(api: Api, limit: int, modality: str) -> None:
    api.reply(says(tokens=100))
    events = talking(api, output_modalities=[modality]).respond("Hi", max_output_tokens=limit)
    response = done(events)
    assert (response["status"], response["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert response["usage"]["output_tokens"] == limit
    assert [item["status"] for item in response["output"]] == ["incomplete"]


def test_a_filtered_answer_is_incomplete(api: Api) -> None:
    api.reply(says("Well", finish_reason="content_filter"))
    assert done(talking(api).respond("Hi"))["status_details"] == {"type": "incomplete", "reason": "content_filter"}


# --- usage ------------------------------------------------------------------------------------------------------------


def test_usage_is_counted_by_kind(api: Api) -> None:
    api.reply("Hello there")
    conversing = talking(api)
    heard = {"type": "input_audio", "audio": base64.b64encode(bytes(96_000)).decode(), "transcript": "hi"}
    conversing.send("conversation.item.create", item={"type": "message", "role": "user", "content": [heard]})
    counted = done(conversing.respond())["usage"]
    assert counted["input_token_details"]["audio_tokens"] == 20
    assert counted["output_token_details"]["audio_tokens"] == int(20 * sound.seconds_for("Hello there"))
    call = last_call(api)
    assert call.usage.method == "estimated"
    assert (call.usage.prompt_tokens, call.usage.audio_tokens) == (
        counted["input_tokens"],
        counted["output_token_details"]["audio_tokens"],
    )
    assert call.last_message == "hi"
    details = counted["input_token_details"]
    assert details["text_tokens"] + details["audio_tokens"] + details["image_tokens"] == counted["input_tokens"]


def test_scripted_usage_and_reasoning(api: Api) -> None:
    api.reply(says("x") | usage(prompt_tokens=100, completion_tokens=7), says("x") | thinks(tokens=64))
    conversing = talking(api, **TEXT)
    assert done(conversing.respond("Hi"))["usage"]["total_tokens"] == 107
    spent = done(conversing.respond("Hi"))["usage"]
    assert spent["output_tokens"] > 64
    assert last_call(api).usage.reasoning_tokens == 64


# --- errors, timing and faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        (rate_limit(), 429, "rate_limit_exceeded"),
        (quota_exceeded(), 429, "insufficient_quota"),
        (server_error(), 500, None),
    ],
)
def test_errors_of_the_model_fail_the_response(api: Api, word: Any, status: int, code: str | None) -> None:
    api.reply(word, "Fine")
    conversing = talking(api)
    created, last = conversing.respond("Hi")
    assert created["type"] == "response.created"
    error = last["response"]["status_details"]["error"]
    assert (last["response"]["status"], error["code"]) == ("failed", code)
    assert error["message"]
    call = last_call(api)
    assert (call.status, call.word, call.ended, call.usage) == (status, str(word), "done", None)
    assert call.response["error"]["code"] == code
    assert done(conversing.respond("Again"))["status"] == "completed"


@pytest.mark.parametrize("word", [bad_request("No.", param="x"), content_filtered(), unauthorized()])
def test_errors_of_the_request_are_error_events(api: Api, word: Any) -> None:
    api.reply(word)
    conversing = talking(api)
    error = conversing.error("response.create", event_id="mine")
    assert error["event_id"] == "mine"
    assert (error["message"], error["code"], error["param"]) == (
        word.error.message,
        word.error.code,
        word.error.param,
    )
    assert last_call(api).status == word.error.status


def test_a_model_that_fails_midway(api: Api) -> None:
    api.reply(says("Well, ") | fails("Broken.", code="server_error"))
    events = talking(api, **TEXT).respond("Hi")
    response = done(events)
    assert response["status"] == "failed"
    assert response["status_details"]["error"] == {"type": "server_error", "code": "server_error", "message": "Broken."}
    assert said(response["output"]) == [["Well, "]]


def test_timing(api: Api) -> None:
    api.reply(says("a b") | slow(first=2, each=0.5), rate_limit() | slow(first=3, each=0))
    conversing = talking(api, **TEXT)
    conversing.waits.clear()
    events = conversing.respond(None)
    assert conversing.waits == [2.0, *[0.5] * (len(events) - 1)]
    conversing.waits.clear()
    conversing.respond(None)
    assert conversing.waits == [3.0, 0.0]


@pytest.mark.parametrize(
    ("word", "how", "ended"),
    [(cut(after=3), "close", "cut"), (reset(after=3), "reset", "reset"), (stall(after=3), "stall", "stalled")],
)
def test_faults_end_the_connection(api: Api, word: Any, how: str, ended: str) -> None:
    api.reply(says("Hello") | word)
    conversing = talking(api, **TEXT)
    assert len(conversing.respond(None)) == 3
    assert conversing.ended == how
    call = last_call(api)
    assert (call.fault, call.ended) == (word.fault.kind, ended)


def test_hanging_is_silence(api: Api) -> None:
    api.reply(hang())
    conversing = talking(api)
    assert conversing.respond(None) == []
    assert conversing.ended == "stall"


def test_faults_inside_messages(api: Api) -> None:
    api.reply(malformed(after=2), short_body(), says("x") | no_done(), error_event(after=2))
    conversing = talking(api, **TEXT)
    conversing.tell("response.create")
    broken = conversing.raw()
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[2])
    assert [json.loads(message)["type"] for message in broken[:2]] == ["response.created", "rate_limits.updated"]
    conversing.dialogue.steps.clear()
    conversing = talking(api, **TEXT)
    conversing.tell("response.create")
    with pytest.raises(json.JSONDecodeError):
        json.loads(conversing.raw()[-1])
    assert list(conversing.dialogue.steps)[-1].how == "half_chunk"
    conversing = talking(api, **TEXT)
    assert conversing.respond(None)[-1]["type"] == "conversation.item.done"
    events = conversing.respond(None)
    assert kinds(events) == ["response.created", "rate_limits.updated", "error"]
    assert events[-1]["error"]["type"] == "server_error"


def test_rules_choose_by_what_was_said(api: Api) -> None:
    Scripted(api.app, when(endpoint="realtime", contains="weather")).reply("Sunny.")
    Scripted(api.app, when(endpoint="realtime", turn=2)).reply("Second.")
    conversing = talking(api, **TEXT)
    assert said(done(conversing.respond("The weather?"))["output"]) == [["Sunny."]]
    assert said(done(conversing.respond("And now?"))["output"]) == [["Second."]]
    assert last_call(api).header("upgrade") == "websocket"


def test_strict_refuses_what_is_not_scripted() -> None:
    api = Api(strict=True)
    error = talking(api).error("response.create")
    assert error["code"] == "unscripted_call"
    assert len(api.app.problems) == 1


def test_a_bug_of_the_test_is_told(api: Api) -> None:
    def broken(_: Any) -> bool:
        raise RuntimeError("oops")

    Scripted(api.app, when(where=broken)).reply("x")
    response = done(talking(api).respond(None))
    assert response["status"] == "failed"
    assert "oops" in response["status_details"]["error"]["message"]
    assert "oops" in api.app.problems.pop()


def test_the_end_of_the_connection_ends_what_was_being_said(api: Api) -> None:
    api.reply(says("Hello") | slow(first=9))
    from pytest_mockopenai.core.wire import Request, Upgrade
    from tests.endpoints.talking import HANDSHAKE, KEY

    exchange = api.app.exchange(Request("GET", "/v1/realtime?model=m", (*HANDSHAKE, KEY)))
    assert isinstance(exchange.reply, Upgrade)
    exchange.reply.dialogue.receive('{"type": "response.create"}')
    exchange.ended("done")
    assert [call.ended for call in api.app.recorder.calls()] == ["done", "client_gone"]


def test_events_before_any_reading(api: Api) -> None:
    """A client that sends all at once gets all in order."""
    conversing = opened(api)
    conversing.tell("conversation.item.create", item=user("Hi"))
    conversing.tell("response.create")
    assert kinds(conversing.take())[:4] == [
        *("session.created", "conversation.item.added", "conversation.item.done", "response.created"),
    ]
