"""OpenAI's audio formats by name: how each is made and what it is called in HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_mockopenai.core.suggest import closest

from . import aac, flac, mp3, opus, pcm, wav
from .tone import Tone

LONGEST = 3600.0
"""Seconds; a longer sound is refused, so that a slip does not fill the memory."""

RATES: frozenset[int] = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
"""Samples a second that every format can state."""


@dataclass(frozen=True, slots=True)
class _Format:
    content_type: str
    encode: Callable[[Tone], bytes]


_FORMATS = {
    "aac": _Format("audio/aac", aac.encode),
    "flac": _Format("audio/flac", flac.encode),
    "mp3": _Format("audio/mpeg", mp3.encode),
    "opus": _Format("audio/opus", opus.encode),
    "pcm": _Format("audio/pcm", pcm.encode),
    "pcm16": _Format("audio/pcm", pcm.encode),
    "wav": _Format("audio/wav", wav.encode),
}

FORMATS: frozenset[str] = frozenset(_FORMATS)
"""`response_format` of `audio.speech` and `audio.format` of chat completions, together."""


def content_type(audio_format: str) -> str:
    """The `content-type` of a format, such as `audio/mpeg` for `mp3`; ValueError if it is none of FORMATS."""
    return _format(audio_format).content_type


def synthesize(seconds: float, audio_format: str, *, rate: int = 24_000, pitch: float = 220.0) -> bytes:
    """An audio file of so many seconds, mono, the same bytes each time and on every platform.

    `wav`, `flac`, `pcm` and `pcm16` hold a quiet sine: a tenth of full scale, `pitch` to the nearest hertz.
    `pcm` and `pcm16` are one thing, 16-bit little-endian samples without a header, as OpenAI documents them.
    `mp3`, `aac` (ADTS) and `opus` (in Ogg) hold valid frames of silence, whatever the pitch.

    There are `seconds * rate` samples, rounded, never none. aac goes on to the end of its last frame of 1024
    samples and mp3 to that of 576 (1152 from 32 kHz on); mp3 has at least two frames. Opus decodes at 48 kHz
    and states `rate` as the source's.

    ValueError: an unknown format, a rate that is none of RATES, a pitch that is not above 0 and below half
    the rate, seconds that are not above 0 and at most LONGEST.
    """
    encode = _format(audio_format).encode
    return encode(_tone(seconds, rate, pitch))


def _format(name: str) -> _Format:
    if name in _FORMATS:
        return _FORMATS[name]
    near = closest(name.lower(), _FORMATS)
    hint = f" Did you mean {near!r}?" if near else ""
    raise ValueError(f"Unknown audio format {name!r}; valid: {', '.join(sorted(_FORMATS))}.{hint}")


def _tone(seconds: float, rate: int, pitch: float) -> Tone:
    if not 0 < seconds <= LONGEST:
        raise ValueError(f"A sound lasts more than 0 and at most {LONGEST:g} seconds, not {seconds}.")
    if rate not in RATES:
        near = min(RATES, key=lambda known: (abs(known - rate), known))
        valid = ", ".join(map(str, sorted(RATES)))
        raise ValueError(f"Unknown rate {rate}; valid: {valid}. Did you mean {near}?")
    if not 0 < pitch < rate / 2:
        raise ValueError(f"A pitch is above 0 and below half the rate ({rate / 2:g} hertz), not {pitch}.")
    return Tone(rate, hertz=min(max(1, round(pitch)), (rate - 1) // 2), length=max(1, round(seconds * rate)))
