"""Sound of the user: the input buffer, turn detection, transcripts, and cutting what the model said."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("openai.types.realtime")
from pytest_mockopenai import says, server_error, slow
from pytest_mockopenai.core import sound
from pytest_mockopenai.core.sound.g711 import levels
from pytest_mockopenai.endpoints.realtime.audio import format_of
from pytest_mockopenai.endpoints.realtime.hearing import InputBuffer
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import Api
from tests.endpoints.talking import done, kinds, of, said, talking, user

OFF: Any = {"input": {"turn_detection": None}}
TRANSCRIBED: Any = {"input": {"turn_detection": None, "transcription": {"model": "gpt-4o-transcribe"}}}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def speech(seconds: float) -> bytes:
    return sound.synthesize(seconds, "pcm")


def silence(seconds: float) -> bytes:
    return bytes(int(48_000 * seconds))


def append(conversing: Any, data: bytes) -> list[Any]:
    found: list[Any] = conversing.send("input_audio_buffer.append", audio=b64(data))
    return found


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_append_and_commit_make_an_item(api: Api) -> None:
    conversing = talking(api, audio=OFF)
    assert append(conversing, speech(1.0) + silence(5.0)) == []
    committed, added, finished = conversing.send("input_audio_buffer.commit")
    assert committed["type"] == "input_audio_buffer.committed"
    assert committed["previous_item_id"] is None
    assert kinds([added, finished]) == ["conversation.item.added", "conversation.item.done"]
    assert added["item"]["id"] == committed["item_id"]
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    (retrieved,) = conversing.send("conversation.item.retrieve", item_id=committed["item_id"])
    assert retrieved["item"]["content"][0]["audio"] == b64(speech(1.0) + silence(5.0))
    assert len(api.app.recorder.calls()) == 1


@pytest.mark.parametrize("seconds", [0, 0.05, 0.099])
def test_too_little_is_no_turn(api: Api, seconds: float) -> None:
    conversing = talking(api, audio=OFF)
    append(conversing, silence(seconds))
    error = conversing.error("input_audio_buffer.commit")
    assert error["code"] == "input_audio_buffer_commit_empty"
    assert f"{seconds * 1000:.2f}ms" in error["message"]


def test_clear_forgets(api: Api) -> None:
    conversing = talking(api, audio=OFF)
    append(conversing, speech(1.0))
    assert kinds(conversing.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert conversing.error("input_audio_buffer.commit")["code"] == "input_audio_buffer_commit_empty"


def test_the_buffer_is_bounded(api: Api) -> None:
    conversing = talking(api, audio=OFF)
    for _ in range(8):
        assert append(conversing, bytes(8 * 2**20)) == []
    assert conversing.error("input_audio_buffer.append", audio=b64(bytes(2)))["code"] == "input_audio_buffer_full"
    assert len(conversing.send("input_audio_buffer.commit")) == 3


# --- turn detection ---------------------------------------------------------------------------------------------------


def test_speech_and_then_silence_is_a_turn_and_is_answered(api: Api) -> None:
    api.reply("Hello")
    conversing = talking(api, output_modalities=["text"])
    (started,) = append(conversing, silence(1.0) + speech(0.5))
    assert (started["type"], started["audio_start_ms"]) == ("input_audio_buffer.speech_started", 700)
    assert append(conversing, silence(0.4)) == []
    events = append(conversing, silence(0.2))
    assert kinds(events)[:5] == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    stopped, committed = events[:2]
    assert stopped["audio_end_ms"] == 2000
    assert stopped["item_id"] == committed["item_id"] == started["item_id"]
    assert said(done(events)["output"]) == [["Hello"]]
    call = api.app.recorder.calls()[-1]
    heard = base64.b64decode(call.messages[0]["content"][0]["audio"])
    assert len(heard) == len(silence(0.3) + speech(0.5) + silence(0.5))


def test_two_turns_in_one_message(api: Api) -> None:
    turn = speech(0.3) + silence(0.6)
    conversing = talking(api, output_modalities=["text"])
    events = append(conversing, turn + turn)
    assert len(of(events, "input_audio_buffer.committed")) == 2
    assert len(of(events, "response.done")) == 1  # the second one came while the first was being answered


def test_silence_is_no_turn_and_is_forgotten(api: Api) -> None:
    conversing = talking(api)
    for _ in range(20):
        assert append(conversing, silence(1.0)) == []
    assert len(conversing.dialogue._buffer.data) <= 48_000 * 0.32


@pytest.mark.parametrize(("created", "last"), [(True, "response.done"), (False, "conversation.item.done")])
def test_turns_need_not_be_answered(api: Api, created: bool, last: str) -> None:
    detection = {"type": "server_vad", "create_response": created, "silence_duration_ms": 200}
    conversing = talking(api, audio={"input": {"turn_detection": detection}})
    assert append(conversing, speech(0.3) + silence(0.2))[-1]["type"] == last


def test_speech_interrupts_a_response(api: Api) -> None:
    api.reply(says("One two three") | slow(first=0, each=9), "Yes?")
    conversing = talking(api, output_modalities=["text"])
    conversing.tell("response.create")
    conversing.take(6)
    events = append(conversing, speech(0.3))
    assert events[0]["type"] == "input_audio_buffer.speech_started"
    assert done(events)["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert said(done(append(conversing, silence(0.6)))["output"]) == [["Yes?"]]


def test_speech_that_does_not_interrupt(api: Api) -> None:
    api.reply(says("One two three") | slow(first=0, each=9))
    detection = {"type": "semantic_vad", "interrupt_response": False}
    conversing = talking(api, output_modalities=["text"], audio={"input": {"turn_detection": detection}})
    conversing.tell("response.create")
    conversing.take(4)
    events = append(conversing, speech(0.3) + silence(0.6))
    assert done(events)["status"] == "completed"
    assert len(of(events, "response.done")) == 1


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/pcmu", "audio/pcma"])
@given(cuts=st.lists(st.integers(0, 20_000), max_size=5))
def test_any_cut_of_the_sound_is_heard_alike(kind: str, cuts: list[int]) -> None:
    form = format_of({"type": kind})
    quiet = {"audio/pcm": bytes(2), "audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}[kind]
    data = quiet * (form.size(400) // len(quiet)) + form.make(0.4) + quiet * (form.size(700) // len(quiet))
    buffer, noticed, taken = InputBuffer(), [], b""
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    for start, end in zip([0, *ends], ends, strict=False):
        buffer.append(data[start:end])
        for each in buffer.listen(form, {"silence_duration_ms": 500, "prefix_padding_ms": 100}):
            noticed.append((each.what, each.ms))
            taken += buffer.take() if each.what == "stopped" else b""
    assert [what for what, _ in noticed] == ["started", "stopped"]
    assert abs(noticed[0][1] - 300) <= 20
    assert abs(noticed[1][1] - 1300) <= 20
    assert abs(form.seconds(len(taken)) - 1.0) <= 0.04


@pytest.mark.parametrize("law", ["mu", "a"])
def test_the_loudness_of_every_code(law: Any) -> None:
    found = levels(law)
    assert (len(found), max(found)) == (256, {"mu": 125, "a": 126}[law])
    assert sum(level == 0 for level in found) >= 30


# --- transcripts ------------------------------------------------------------------------------------------------------


def test_a_transcript_is_a_call_of_its_own(api: Api) -> None:
    Scripted(api.app, when(endpoint="realtime.transcriptions")).reply("What is the weather?")
    Scripted(api.app, when(contains="weather")).reply("Sunny.")
    conversing = talking(api, output_modalities=["text"], audio=TRANSCRIBED)
    append(conversing, speech(2.0))
    events = conversing.send("input_audio_buffer.commit")
    kind = "conversation.item.input_audio_transcription"
    assert kinds(events)[3:] == [f"{kind}.delta", f"{kind}.completed"]
    assert "".join(event["delta"] for event in of(events, f"{kind}.delta")) == "What is the weather?"
    assert events[-1]["transcript"] == "What is the weather?"
    assert events[-1]["item_id"] == events[0]["item_id"]
    assert events[-1]["usage"] == {
        "type": "tokens",
        "total_tokens": 25,
        "input_tokens": 20,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 20},
        "output_tokens": 5,
    }
    assert said(done(conversing.respond(None))["output"]) == [["Sunny."]]
    _, heard, answered = api.app.recorder.calls()
    assert (heard.endpoint, heard.model, heard.response) == (
        "realtime.transcriptions",
        "gpt-4o-transcribe",
        {"text": "What is the weather?"},
    )
    assert answered.last_message == "What is the weather?"
    (retrieved,) = conversing.send("conversation.item.retrieve", item_id=events[0]["item_id"])
    assert retrieved["item"]["content"][0]["transcript"] == "What is the weather?"


def test_replies_for_the_model_are_not_taken_by_transcripts(api: Api) -> None:
    api.reply(server_error(), "For the model")
    conversing = talking(api, output_modalities=["text"], audio=TRANSCRIBED)
    append(conversing, speech(2.0))
    events = conversing.send("input_audio_buffer.commit")
    assert events[-1]["transcript"]
    assert done(conversing.respond(None))["status"] == "failed"
    assert said(done(conversing.respond(None))["output"]) == [["For the model"]]


def test_whisper_says_all_at_once_and_is_billed_by_the_second(api: Api) -> None:
    conversing = talking(api, audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
    append(conversing, speech(2.0))
    events = conversing.send("input_audio_buffer.commit")
    assert len(events) == 5
    assert events[-1]["usage"] == {"type": "duration", "seconds": 2.0}


def test_a_transcript_that_fails(api: Api) -> None:
    Scripted(api.app, when(endpoint="realtime.transcriptions")).reply(server_error())
    conversing = talking(api, audio=TRANSCRIBED)
    append(conversing, speech(2.0))
    failed = conversing.send("input_audio_buffer.commit")[-1]
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    assert failed["error"]["type"] == "server_error"


def test_a_transcript_that_the_client_gives_stays(api: Api) -> None:
    conversing = talking(api, audio=TRANSCRIBED)
    heard = {"type": "input_audio", "audio": b64(speech(1.0)), "transcript": "given"}
    item = {"type": "message", "role": "user", "content": [heard]}
    assert len(conversing.send("conversation.item.create", item=item)) == 2


def test_a_transcription_session_only_writes_down(api: Api) -> None:
    api.reply("First words", "Second words")
    conversing = talking(api, "/v1/realtime?intent=transcription")
    (updated,) = conversing.send(
        "session.update",
        session={"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}},
    )
    session = updated["session"]
    assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
    assert "model" not in session
    events = append(conversing, speech(0.5) + silence(0.6))
    assert events[-1]["transcript"] == "First words"
    assert not of(events, "response.created")
    assert conversing.error("response.create")["type"] == "invalid_request_error"
    assert conversing.error("session.update", session={"type": "realtime"})["param"] == "session.type"
    append(conversing, speech(1.0))
    assert conversing.send("input_audio_buffer.commit")[-1]["transcript"] == "Second words"


# --- cutting what the model said --------------------------------------------------------------------------------------


def test_truncating_forgets_what_was_not_heard(api: Api) -> None:
    api.reply("Hello there, how are you today?", "Fine")
    conversing = talking(api)
    (item,) = done(conversing.respond("Hi"))["output"]
    (whole,) = conversing.send("conversation.item.retrieve", item_id=item["id"])
    whole_data = base64.b64decode(whole["item"]["content"][0]["audio"])
    assert whole_data == speech(sound.seconds_for("Hello there, how are you today?"))
    cut = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 500}
    (truncated,) = conversing.send("conversation.item.truncate", **cut)
    assert {name: truncated[name] for name in cut} == cut
    (retrieved,) = conversing.send("conversation.item.retrieve", item_id=item["id"])
    part = retrieved["item"]["content"][0]
    assert (base64.b64decode(part["audio"]), part["transcript"]) == (whole_data[:24_000], None)
    conversing.respond("And?")
    assert "transcript" not in api.app.recorder.calls()[-1].messages[1]["content"][0]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"audio_end_ms": 60_000}, "audio_end_ms"),
        ({"content_index": 1}, "content_index"),
        ({"content_index": -1}, "content_index"),
        ({"item_id": "users"}, "item_id"),
        ({"item_id": "no"}, "item_id"),
    ],
)
def test_what_cannot_be_truncated(api: Api, change: Any, param: str) -> None:
    conversing = talking(api)
    conversing.send("conversation.item.create", item=user("Hi", id="users"))
    (item,) = done(conversing.respond("Hi"))["output"]
    cut = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 100, **change}
    assert conversing.error("conversation.item.truncate", **cut)["param"] == param


def test_written_text_cannot_be_truncated(api: Api) -> None:
    conversing = talking(api, output_modalities=["text"])
    (item,) = done(conversing.respond("Hi"))["output"]
    cut = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 100}
    assert conversing.error("conversation.item.truncate", **cut)["param"] == "content_index"
