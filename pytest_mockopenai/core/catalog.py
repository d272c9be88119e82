"""What is known about models by their names: context window, reasoning, and which parameters they refuse.

Windows are those of OpenAI's model pages (platform.openai.com/docs/models); a model that is not listed has none here,
and then no prompt is too long for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import draw_for


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose names start alike.

    `window` (prompt and answer) and `output` (answer) in tokens. `reasons`: whether they think before they speak;
    `default_effort`: the `reasoning_effort` of a request that gives none. `legacy`: whether legacy completions serve
    it.
    """

    prefix: str
    window: int | None = None
    output: int | None = None
    reasons: bool = False
    default_effort: str = "medium"
    legacy: bool = False


_FAMILIES = (
    Family("babbage-002", 16_384, 16_384, legacy=True),
    Family("davinci-002", 16_384, 16_384, legacy=True),
    Family("gpt-3.5-turbo-instruct", 4_096, 4_096, legacy=True),
    Family("gpt-3.5-turbo", 16_385, 4_096),
    Family("gpt-4-32k", 32_768, None),
    Family("gpt-4-turbo", 128_000, 4_096),
    Family("gpt-4-1106", 128_000, 4_096),
    Family("gpt-4-0125", 128_000, 4_096),
    Family("gpt-4-vision", 128_000, 4_096),
    Family("gpt-4.1", 1_047_576, 32_768),
    Family("gpt-4.5", 128_000, 16_384),
    Family("gpt-4o", 128_000, 16_384),
    Family("chatgpt-4o", 128_000, 16_384),
    Family("gpt-4", 8_192, 8_192),
    Family("gpt-5-chat", 128_000, 16_384),
    Family("gpt-5.1-chat", 128_000, 16_384),
    Family("gpt-5.2-chat", 128_000, 16_384),
    Family("gpt-5.3-chat", 128_000, 16_384),
    Family("gpt-5.", 400_000, 128_000, reasons=True, default_effort="none"),
    Family("gpt-5", 400_000, 128_000, reasons=True),
    Family("o1-mini", 128_000, 65_536, reasons=True),
    Family("o1-preview", 128_000, 32_768, reasons=True),
    Family("o1", 200_000, 100_000, reasons=True),
    Family("o3", 200_000, 100_000, reasons=True),
    Family("o4", 200_000, 100_000, reasons=True),
)
_UNKNOWN = Family("")
_EFFORT_TOKENS = {"none": 0, "minimal": 0, "low": 64, "medium": 128, "high": 256, "xhigh": 512}


@lru_cache(256)
def family(model: str) -> Family:
    """The family of a model name; a fine-tuned model is of its base's, `provider/model` of the model's."""
    base = model.rpartition("/")[2].removeprefix("ft:")
    known = (family for family in _FAMILIES if base.startswith(family.prefix))
    return max(known, key=lambda family: len(family.prefix), default=_UNKNOWN)


def is_chat_only(model: str) -> bool:
    """Whether legacy completions refuse the model; they serve one that is not listed."""
    kind = family(model)
    return kind is not _UNKNOWN and not kind.legacy


@lru_cache(256)
def system_fingerprint(model: str) -> str:
    """The `system_fingerprint` of a model's replies: always the same."""
    return "fp_" + draw_for(0, "fingerprint", model).hex(10)


def never_reasons(model: str) -> bool:
    """Whether the model is known not to reason."""
    kind = family(model)
    return kind is not _UNKNOWN and not kind.reasons


@lru_cache(256)
def has_phases(model: str) -> bool:
    """Whether the model's messages have a `phase`: those of gpt-5.3 and later (ResponseOutputMessage.phase)."""
    version = _VERSION.match(model.rpartition("/")[2].removeprefix("ft:"))
    return version is not None and (int(version[1]), int(version[2] or 0)) >= (5, 3) and "chat" not in model


_VERSION = re.compile(r"gpt-(\d{1,3})(?:\.(\d{1,3}))?(?![\d.])")


def effort(model: str, asked: object) -> str:
    """The reasoning effort in force: what the request asks, or the model's default.

    `none` for a model that is known not to reason, and for an unknown one that is not asked to.
    """
    kind = family(model)
    if isinstance(asked, str) and not never_reasons(model):
        return asked
    return kind.default_effort if kind.reasons else "none"


def reasoning_tokens(model: str, asked: object) -> int:
    """How many tokens a made-up answer spends on reasoning; multiples of 64, as recorded of gpt-5."""
    return _EFFORT_TOKENS.get(effort(model, asked), 128)


def too_many_tokens(body: Mapping[str, Any], model: str, prompt: int) -> Error | None:
    """The 400 for a prompt, or a limit of completion tokens, that the model has no room for; or None."""
    kind = family(model)
    name = next((name for name in ("max_completion_tokens", "max_tokens") if body.get(name) is not None), "max_tokens")
    asked = body.get(name) or 0
    if kind.output is not None and asked > kind.output:
        return errors.limit_too_large(name, asked, kind.output)
    if kind.window is not None and prompt + asked > kind.window:
        return errors.context_length_exceeded(kind.window, prompt, completion=asked)
    return None


def refused_parameter(body: Mapping[str, Any], model: str) -> Error | None:
    """The 400 for a parameter that a reasoning model does not take in chat, or None.

    Source: OpenAI's reasoning guide ("limitations") and model pages: `max_tokens` never; sampling parameters only at
    their defaults, unless the effort is `none`.
    """
    if not family(model).reasons:
        return None
    if body.get("max_tokens") is not None:
        return errors.unsupported_parameter("max_tokens", "max_completion_tokens")
    if effort(model, body.get("reasoning_effort")) == "none":
        return None
    for name, default in _ONLY_DEFAULT.items():
        if body.get(name) is not None and body[name] != default:
            return errors.unsupported_value(name, body[name], default)
    refused = next((name for name in ("logprobs", "top_logprobs", "logit_bias") if body.get(name)), None)
    return errors.unsupported_parameter(refused) if refused else None


_ONLY_DEFAULT: Mapping[str, float] = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
