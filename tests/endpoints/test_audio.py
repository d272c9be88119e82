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
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import Answered, Api
from tests.endpoints.forms import sent

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


# --- transcriptions and translations ----------------------------------------------------------------------------------

WHISPER, SCRIBE, SPEAKERS = "whisper-1", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize"
SAID = "Hello there. How are you?"


def recording(length: float = 5.0, form: str = "wav") -> tuple[str, str, bytes]:
    return f"a.{form}", sound.content_type(form), sound.synthesize(length, form)


WAV = recording()


def heard(api: Api, *fields: tuple[str, Any], model: str = WHISPER, to: str = "transcriptions") -> Answered:
    given = {name for name, _ in fields}
    base = [(name, value) for name, value in (("model", model), ("file", WAV)) if name not in given]
    return sent(api, f"/v1/audio/{to}", [*base, *((name, value) for name, value in fields if value is not None)])


@pytest.mark.parametrize("form", ["wav", "flac", "opus", "mp3"])
@given(st.floats(0.2, 60))
def test_a_files_own_length_is_read(form: str, length: float) -> None:
    name = "ogg" if form == "opus" else form
    file = (f"a.{name}", "audio/x", sound.synthesize(length, form))
    reply = heard(Api(), ("file", file), ("response_format", "verbose_json")).json
    assert reply["duration"] == pytest.approx(length, abs=0.06)
    assert reply["usage"]["seconds"] >= length - 0.06


@given(st.text(max_size=80), st.sampled_from(["json", "verbose_json", "text", "srt", "vtt"]))
def test_any_text_in_any_format(text: str, form: str) -> None:
    api = Api()
    api.reply(words.says(text))
    answered = heard(api, ("response_format", form))
    if form.endswith("json"):
        assert answered.json["text"] == text
    else:
        assert answered.header("content-type") == "text/plain; charset=utf-8"
        kept = " ".join(body_of(answered.reply).decode("utf-8", "replace").split())
        assert all(word in kept for word in text.encode("utf-8", "replace").decode().split())


def test_subtitles(api: Api) -> None:
    api.reply(words.says(SAID).times(2))
    first, second = "Hello there.", "How are you?"
    assert body_of(heard(api, ("response_format", "srt")).reply).decode() == (
        f"1\n00:00:00,000 --> 00:00:02,600\n{first}\n\n2\n00:00:02,600 --> 00:00:05,000\n{second}\n\n"
    )
    assert body_of(heard(api, ("response_format", "vtt")).reply).decode() == (
        f"WEBVTT\n\n00:00:00.000 --> 00:00:02.600\n{first}\n\n00:00:02.600 --> 00:00:05.000\n{second}\n\n"
    )


@pytest.mark.parametrize("asked", [[], ["word"], ["segment"], ["word", "segment"]])
def test_times_of_words_and_sentences(api: Api, asked: list[str]) -> None:
    api.reply(SAID)
    fields = [("timestamp_granularities[]", each) for each in asked]
    reply = heard(api, ("response_format", "verbose_json"), ("language", "fr"), *fields).json
    assert (reply["task"], reply["language"], reply["duration"]) == ("transcribe", "french", 5.0)
    for name, text in (("words", "word"), ("segments", "text")):
        if text.replace("text", "segment") in (asked or ["segment"]):
            pieces = reply[name]
            assert "".join(piece[text] for piece in pieces).replace(" ", "").startswith("Hellothere")
            assert [piece["start"] for piece in pieces] == [0.0, *(piece["end"] for piece in pieces[:-1])]
            assert pieces[-1]["end"] == 5.0
        else:
            assert name not in reply


def test_speakers(api: Api) -> None:
    api.reply(words.says(SAID).times(2))
    names = [("known_speaker_names[]", each) for each in ("Ann", "Ben")]
    references = [("known_speaker_references[]", "data:audio/wav;base64,aGk=")] * 2
    asked = ("response_format", "diarized_json")
    plain = heard(api, asked, model=SPEAKERS).json
    assert [(each["speaker"], each["text"]) for each in plain["segments"]] == [
        ("A", "Hello there."),
        ("B", "How are you?"),
    ]
    known = heard(api, asked, *names, *references, model=SPEAKERS).json
    assert [each["speaker"] for each in known["segments"]] == ["Ann", "Ben"]
    assert known["text"] == SAID


