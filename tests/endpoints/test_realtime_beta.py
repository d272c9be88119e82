"""The form of the SDK's beta client: the same sessions and responses under other names."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("openai.types.beta.realtime")
from pytest_mockopenai import rate_limit, says, slow, tool_call
from tests.endpoints.conftest import Api
from tests.endpoints.talking import BETA, HANDSHAKE, Conversing, done, folded, handshake, kinds, of, said, talking, user

MODEL = "/v1/realtime?model=gpt-4o-realtime-preview"


def beta(api: Api, **session: Any) -> Any:
    return talking(api, MODEL, BETA, **session)


def test_the_session_is_flat(api: Api) -> None:
    conversing = talking(api, MODEL, BETA)
    change = {
        "modalities": ["text"],
        "voice": "ash",
        "input_audio_format": "g711_ulaw",
        "output_audio_format": "g711_alaw",
        "input_audio_transcription": {"model": "whisper-1"},
        "turn_detection": None,
        "max_response_output_tokens": 77,
        "temperature": 0.7,
        "tool_choice": "auto",
        "tools": [{"type": "function", "name": "f"}],
        "instructions": "x",
        "speed": 1.2,
    }
    (updated,) = conversing.send("session.update", session=change)
    session = updated["session"]
    assert {name: session[name] for name in change if name != "temperature"} == {
        name: value for name, value in change.items() if name != "temperature"
    }
    assert session["model"] == "gpt-4o-realtime-preview"
    assert "audio" not in session
    (updated,) = conversing.send("session.update", session={"modalities": ["audio", "text"]})
    assert updated["session"]["modalities"] == ["audio", "text"]


def test_a_spoken_answer(api: Api) -> None:
    api.reply("Hello there")
    conversing = beta(api)
    (created,) = conversing.send("conversation.item.create", item=user("Hi"))
    assert created["type"] == "conversation.item.created"
    events = conversing.respond(None)
    assert [kind for kind in kinds(events) if not kind.endswith(".delta")] == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    response = done(events)
    assert response["output"][0]["content"] == [{"type": "audio", "transcript": "Hello there"}]
    assert (response["modalities"], response["voice"], response["output_audio_format"]) == (
        ["audio", "text"],
        "marin",
        "pcm16",
    )
    assert said(folded(events)) == said(response["output"])
    assert api.app.recorder.calls()[-1].response == response


def test_a_written_answer_and_a_call(api: Api) -> None:
    api.reply(says("Hello there") | tool_call("f", a=1))
    conversing = beta(api, modalities=["text"])
    events = conversing.respond("Hi")
    assert [event["delta"] for event in of(events, "response.text.delta")] == ["Hello", " there"]
    assert of(events, "response.function_call_arguments.done")[0]["arguments"] == '{"a":1}'
    assert said(folded(events)) == said(done(events)["output"])


def test_cancelling(api: Api) -> None:
    api.reply(says("One two three") | slow(first=9, each=9))
    conversing = beta(api)
    conversing.tell("response.create")
    events = conversing.take(7) + conversing.send("response.cancel")
    response = done(events)
    assert response["status"] == "cancelled"
    assert response["output"][0]["content"][0]["type"] == "audio"
    assert said(folded(events)) == said(response["output"])


def test_an_earlier_answer_is_given_in_its_own_words(api: Api) -> None:
    conversing = beta(api)
    item = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Earlier"}]}
    (created,) = conversing.send("conversation.item.create", item=item)
    assert created["item"]["content"] == [{"type": "text", "text": "Earlier"}]
    conversing.respond("Hi", modalities=["text"], tool_choice="none")
    call = api.app.recorder.calls()[-1]
    assert call.turn == 2
    assert call.body["output_modalities"] == ["text"]
    assert call.body["tool_choice"] == "none"


def test_errors(api: Api) -> None:
    api.reply(rate_limit())
    conversing = beta(api)
    assert done(conversing.respond("Hi"))["status"] == "failed"
    error = conversing.error("session.update", session={"output_modalities": ["text"]})
    assert error["param"] == "session.output_modalities"
    assert conversing.error("session.update", session={"voice": 5})["param"] == "session.voice"


def test_a_browser_asks_for_the_beta_by_a_subprotocol(api: Api) -> None:
    protocol = ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-x, openai-beta.realtime-v1")
    conversing = Conversing(handshake(api, MODEL, protocol, key=None), beta=True)
    assert "modalities" in conversing.take()[0]["session"]


def test_transcription_sessions_are_for_ga_only(api: Api) -> None:
    refused = api.send("GET", "/v1/realtime?intent=transcription", None, *HANDSHAKE, BETA, ("api-key", "x"))
    assert (refused.status, refused.error["param"]) == (400, "intent")
