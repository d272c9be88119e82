"""Audio through the SDK: speech that opens, whole and in pieces; sync and async."""

from __future__ import annotations

import asyncio
import inspect
import io
import re
import wave
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI, cut
from pytest_mockopenai.core import sound

TEXT = "The quick brown fox jumps over the lazy dog."
SPEECH: Any = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": TEXT, "response_format": "wav"}


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()


def test_speech_opens(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    spoken = mock_openai.client.audio.speech.create(**SPEECH)
    assert seconds(spoken.content) == pytest.approx(len(TEXT) / 15, abs=0.1)
    spoken.write_to_file(tmp_path / "said.wav")
    assert (tmp_path / "said.wav").read_bytes() == spoken.content
    assert mock_openai.usage.audio_tokens > 0


def test_speech_in_pieces(mock_openai: MockOpenAI) -> None:
    with mock_openai.client.audio.speech.with_streaming_response.create(**SPEECH) as response:
        pieces = list(response.iter_bytes(4096))
    assert len(pieces) > 2
    assert b"".join(pieces) == mock_openai.client.audio.speech.create(**SPEECH).content


def test_speech_without_blocking(mock_openai: MockOpenAI) -> None:
    async def said() -> bytes:
        client = mock_openai.async_client
        async with client, client.audio.speech.with_streaming_response.create(**SPEECH) as response:
            return b"".join([piece async for piece in response.iter_bytes()])

    assert seconds(asyncio.run(said())) > 1


def test_speech_that_breaks_off(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(cut(after=2))
    client = mock_openai.client.with_options(max_retries=0)
    with pytest.raises((openai.APIConnectionError, Exception), match=r"(?i)connection|peer closed|incomplete"):
        client.audio.speech.create(**SPEECH)
    assert mock_openai.calls[0].ended == "cut"


# --- transcriptions ---------------------------------------------------------------------------------------------------

WAV: Any = ("a.wav", sound.synthesize(4.0, "wav"))
SAID = "Hello there. How are you?"


@pytest.fixture
def strict(mock_openai: MockOpenAI) -> Any:
    """A client that refuses what does not fit the SDK's types."""
    with openai.OpenAI(base_url=mock_openai.base_url, api_key="sk-test", _strict_response_validation=True) as client:
        yield client


def test_a_transcript(strict: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.when(contains="names").reply(SAID)
    reply = strict.audio.transcriptions.create(file=WAV, model="gpt-4o-transcribe", prompt="The names: Ann.")
    assert reply.text == SAID
    assert mock_openai.usage.prompt_tokens == 40 + 5


def test_a_transcript_with_times(strict: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID)
    reply = strict.audio.transcriptions.create(
        file=WAV, model="whisper-1", response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert [word.word for word in reply.words] == ["Hello", "there", "How", "are", "you"]
    assert [segment.text for segment in reply.segments] == [" Hello there.", " How are you?"]
    assert reply.words[-1].end == reply.segments[-1].end == 4.0


@pytest.mark.parametrize("form", ["srt", "vtt", "text"])
def test_a_transcript_as_text(mock_openai: MockOpenAI, form: Any) -> None:
    mock_openai.reply(SAID)
    reply: Any = mock_openai.client.audio.transcriptions.create(file=WAV, model="whisper-1", response_format=form)
    assert isinstance(reply, str)
    cues = re.findall(r"(\d\d:\d\d:\d\d[.,]\d\d\d) --> (\d\d:\d\d:\d\d[.,]\d\d\d)\n(.*)\n", reply)
    assert [text for _, _, text in cues] == ([] if form == "text" else ["Hello there.", "How are you?"])


@pytest.mark.skipif(
    "stream" not in inspect.signature(openai.resources.audio.Transcriptions.create).parameters,
    reason="this SDK does not stream transcripts",
)
def test_a_transcript_streamed(strict: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID)
    events = list(strict.audio.transcriptions.create(file=WAV, model="gpt-4o-transcribe", stream=True))
    assert "".join(event.delta for event in events[:-1]) == SAID == events[-1].text


def test_a_transcript_without_blocking(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID)

    async def heard() -> str:
        async with mock_openai.async_client as client:
            reply: Any = await client.audio.transcriptions.create(file=WAV, model="whisper-1")
            return str(reply.text)

    assert asyncio.run(heard()) == SAID


@pytest.mark.skipif("diarized" not in str(openai.types.AudioResponseFormat), reason="this SDK knows no speakers")
def test_speakers(strict: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID)
    reply = strict.audio.transcriptions.create(
        file=WAV, model="gpt-4o-transcribe-diarize", response_format="diarized_json", chunking_strategy="auto"
    )
    assert [(each.speaker, each.text) for each in reply.segments] == [("A", "Hello there."), ("B", "How are you?")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_translation(strict: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID)
    assert strict.audio.translations.create(file=WAV, model="whisper-1").text == SAID


def test_what_was_said_is_heard(mock_openai: MockOpenAI) -> None:
    """What the mock speaks, it takes back, in every format that it reads."""
    client = mock_openai.client
    for form in ("mp3", "flac", "wav", "opus"):
        spoken = client.audio.speech.create(**{**SPEECH, "response_format": form})
        name = f"said.{'ogg' if form == 'opus' else form}"
        heard: Any = client.audio.transcriptions.create(
            file=(name, spoken.content), model="whisper-1", response_format="verbose_json"
        )
        assert heard.duration == pytest.approx(len(TEXT) / 15, abs=0.15)


def test_no_sound(mock_openai: MockOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Invalid file format"):
        mock_openai.client.audio.transcriptions.create(file=("a.txt", b"hello"), model="whisper-1")