def test_usage_by_model(api: Api) -> None:
    api.reply(words.says(SAID).times(2))
    assert heard(api).json == {"text": SAID, "usage": {"type": "duration", "seconds": 5}}
    assert heard(api, ("prompt", "Hi there"), model=SCRIBE).json["usage"] == {
        "type": "tokens",
        "total_tokens": 59,
        "input_tokens": 52,
        "input_token_details": {"text_tokens": 2, "audio_tokens": 50},
        "output_tokens": 7,
    }
    by_seconds, by_tokens = api.app.recorder.calls()
    assert by_seconds.usage is None
    assert by_tokens.usage is not None
    assert by_tokens.usage.total_tokens == 59
    assert by_tokens.last_message == "Hi there"
    assert by_tokens.body["file"]["bytes"] == len(WAV[2])


def test_what_is_not_scripted_is_as_long_as_the_sound(api: Api) -> None:
    short, long = (heard(api, ("file", recording(length))).json["text"] for length in (1.0, 30.0))
    assert len(short.split()) < 6 < 40 < len(long.split())
    assert heard(api, ("file", recording(1.0))).json["text"] == short


def test_a_rule_for_a_prompt(api: Api) -> None:
    Scripted(api.app, when(contains="names", endpoint="audio.transcriptions")).reply("Ann and Ben")
    assert heard(api).json["text"] != "Ann and Ben"
    assert heard(api, ("prompt", "The names: Ann")).json["text"] == "Ann and Ben"


def test_languages_that_were_heard(api: Api) -> None:
    assert heard(api, model="gpt-transcribe").json["languages"] == [{"code": "en"}]
    asked = [("languages[]", "de"), ("languages[]", "fr"), ("keywords[]", "Ann")]
    assert heard(api, *asked, model="gpt-transcribe").json["languages"] == [{"code": "de"}, {"code": "fr"}]


def test_a_translation_is_english(api: Api) -> None:
    api.reply(words.says(SAID).times(2))
    assert heard(api, to="translations").json == {"text": SAID}
    reply = heard(api, ("response_format", "verbose_json"), to="translations").json
    assert (reply["task"], reply["language"], len(reply["segments"])) == ("translate", "english", 2)


@given(st.text(min_size=1, max_size=60))
def test_a_transcript_streamed_is_the_whole(text: str) -> None:
    api = Api()
    api.reply(words.says(text).times(2))
    whole = heard(api, ("include[]", "logprobs"), model=SCRIBE).json
    *deltas, done = events_of(heard(api, ("include[]", "logprobs"), ("stream", "true"), model=SCRIBE))
    assert "".join(delta["delta"] for delta in deltas) == text == done["text"]
    assert [score for delta in deltas for score in delta["logprobs"]] == whole["logprobs"] == done["logprobs"]
    assert {delta["type"] for delta in deltas} == {"transcript.text.delta"}
    assert (done["type"], done["usage"]) == ("transcript.text.done", whole["usage"])


def test_speakers_streamed(api: Api) -> None:
    api.reply(words.says(SAID).times(2))
    asked = ("response_format", "diarized_json")
    whole = heard(api, asked, model=SPEAKERS).json
    events = events_of(heard(api, asked, ("stream", "true"), model=SPEAKERS))
    kinds = [event["type"].removeprefix("transcript.text.") for event in events]
    assert [kind for kind in kinds if kind != "delta"] == ["segment", "segment", "done"]
    assert [event for event in events if event["type"].endswith("segment")] == whole["segments"]
    text = "".join(event["delta"] for event in events if event["type"].endswith("delta"))
    assert text == SAID
    assert {event["segment_id"] for event in events if "segment_id" in event} == {"seg_001", "seg_002"}


