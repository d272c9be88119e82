"""The tokens of a response. Every count is an estimate: what the models add to a conversation is not published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import sound
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.realtime.audio import Format, format_of, size_of
from pytest_mockopenai.tokens.audio import heard_tokens, output_tokens

_SPOKEN = ("input_audio", "output_audio")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens that a response is asked with, by their kind."""

    text: int
    audio: int
    image: int


def spent(context: Context, items: list[JSON], prompt: Prompt, *, reasoning: int = 0) -> Usage:
    """The usage of a response that consists of these items."""
    counter = tokens.tokenizer(context.model, context.models.encodings)
    written = [_written(item) for item in items]
    answer = tokens.responses_output(
        written, counter, tools_sent=bool(context.body.get("tools")), reasoning_tokens=reasoning
    )
    speed = context.body["audio"]["output"].get("speed") or 1.0
    spoken = sum(output_tokens(sound.seconds_for(text) / speed).tokens for text in _transcripts(items))
    return Usage(
        prompt_tokens=prompt.text + prompt.audio + prompt.image,
        completion_tokens=answer.tokens + spoken,
        reasoning_tokens=reasoning,
        audio_tokens=spoken,
        prompt_method="estimated",
        completion_method="estimated",
    )


def prompt_of(context: Context) -> Prompt:
    """The tokens of what a response is asked with: instructions, tools and items."""
    body = context.body
    counter = tokens.tokenizer(context.model, context.models.encodings)
    heard = sum(_sound_tokens(part, body) for part in _parts(body["input"]))
    silent = {**body, "input": [_without_sound(item) for item in body["input"]]}
    images = tokens.responses_input_of_kind(silent, counter, "image").tokens
    return Prompt(tokens.responses_input(silent, counter).tokens - images, heard, images)


def usage_json(usage: Usage, prompt: Prompt) -> JSON:
    """The `usage` of a response (openai/types/realtime/realtime_response_usage.py)."""
    return {
        "total_tokens": usage.total_tokens,
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "input_token_details": {
            "text_tokens": max(0, usage.prompt_tokens - prompt.audio - prompt.image),
            "audio_tokens": prompt.audio,
            "image_tokens": prompt.image,
            "cached_tokens": usage.cached_tokens,
            "cached_tokens_details": {"text_tokens": usage.cached_tokens, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {
            "text_tokens": max(0, usage.completion_tokens - usage.audio_tokens),
            "audio_tokens": usage.audio_tokens,
        },
    }


def seconds_of(part: Mapping[str, Any], form: Format) -> float:
    """How long a spoken part is: by its sound, or where it was not kept by its transcript."""
    if part.get("audio"):
        return form.seconds(size_of(part["audio"]))
    return sound.seconds_for(part["transcript"]) if part.get("transcript") else 0.0


def _sound_tokens(part: Mapping[str, Any], body: Mapping[str, Any]) -> int:
    if part["type"] == "input_audio":
        return heard_tokens(seconds_of(part, format_of(body["audio"]["input"]["format"]))).tokens
    if part["type"] == "output_audio":
        return output_tokens(seconds_of(part, format_of(body["audio"]["output"]["format"]))).tokens
    return 0


def _parts(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (part for item in items for part in item.get("content") or ())


def _transcripts(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (part["transcript"] for part in _parts(items) if part.get("transcript"))


def _without_sound(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if "content" not in item:
        return item
    return {**item, "content": [part for part in item["content"] if part["type"] not in _SPOKEN]}


def _written(item: JSON) -> JSON:
    """A spoken item as if it were written."""
    if "content" not in item:
        return item
    return {**item, "content": [{"type": "output_text", "text": _text(part)} for part in item["content"]]}


def _text(part: Mapping[str, Any]) -> str:
    return part.get("text") or part.get("transcript") or ""
