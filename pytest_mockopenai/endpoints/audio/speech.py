"""POST /audio/speech: a real file as long as it would take to say the text. What is in it is a tone, or silence."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, sound, sse
from pytest_mockopenai.core.bounds import Length, Range, check_bounds
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.tokens.audio import output_tokens

_VOICES = (
    *("alloy", "echo", "fable", "onyx", "nova", "shimmer", "coral", "verse", "ballad", "ash", "sage"),
    *("marin", "cedar"),
)
_OLD_VOICES = ("nova", "shimmer", "echo", "onyx", "fable", "alloy", "ash", "sage", "coral")
_OLD = frozenset({"tts-1", "tts-1-hd", "tts-1-1106", "tts-1-hd-1106"})
_NEW = "gpt-4o-mini-tts"
_LONGEST = 4096  # characters of `input` (openai/types/audio/speech_create_params.py)

_LOW, _STEP = 150, 20  # hertz: each voice has a tone of its own
_SMALLEST, _MOST = 4096, 256  # bytes of a piece of a stream, and how many of them there are at most


def create(context: Context) -> Finished:
    """The sound; tokens are counted for the models that are billed by them."""
    checks.unbroken(context.answer)
    body, form = context.body, context.body.get("response_format") or "mp3"
    seconds = max(0.1, min(sound.LONGEST, sound.seconds_for(body["input"]) / (body.get("speed") or 1.0)))
    data = sound.synthesize(seconds, form, pitch=_pitch(body["voice"]))
    kind = sound.content_type(form)
    usage = None if context.model in _OLD else _usage(context, seconds)
    made = {"content_type": kind, "bytes": len(data), "seconds": round(seconds, 3)}
    return Finished(made, usage, data, content=None if _is_sse(body) else (kind, data))


def _usage(context: Context, seconds: float) -> Usage:
    counter = tokens.tokenizer(context.model, context.models.encodings)
    read = counter.count(context.body["input"]) + counter.count(context.body.get("instructions") or "")
    spoken = output_tokens(seconds)
    return context.billed(
        Usage(
            prompt_tokens=read.tokens,
            completion_tokens=spoken.tokens,
            audio_tokens=spoken.tokens,
            prompt_method=read.method,
            completion_method=spoken.method,
        )
    )


def _pitch(voice: Any) -> float:
    return _LOW + _STEP * (_VOICES.index(voice) if voice in _VOICES else len(_VOICES))


def _is_sse(body: Mapping[str, Any]) -> bool:
    return bool(body.get("stream_format") == "sse")


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The sound in pieces, as it is or as `speech.audio.delta` and at last `speech.audio.done` with the usage."""
    data: bytes = finished.detail
    step = max(_SMALLEST, -(-len(data) // _MOST))
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    if finished.content is not None:
        yield from pieces
        return
    for piece in pieces:
        yield sse.event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
    yield sse.event({"type": "speech.audio.done", "usage": _usage_json(finished.usage or Usage())})


def _usage_json(usage: Usage) -> JSON:
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def fits_model(context: Context) -> None:
    """Text, voice and stream as this model takes them; a model that nobody knows takes any voice."""
    body, model = context.body, context.model
    problem = _old_problem(body, model) if model in _OLD else check_bounds({"input": Length(1, _LONGEST)}, body)
    voice = body["voice"]
    if problem is None and model.startswith(_NEW) and isinstance(voice, str) and voice not in _VOICES:
        problem = errors.invalid_value("voice", voice, _VOICES)  # wording: mulmocast-cli#476
    if problem:
        raise Refused(problem)


def _old_problem(body: Mapping[str, Any], model: str) -> Error | None:
    """The older models are checked by pydantic, whose findings the API shows as they are (openai-node#1284)."""
    text, voice = body["input"], body["voice"]
    if voice not in _OLD_VOICES:
        names = [f"'{name}'" for name in _OLD_VOICES]
        expected = f"{', '.join(names[:-1])} or {names[-1]}"
        return _found("enum", "voice", f"Input should be {expected}", voice, {"expected": expected})
    if not text:
        return _found("string_too_short", "input", "String should have at least 1 character", text, {"min_length": 1})
    if len(text) > _LONGEST:
        message = f"String should have at most {_LONGEST} characters"
        return _found("string_too_long", "input", message, text, {"max_length": _LONGEST})
    if _is_sse(body):
        message = f"stream_format 'sse' is not compatible with model '{model}'. Use 'audio' instead."
        return errors.invalid(message, param="stream_format", code="unsupported_value")
    return None


def _found(kind: str, name: str, message: str, given: object, limits: Mapping[str, object]) -> Error:
    finding = {"type": kind, "loc": ("body", name), "msg": message, "input": given, "ctx": dict(limits)}
    return errors.invalid(str([finding]))


def _always(_: Context) -> bool:
    return True


BOUNDS: Mapping[str, Range | Length] = {"model": Length(1, None), "speed": Range(0.25, 4.0)}
_KNOWN: Sequence[str] = ("instructions", "stream_format")

SPEECH = Endpoint(
    "POST",
    "/audio/speech",
    "audio.speech",
    create,
    events,
    streams=_always,
    params="openai.types.audio.speech_create_params:SpeechCreateParams",
    known=frozenset(_KNOWN),
    bounds=BOUNDS,
    rules=(fits_model,),
    kinds=frozenset({"failure"}),
)
