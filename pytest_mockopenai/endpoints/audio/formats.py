"""A transcript in each `response_format`: JSON with more or less in it, or text with or without times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import transcript
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.transcript import Timed

PLAIN = "text/plain; charset=utf-8"

_LANGUAGES: Mapping[str, str] = {
    "ar": "arabic",
    "bg": "bulgarian",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "he": "hebrew",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "th": "thai",
    "tr": "turkish",
    "uk": "ukrainian",
    "vi": "vietnamese",
    "zh": "chinese",
}
"""What Whisper calls the languages that are asked for most; any other is shown by its code."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript: what was said, in how many seconds; `task` is `transcribe` or `translate`; `usage` as JSON."""

    text: str
    seconds: float
    task: str
    body: Mapping[str, Any]
    usage: JSON | None
    draw: Draw

    @property
    def sentences(self) -> list[Timed]:
        """The sentences and when they were said."""
        return transcript.sentences(self.text, self.seconds)


def verbose(heard: Heard) -> JSON:
    """`verbose_json`: times of sentences, of words, or of both (openai/types/audio/transcription_verbose.py)."""
    asked = heard.body.get("timestamp_granularities") or ["segment"]
    temperature = float(heard.body.get("temperature") or 0)
    reply = {"task": heard.task, "language": _language(heard), "duration": round(heard.seconds, 3), "text": heard.text}
    if "word" in asked:
        timed = transcript.words(heard.text, heard.seconds)
        reply["words"] = [{"word": _bare(word), "start": start, "end": end} for word, start, end in timed]
    if "segment" in asked:
        reply["segments"] = [
            _segment(place, timed, temperature, heard.draw.child(place)) for place, timed in enumerate(heard.sentences)
        ]
    return _billed(reply, heard)


def _language(heard: Heard) -> str:
    asked = "en" if heard.task == "translate" else str(heard.body.get("language") or "en").lower()
    return _LANGUAGES.get(asked, asked)


def _bare(word: str) -> str:
    """A word without its punctuation, as Whisper has it."""
    return word.strip(".,;:!?\"'()") or word


_WHISPER_TOKENS = 50_256  # the ids of its vocabulary's words


def _segment(place: int, timed: Timed, temperature: float, draw: Draw) -> JSON:
    """Times and text are the transcript's; the ids of its tokens and what the model thought of it are made up."""
    count = tokens.load("cl100k_base").count(timed.text)
    return {
        "id": place,
        "seek": int(timed.start * 100),
        "start": timed.start,
        "end": timed.end,
        "text": f" {timed.text.strip()}",
        "tokens": [draw.integer(0, _WHISPER_TOKENS) for _ in range(count)],
        "temperature": temperature,
        "avg_logprob": round(-0.1 - 0.4 * draw.uniform(), 6),
        "compression_ratio": round(1 + 0.8 * draw.uniform(), 6),
        "no_speech_prob": round(0.05 * draw.uniform(), 6),
    }


def diarized(heard: Heard) -> JSON:
    """`diarized_json`: who said which sentence (openai/types/audio/transcription_diarized.py)."""
    reply = {"task": heard.task, "duration": round(heard.seconds, 3), "text": heard.text}
    return _billed({**reply, "segments": spoken(heard)}, heard)


def spoken(heard: Heard) -> list[JSON]:
    """The sentences with their speakers, who take turns: those whom the request knows, or A and B."""
    speakers: Sequence[str] = heard.body.get("known_speaker_names") or ("A", "B")
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{place + 1:03}",
            "start": timed.start,
            "end": timed.end,
            "text": timed.text.strip(),
            "speaker": speakers[place % len(speakers)],
        }
        for place, timed in enumerate(heard.sentences)
    ]


def plain_json(heard: Heard) -> JSON:
    """`json`: the text alone."""
    return _billed({"text": heard.text}, heard)


def _billed(reply: JSON, heard: Heard) -> JSON:
    return {**reply, "usage": heard.usage} if heard.usage else reply


JSON_FORMATS: Mapping[str, Callable[[Heard], JSON]] = {
    "json": plain_json,
    "verbose_json": verbose,
    "diarized_json": diarized,
}


def _text(heard: Heard) -> str:
    return heard.text + "\n"


def _srt(heard: Heard) -> str:
    cues = enumerate(_cues(heard, ","), 1)
    return "".join(f"{number}\n{times}\n{text}\n\n" for number, (times, text) in cues)


def _vtt(heard: Heard) -> str:
    return "WEBVTT\n\n" + "".join(f"{times}\n{text}\n\n" for times, text in _cues(heard, "."))


def _cues(heard: Heard, point: str) -> Iterator[tuple[str, str]]:
    for text, start, end in heard.sentences:
        yield f"{_clock(start, point)} --> {_clock(end, point)}", " ".join(text.split())


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


TEXT_FORMATS: Mapping[str, Callable[[Heard], str]] = {"text": _text, "srt": _srt, "vtt": _vtt}
