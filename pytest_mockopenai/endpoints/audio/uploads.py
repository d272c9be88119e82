"""The sound that a form brings along: what OpenAI takes for one, and how long it lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_mockopenai.core import errors, sound
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.forms import File, file_in
from pytest_mockopenai.tokens.audio import wav_seconds

_EXTENSIONS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_LARGEST = 26_214_400  # bytes
_SHORTEST = 0.1  # seconds
_BYTES_A_SECOND = 16_000  # of MP3 at 128 kbit/s, which is taken for the rate of what cannot be read

_CONTAINERS: Mapping[str, Callable[[bytes], bool]] = {
    "RIFF": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE",
    "FLAC": lambda data: data[:4] == b"fLaC",
    "Ogg": lambda data: data[:4] == b"OggS",
    "MPEG": lambda data: data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0"),
    "MP4": lambda data: data[4:8] == b"ftyp",
    "WebM": lambda data: data[:4] == b"\x1a\x45\xdf\xa3",
}
"""How files of the formats begin."""


def seconds_in(body: Mapping[str, Any]) -> float:
    """How long the sound lasts, read from its file; estimated from its size where the file does not tell."""
    data = file_in(body, "file").data
    return _told_seconds(data) or len(data) / _BYTES_A_SECOND


def _told_seconds(data: bytes) -> float | None:
    return wav_seconds(data) if data[:4] == b"RIFF" else sound.seconds_of(data)


def is_sound(context: Context) -> None:
    """Refuse a file that OpenAI would not take: too large, of an unknown name, no sound at all, or too short."""
    file = file_in(context.body, "file")
    problem = _too_large(file) or _unnamed(file) or _unreadable(file, context.model) or _too_short(file)
    if problem:
        raise Refused(problem)


def _too_large(file: File) -> Error | None:
    if len(file.data) <= _LARGEST:
        return None
    message = f"Maximum content size limit ({_LARGEST}) exceeded ({len(file.data)} bytes read)"
    return Error(413, message, type="server_error")


def _unnamed(file: File) -> Error | None:
    """The format is told by the file's name, or else by its content type (streamlit-mic-recorder#10)."""
    kind = file["content_type"].partition("/")
    if file["filename"].rpartition(".")[2].lower() in _EXTENSIONS or kind[0] == "audio":
        return None
    formats = "[" + ", ".join(f"'{each}'" for each in _EXTENSIONS) + "]"
    return errors.invalid(f"Invalid file format. Supported formats: {formats}")


def _unreadable(file: File, model: str) -> Error | None:
    """A model of one's own takes any bytes."""
    if any(begins(file.data) for begins in _CONTAINERS.values()) or not is_openais(model):
        return None
    if model.startswith("whisper"):
        return errors.invalid("The audio file could not be decoded or its format is not supported.")
    message = "Audio file might be corrupted or unsupported"
    return errors.invalid(message, param="file", code="invalid_value")


def is_openais(model: str) -> bool:
    """Whether it is one of OpenAI's models, by its name: another one may take what these do not."""
    return model.startswith(("whisper-", "gpt-"))


def _too_short(file: File) -> Error | None:
    told = _told_seconds(file.data)
    if told is None or told >= _SHORTEST:
        return None
    message = f"Audio file is too short. Minimum audio length is {_SHORTEST} seconds."  # UpstreetAI/usdk#637
    return errors.invalid(message, param="file", code="audio_too_short")
