"""What each image model can do: prompts, numbers, sizes, qualities, parameters.

Facts of the docstrings of openai/types/image_generate_params.py and image_edit_params.py, of versions 1.66 to 3.57. A
model that none of them names, such as a gateway's own, can do everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GPT_ONLY = frozenset(
    {
        *("background", "complexity", "frame_count", "frame_duration_ms", "input_fidelity", "markup", "moderation"),
        *("output_compression", "output_format", "partial_images", "stream", "svg"),
    }
)
"""Parameters that the DALL-E models do not know."""

_DALL_E_ONLY = frozenset({"response_format", "style"})


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model.

    `prompt` is the most characters of a prompt, `most` the most pictures of one call. `sizes` and `qualities` are those
    it takes beside `auto`, the first ones being what it makes of that; no sizes: any, in steps of 16 pixels or `free`.
    `refused` are the parameters it does not know. With `by_url` pictures are sent as links unless asked otherwise.
    One that `rewrites` says which prompt it made of the one it got.
    """

    prompt: int
    most: int
    sizes: tuple[str, ...]
    qualities: tuple[str, ...]
    refused: frozenset[str] = frozenset()
    by_url: bool = False
    free: bool = False
    rewrites: bool = False

    @property
    def is_gpt(self) -> bool:
        """Whether it is a GPT Image model, or may be one."""
        return not self.by_url


_GPT_SIZES = ("1024x1024", "1024x1536", "1536x1024")
_GPT_QUALITIES = ("high", "medium", "low")
_DALL_E_2 = Family(1000, 10, ("1024x1024", "256x256", "512x512"), ("standard",), GPT_ONLY | {"style"}, by_url=True)
_DALL_E_3 = Family(
    4000, 1, ("1024x1024", "1024x1792", "1792x1024"), ("standard", "hd"), GPT_ONLY, by_url=True, rewrites=True
)
_GPT_1 = Family(32_000, 10, _GPT_SIZES, _GPT_QUALITIES, _DALL_E_ONLY)
_GPT_2 = Family(32_000, 10, (), _GPT_QUALITIES, _DALL_E_ONLY)
_GPT_2_5 = Family(32_000, 10, (), (*_GPT_QUALITIES, "xhigh", "max"), _DALL_E_ONLY)
_ANY = Family(32_000, 10, (), (*_GPT_QUALITIES, "xhigh", "max", "standard", "hd"), free=True)

# Patterns of a whole name in lower case; the first that matches counts. A deployment of Azure is often named `dalle3`.
_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"dall-?e-?2", _DALL_E_2),
    (r"dall-?e-?3", _DALL_E_3),
    (r"gpt-image-1(\.5)?(-.*)?|chatgpt-image-latest", _GPT_1),
    (r"gpt-image-2(-.*)?", _GPT_2),
    (r"gpt-image-.*", _GPT_2_5),
)


def model_of(body: Mapping[str, Any]) -> str:
    """The model asked for; without one dall-e-2, or gpt-image-1 if a parameter is its alone (the API's old default)."""
    gpt_only = any(body.get(name) is not None for name in GPT_ONLY)
    return body.get("model") or ("gpt-image-1" if gpt_only else "dall-e-2")


def family_of(body: Mapping[str, Any]) -> Family:
    """What the model that a request asks for can do."""
    name = model_of(body).rpartition("/")[2].lower()
    return next((family for pattern, family in _FAMILIES if re.fullmatch(pattern, name)), _ANY)


def sends_url(body: Mapping[str, Any]) -> bool:
    """Whether pictures are sent as links."""
    asked = body.get("response_format")
    return asked == "url" if asked else family_of(body).by_url
