"""POST /audio/transcriptions and /audio/translations: what the script says was said, or prose as long as the sound."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, forms, sse, transcript
from pytest_mockopenai.core.bounds import Items, Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wording import either
from pytest_mockopenai.endpoints.audio.formats import JSON_FORMATS, PLAIN, TEXT_FORMATS, Heard, plain_json, spoken
from pytest_mockopenai.endpoints.audio.uploads import is_openais, is_sound, seconds_in
from pytest_mockopenai.rendering import logprobs
from pytest_mockopenai.rendering.streaming import scored_pieces
from pytest_mockopenai.tokens.audio import heard_tokens

_DIARIZES = "gpt-4o-transcribe-diarize"
_TELLS_LANGUAGES = "gpt-transcribe"
_SCORED = re.compile(r"gpt-4o(-mini)?-transcribe(-\d{4}-\d\d-\d\d)?")
_LANGUAGE = re.compile("[a-zA-Z]{2,3}")
_LONG = 30.0  # seconds of sound that are to be cut into chunks before speakers are told apart


def transcribe(context: Context) -> Finished:
    """The transcript in the format asked for."""
    return _heard(context, "transcribe")


def translate(context: Context) -> Finished:
    """The same, in English."""
    return _heard(context, "translate")


def _heard(context: Context, task: str) -> Finished:
    checks.unbroken(context.answer)
    body, seconds = context.body, seconds_in(context.body)
    text = transcript.heard(context.answer, seconds, context.draw)
    usage, told = _usage(context, text, seconds)
    heard = Heard(text, seconds, task, body, told if task == "transcribe" else None, context.draw.child("segments"))
    form = body.get("response_format") or "json"
    if form in TEXT_FORMATS and not _streams(context):
        return Finished({"text": text}, usage, heard, content=(PLAIN, TEXT_FORMATS[form](heard).encode()))
    reply = JSON_FORMATS.get(form, plain_json)(heard)
    if context.model == _TELLS_LANGUAGES:
        reply["languages"] = _languages(body)
    if "logprobs" in (body.get("include") or ()):
        reply["logprobs"] = _scores(context, text)
    return Finished(reply, usage, heard)


def _languages(body: Mapping[str, Any]) -> list[JSON]:
    """The languages that were heard: those that the request expects, or English."""
    return [{"code": code} for code in body.get("languages") or [body.get("language") or "en"]]


def _usage(context: Context, text: str, seconds: float) -> tuple[Usage | None, JSON]:
    """What is billed, and how the reply tells it: Whisper costs by the second, the others by tokens."""
    if _is_whisper(context):
        return None, {"type": "duration", "seconds": math.ceil(seconds)}
    counter = tokens.tokenizer(context.model, context.models.encodings)
    prompt = counter.count(context.body.get("prompt") or "")
    read, written = heard_tokens(seconds) + prompt, counter.count(text)
    counted = Usage(read.tokens, written.tokens, prompt_method=read.method, completion_method=written.method)
    usage = context.billed(counted)
    return usage, transcript.token_usage(usage, text=prompt.tokens)


def _is_whisper(context: Context) -> bool:
    return context.model.startswith("whisper")


def _scores(context: Context, text: str) -> list[JSON]:
    encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
    entries = logprobs.entries(encoding, text, 0, context.draw.child("logprobs"))
    return [{name: entry[name] for name in ("token", "logprob", "bytes")} for entry in entries]


# --- streams ----------------------------------------------------------------------------------------------------------


def _streams(context: Context) -> bool:
    """Whisper does not stream, whatever is asked (openai/types/audio/transcription_create_params.py)."""
    return context.streamed and not _is_whisper(context)


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The text in pieces; with speakers, each sentence once it is complete; at last all of it, with the usage."""
    heard: Heard = finished.detail
    scores = finished.object.get("logprobs")
    if context.body.get("response_format") == "diarized_json":
        yield from _segments(context, heard)
    else:
        yield from _deltas(context, heard.text, scores)
    done = {"type": "transcript.text.done", "text": heard.text, "usage": heard.usage}
    if "languages" in finished.object:
        done["languages"] = finished.object["languages"]
    yield sse.event({**done, "logprobs": scores} if scores is not None else done)


def _segments(context: Context, heard: Heard) -> Iterator[bytes]:
    for segment, timed in zip(spoken(heard), heard.sentences, strict=True):
        yield from _deltas(context, timed.text, None, segment_id=segment["id"])
        yield sse.event(segment)