def test_whisper_does_not_stream(api: Api) -> None:
    api.reply(SAID)
    assert heard(api, ("stream", "true")).json["text"] == SAID


HEARD_REFUSED: list[tuple[str, str, list[tuple[str, Any]], str | None, str | None]] = [
    ("no file", WHISPER, [("file", None)], "file", "missing_required_parameter"),
    ("no model", WHISPER, [("model", None)], "model", "missing_required_parameter"),
    ("a text", WHISPER, [("file", "a.wav")], "file", "invalid_type"),
    ("of another name", WHISPER, [("file", ("a.txt", "text/plain", WAV[2]))], None, None),
    ("no sound", WHISPER, [("file", ("a.mp3", "audio/mpeg", b"hello"))], None, None),
    ("no sound for a later one", SCRIBE, [("file", ("a.mp3", "audio/mpeg", b"hello"))], "file", "invalid_value"),
    ("too short", WHISPER, [("file", recording(0.05))], "file", "audio_too_short"),
    ("format", SCRIBE, [("response_format", "srt")], "response_format", "unsupported_value"),
    ("speakers", WHISPER, [("response_format", "diarized_json")], "response_format", "unsupported_value"),
    ("unknown format", WHISPER, [("response_format", "xml")], "response_format", "invalid_value"),
    ("times", WHISPER, [("timestamp_granularities[]", "word")], "timestamp_granularities", "invalid_value"),
    ("language", WHISPER, [("language", "english")], "language", "invalid_language_format"),
    ("temperature", WHISPER, [("temperature", "1.5")], "temperature", "decimal_above_max_value"),
    ("scores", WHISPER, [("include[]", "logprobs")], "include", "unsupported_value"),
    ("prompt", SPEAKERS, [("prompt", "x")], "prompt", "unsupported_parameter"),
    ("chunks", SPEAKERS, [("file", recording(31))], "chunking_strategy", "invalid_value"),
    ("names alone", SPEAKERS, [("known_speaker_names[]", "A")], "known_speaker_names", "invalid_value"),
    ("five names", SPEAKERS, [("known_speaker_names[]", "A")] * 5, "known_speaker_names", "array_above_max_length"),
    ("names for another", SCRIBE, [("known_speaker_names[]", "A")], "known_speaker_names", "unsupported_parameter"),
    ("keywords", SCRIBE, [("keywords[]", "A")], "keywords", "unsupported_parameter"),
    ("unknown", WHISPER, [("colour", "red")], "colour", "unknown_parameter"),
]


@pytest.mark.parametrize(
    ("what", "model", "fields", "param", "code"), HEARD_REFUSED, ids=[case[0] for case in HEARD_REFUSED]
)
def test_transcriptions_refused(
    api: Api, what: str, model: str, fields: Any, param: str | None, code: str | None
) -> None:
    answered = heard(api, *fields, model=model)
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


def test_a_file_that_is_too_large(api: Api) -> None:
    answered = heard(api, ("file", ("a.wav", "audio/wav", bytes(26_214_401))))
    assert (answered.status, answered.error["type"]) == (413, "server_error")
    assert "(26214401 bytes read)" in answered.error["message"]


def test_no_form(api: Api) -> None:
    assert api.send("POST", "/v1/audio/transcriptions", {"model": WHISPER}).status == 415


def test_a_model_of_ones_own_hears_any_bytes(api: Api) -> None:
    assert heard(api, ("file", ("a.mp3", "audio/mpeg", b"x")), ("response_format", "srt"), model="mine").status == 200


def test_hearing_fails(api: Api) -> None:
    api.reply(words.fails("Too loud."), "rate_limit", "cut;after=2")
    assert heard(api).error["message"] == "Too loud."
    assert heard(api).status == 429
    assert "transcript.text.done" not in body_of(heard(api, ("stream", "true"), model=SCRIBE).reply).decode()


def test_strict_asks_for_a_transcript() -> None:
    assert heard(Api(strict=True)).error["code"] == "unscripted_call"
