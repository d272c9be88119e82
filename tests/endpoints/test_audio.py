"""Speech that is as long as its text, in every format; and what OpenAI refuses to say."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import sound, words
from pytest_mockopenai.core.wire import Send, Stream, body_of
from tests.endpoints.conftest import Answered, Api

TEXT = "The quick brown fox jumps over the lazy dog."
NEW, OLD = "gpt-4o-mini-tts", "tts-1"


def said(api: Api, **more: Any) -> Answered:
    return api.send("POST", "/v1/audio/speech", {"model": NEW, "voice": "coral", "input": TEXT, **more})


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()


def events_of(answered: Answered) -> list[Any]:
    assert isinstance(answered.reply, Stream)
    steps = [step.data.decode() for step in answered.reply.steps if isinstance(step, Send)]
    assert all(step.startswith("data: ") and step.endswith("\n\n") for step in steps)
    return [json.loads(step.removeprefix("data: ")) for step in steps]


# --- speech -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "kind", "magic"),
    [
        ("mp3", "audio/mpeg", b"\xff"),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
        ("pcm", "audio/pcm", b"\0\0"),
        (None, "audio/mpeg", b"\xff"),
    ],
)
def test_formats(api: Api, form: str | None, kind: str, magic: bytes) -> None:
    answered = said(api, response_format=form)
    assert answered.header("content-type") == kind
    data = body_of(answered.reply)
    assert data.startswith(magic)
    (call,) = api.app.recorder.calls()
    assert (call.response["bytes"], call.response["content_type"]) == (len(data), kind)
    assert call.last_message == TEXT


@given(st.text(min_size=1, max_size=300), st.sampled_from([0.25, 0.5, 1, 2, 4]))
def test_it_is_as_long_as_the_text(text: str, speed: float) -> None:
    data = body_of(said(Api(), input=text, response_format="wav", speed=speed).reply)
    assert seconds(data) == pytest.approx(max(0.1, sound.seconds_for(text) / speed), abs=1e-3)


@given(st.text(min_size=1, max_size=2000), st.sampled_from(["mp3", "wav", "flac"]), st.sampled_from([NEW, OLD]))
def test_pieces_and_events_make_the_same_sound(text: str, form: str, model: str) -> None:
    answered = said(Api(), input=text, response_format=form, model=model)
    assert isinstance(answered.reply, Stream)
    assert answered.reply.length is None
    assert len(answered.reply.steps) <= 256
    if model == NEW:
        *pieces, done = events_of(said(Api(), input=text, response_format=form, model=model, stream_format="sse"))
        assert b"".join(base64.b64decode(piece["audio"]) for piece in pieces) == body_of(answered.reply)
        assert {piece["type"] for piece in pieces} == {"speech.audio.delta"}
        assert done["type"] == "speech.audio.done"
        usage = done["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_usage_of_a_model_that_is_billed_by_tokens(api: Api) -> None:
    said(api, input="hello world", instructions="Be glad.")
    said(api, input="hello world", model=OLD, voice="alloy")
    new, old = api.app.recorder.calls()
    assert new.usage is not None
    assert new.usage.prompt_tokens == 2 + 3
    assert new.usage.completion_tokens == new.usage.audio_tokens > 0
    assert old.usage is None


def test_voices_sound_different(api: Api) -> None:
    made = {body_of(said(api, response_format="wav", voice=voice).reply) for voice in ("alloy", "echo", {"id": "v_1"})}
    assert len(made) == 3


REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"input": ""}, "input", "empty_string"),
    ({"input": "x" * 4097}, "input", "string_above_max_length"),
    ({"voice": "bob"}, "voice", "invalid_value"),
    ({"speed": 0.1}, "speed", "decimal_below_min_value"),
    ({"speed": 4.5}, "speed", "decimal_above_max_value"),
    ({"response_format": "mp4"}, "response_format", "invalid_value"),
    ({"input": 5}, "input", "invalid_type"),
    ({"model": OLD, "voice": "alloy", "stream_format": "sse"}, "stream_format", "unsupported_value"),
    ({"model": OLD, "voice": "coral", "input": "x" * 4097}, None, None),
    ({"model": OLD, "voice": "alloy", "input": ""}, None, None),
    ({"model": OLD, "voice": "verse"}, None, None),
]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED, ids=[str(change)[:50] for change, _, _ in REFUSED])
def test_refusals(api: Api, change: dict[str, Any], param: str | None, code: str | None) -> None:
    answered = said(api, **change)
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


@pytest.mark.parametrize("name", ["model", "input", "voice"])
def test_missing(api: Api, name: str) -> None:
    body = {"model": NEW, "voice": "coral", "input": TEXT}
    del body[name]
    error = api.send("POST", "/v1/audio/speech", body).error
    assert (error["param"], error["code"]) == (name, "missing_required_parameter")


def test_the_older_models_say_what_pydantic_found(api: Api) -> None:
    assert (
        said(api, model=OLD, voice="verse")
        .error["message"]
        .startswith("[{'type': 'enum', 'loc': ('body', 'voice'), 'msg': \"Input should be 'nova', 'shimmer'")
    )


def test_a_model_of_ones_own_takes_any_voice(api: Api) -> None:
    assert said(api, model="piper", voice="bob").status == 200


@pytest.mark.parametrize("fault", ["cut", "reset", "stall", "malformed", "short_body", "error_event", "no_done"])
def test_sound_that_breaks(api: Api, fault: str) -> None:
    whole = body_of(said(api, response_format="wav").reply)
    api.reply(fault)
    assert body_of(said(api, response_format="wav").reply) != whole


def test_sound_that_comes_slowly(api: Api) -> None:
    api.reply(words.slow(first=0.5, each=0.25))
    reply = said(api, response_format="wav").reply
    assert isinstance(reply, Stream)
    assert [step.after for step in reply.steps][:3] == [0.5, 0.25, 0.25]


def test_errors_and_failures(api: Api) -> None:
    api.reply("rate_limit", words.fails("No voice."))
    assert said(api).status == 429
    assert said(api).error["message"] == "No voice."


def test_strict_lets_speech_pass(api: Api) -> None:
    assert said(Api(strict=True)).status == 200
