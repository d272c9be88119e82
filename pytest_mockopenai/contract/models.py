"""The model names that the installed SDK lists in its types."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, get_args

_LISTS = (
    "openai.types.shared.chat_model:ChatModel",
    "openai.types.shared.all_models:AllModels",
    "openai.types.embedding_model:EmbeddingModel",
    "openai.types.moderation_model:ModerationModel",
    "openai.types.audio_model:AudioModel",
    "openai.types.audio.speech_model:SpeechModel",
    "openai.types.image_model:ImageModel",
)
_REALTIME = (
    "openai.types.realtime.realtime_session_create_request:RealtimeSessionCreateRequest",
    "openai.types.realtime.audio_transcription:AudioTranscription",
)
"""Classes that list models inline, in their field `model`."""
_COMPLETION_MODELS = (
    "gpt-3.5-turbo-instruct",
    "davinci-002",
    "babbage-002",
)  # openai/resources/completions.py lists them inline


@cache
def sdk_models() -> tuple[str, ...]:
    """All names, each once, in the SDK's order; lists that the installed SDK lacks are left out."""
    names = [name for path in _LISTS for name in _names(path)]
    inline = [name for path in _REALTIME for name in _names_of_field(path)]
    return tuple(dict.fromkeys((*names, *inline, *_COMPLETION_MODELS)))


def _names(path: str) -> list[str]:
    return _literals(_found(path))


def _names_of_field(path: str) -> list[str]:
    fields = getattr(_found(path), "model_fields", {})
    return _literals(fields["model"].annotation) if "model" in fields else []


def _found(path: str) -> Any:
    """What the SDK has under this name; None if it has not."""
    module, _, attribute = path.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return None


def _literals(annotation: Any) -> list[str]:
    """The strings of a Literal, or of the Literals of a union."""
    return [name for part in get_args(annotation) for name in ([part] if isinstance(part, str) else _literals(part))]
