"""Exact, offline token counts by OpenAI's own vocabularies; nothing is read or imported before the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mockopenai.tokens.bpe import ENCODINGS, Encoding, load
    from pytest_mockopenai.tokens.chat import chat_completion, chat_prompt, chat_prompt_of_kind
    from pytest_mockopenai.tokens.count import Count, Method, Tokenizer, inputs_of, text_input, tokenizer
    from pytest_mockopenai.tokens.images import image_size, image_tokens
    from pytest_mockopenai.tokens.models import ModelEncoding, encoding_name, is_reasoning
    from pytest_mockopenai.tokens.pictures import drawn_tokens, seen_tokens
    from pytest_mockopenai.tokens.responses import (
        responses_input,
        responses_input_of_kind,
        responses_output,
    )
    from pytest_mockopenai.tokens.text import (
        TokenText,
        alternatives,
        stream_pieces,
        take,
        token_groups,
        token_texts,
    )

__all__ = [
    "ENCODINGS",
    "Count",
    "Encoding",
    "Method",
    "ModelEncoding",
    "TokenText",
    "Tokenizer",
    "alternatives",
    "chat_completion",
    "chat_prompt",
    "chat_prompt_of_kind",
    "drawn_tokens",
    "encoding_name",
    "image_size",
    "image_tokens",
    "inputs_of",
    "is_reasoning",
    "load",
    "responses_input",
    "responses_input_of_kind",
    "responses_output",
    "seen_tokens",
    "stream_pieces",
    "take",
    "text_input",
    "token_groups",
    "token_texts",
    "tokenizer",
]

_MODULES = ("bpe", "chat", "count", "images", "models", "pictures", "responses", "text")


def __getattr__(name: str) -> object:
    """A public name, from the module that has it in its `__all__`."""
    from importlib import import_module

    if name in __all__:
        for module in map(import_module, (f"{__name__}.{each}" for each in _MODULES)):
            if name in module.__all__:
                found = globals()[name] = getattr(module, name)
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