def _deltas(context: Context, text: str, scores: list[JSON] | None, **more: str) -> Iterator[bytes]:
    encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
    for piece, scored in scored_pieces(encoding, text, scores):
        delta = {"type": "transcript.text.delta", "delta": piece, **more}
        yield sse.event({**delta, "logprobs": scored} if scored is not None else delta)


# --- rules ------------------------------------------------------------------------------------------------------------


def _formats_of(model: str) -> tuple[str, ...]:
    """The formats that a model writes (`response_format` in openai/types/audio/transcription_create_params.py)."""
    if model == _DIARIZES:
        return ("json", "text", "diarized_json")
    if model.startswith("whisper"):
        return ("json", "text", "srt", "verbose_json", "vtt")
    return ("json", "text") if model.startswith("gpt-") else (*JSON_FORMATS, *TEXT_FORMATS)


def fits_model(context: Context) -> None:
    """The format, and the parameters that only some models take."""
    problem = _wrong_format(context) or _wrong_language(context) or _wrong_include(context) or _wrong_speakers(context)
    if problem:
        raise Refused(problem)


def _wrong_format(context: Context) -> Error | None:
    form, able = context.body.get("response_format") or "json", _formats_of(context.model)
    if form not in able:  # wording: ThinLineRadio#114
        instead = either([f"'{each}'" for each in able])
        message = f"response_format '{form}' is not compatible with model '{context.model}'. Use {instead} instead."
        return errors.invalid(message, param="response_format", code="unsupported_value")
    if context.body.get("timestamp_granularities") and form != "verbose_json":
        message = "timestamp_granularities requires response_format 'verbose_json'."
        return errors.invalid(message, param="timestamp_granularities", code="invalid_value")
    return None


def _wrong_language(context: Context) -> Error | None:
    language = context.body.get("language")
    if not language or _LANGUAGE.fullmatch(language):
        return None
    message = f"Invalid language '{language:.40}'. Language parameter must be specified in ISO-639-1 format."
    return errors.invalid(message, param="language", code="invalid_language_format")


def _wrong_include(context: Context) -> Error | None:
    model, form = context.model, context.body.get("response_format") or "json"
    if "logprobs" not in (context.body.get("include") or ()) or not is_openais(model):
        return None
    if _SCORED.fullmatch(model) and form == "json":
        return None
    message = f"include 'logprobs' is not compatible with model '{model}' and response_format '{form}'."
    return errors.invalid(message, param="include", code="unsupported_value")


def _wrong_speakers(context: Context) -> Error | None:
    """Speakers are told apart by one model, which takes no prompt."""
    body = context.body
    names, references = (body.get(f"known_speaker_{what}") or [] for what in ("names", "references"))
    guided = next(filter(body.get, _GUIDES), None)
    if guided and is_openais(context.model) and context.model != _TELLS_LANGUAGES:
        return errors.unsupported_parameter(guided)
    if context.model != _DIARIZES:
        given = next(filter(body.get, _SPEAKERS), None)
        return errors.unsupported_parameter(given) if given and is_openais(context.model) else None
    if body.get("prompt"):
        return errors.unsupported_parameter("prompt")
    if body.get("chunking_strategy") is None and seconds_in(body) > _LONG:  # wording: riffado#101
        message = "chunking_strategy is required for diarization models"
        return errors.invalid(message, param="chunking_strategy", code="invalid_value")
    if len(names) != len(references):
        message = f"Got {len(names)} known_speaker_names for {len(references)} known_speaker_references."
        return errors.invalid(message, param="known_speaker_names", code="invalid_value")
    return None


_GUIDES = ("keywords", "languages")
_SPEAKERS = ("known_speaker_names", "known_speaker_references")

_BOUNDS: Mapping[str, Range | Length] = {
    "model": Length(1, None),
    "temperature": Range(0.0, 1.0),
    "known_speaker_names": Items(0, 4),
    "known_speaker_references": Items(0, 4),
}
_KNOWN = frozenset({"chunking_strategy", "include", "stream", *_GUIDES, *_SPEAKERS})

TRANSCRIBE = Endpoint(
    "POST",
    "/audio/transcriptions",
    "audio.transcriptions",
    transcribe,
    events,
    streams=_streams,
    params="openai.types.audio.transcription_create_params:TranscriptionCreateParams",
    known=_KNOWN,
    bounds=_BOUNDS,
    rules=(fits_model, is_sound),
    kinds=frozenset({"text", "failure"}),
    read=forms.read,
)

TRANSLATE = replace(
    TRANSCRIBE,
    path="/audio/translations",
    resource="audio.translations",
    answer=translate,
    events=None,
    params="openai.types.audio.translation_create_params:TranslationCreateParams",
    known=frozenset(),
)
