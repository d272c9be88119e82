"""Audio through the SDK: speech that opens, whole and in pieces; sync and async."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI, cut

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
