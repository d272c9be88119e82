"""What a model's name says about its tokens: the encoding, and the constants of its family."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

__all__ = ["Family", "ModelEncoding", "bare_name", "encoding_name", "family", "is_reasoning"]

_NO_OVERRIDES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ModelEncoding:
    """Name of an encoding, and whether it is only assumed because the model is unknown."""

    name: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Constants (tokens) that the API adds to the text it is sent and to the text it answers.

    `reply_primer`, the start of the reply that the prompt ends with, is 3 in OpenAI's cookbook ("How to count tokens
    with tiktoken"). Nothing else here is published: the numbers are what recorded replies of the API leave over, so
    a count that uses them is "modelled".
    """

    reasoning: bool = False
    reply_primer: int = 3
    chat_tools: int = 3  # beside the rendered definitions
    chat_tools_after_system: int = -1
    responses_tools: int = -3
    described_tools: int = 0  # once, if any tool has a description
    call_in_prompt: int = 7  # beside its name and arguments; one more in the Responses API
    call_in_answer: int = 7  # beside its name, arguments and the answer's own overhead
    chat_answer: int = 0  # beside visible and reasoning tokens
    responses_answer: int = 1
    responses_reasoned: int = 0  # once more if the answer was reasoned


_PLAIN = Family()
_GPT_4 = replace(_PLAIN, call_in_answer=4)
_O_SERIES = replace(_PLAIN, reasoning=True, reply_primer=2, chat_answer=13)
_GPT_5 = Family(
    reasoning=True,
    reply_primer=2,
    chat_tools=84,
    chat_tools_after_system=84,
    responses_tools=2,
    described_tools=1,
    call_in_prompt=13,
    chat_answer=9,
    responses_answer=4,
    responses_reasoned=2,
)
_GPT_5_5 = replace(_GPT_5, chat_answer=3)
_GPT_5_4 = replace(_GPT_5_5, responses_tools=15)

# Patterns of a whole bare name; the first that matches counts.
_FAMILIES: Final[tuple[tuple[str, Family], ...]] = (
    (r".*-chat(-.*)?", _PLAIN),
    (r"gpt-4(-32k)?(-0314|-0613)?", _GPT_4),
    (r"gpt-5(\.1)?(-.*)?", _GPT_5),
    (r"gpt-5\.5(-.*)?", _GPT_5_5),
    (r"gpt-([5-9]|1\d)\b.*", _GPT_5_4),
    (r"o\d+(-.*)?|codex-mini.*|computer-use.*|gpt-oss.*|gpt-(daybreak|rosalind).*", _O_SERIES),
)
_ENCODINGS: Final[tuple[tuple[str, str], ...]] = (
    (r"(gpt-(3\.5|35|4)|text-embedding|davinci-002|babbage-002)(-.*)?", "cl100k_base"),
    (r"(gpt-(4o|4\.1|4\.5|5|5\.\d+)|chatgpt-4o|o[134])(-.*)?", "o200k_base"),
    (r"gpt-oss(-.*)?", "o200k_harmony"),
)
_NEWEST_ENCODING: Final = "o200k_base"


def encoding_name(model: str, overrides: Mapping[str, str] = _NO_OVERRIDES) -> ModelEncoding:
    """Encoding of a model; `overrides` (model -> encoding) go first, an unknown model is assumed to use o200k_base.

    Known are the models of tiktoken 0.14 and those whose recorded counts agree. Nothing is public about gpt-6.
    """
    chosen = overrides.get(model) or overrides.get(bare_name(model))
    return ModelEncoding(chosen, assumed=False) if chosen else _encoding_of(bare_name(model))


def family(model: str) -> Family:
    """Counting constants of a model; an unknown one has those of gpt-4o."""
    return _family_of(bare_name(model))


def is_reasoning(model: str) -> bool:
    """Whether the model spends reasoning tokens: the o-series, gpt-5 and later, codex, gpt-oss; not `*-chat-latest`."""
    return family(model).reasoning


def bare_name(model: str) -> str:
    """The model without provider, `ft:` and suffix: `openai/ft:gpt-4o-mini:acme::id` is `gpt-4o-mini`."""
    name = model.strip().lower().rsplit("/", 1)[-1].removeprefix("openai.")
    return name.removeprefix("ft:").split(":", 1)[0]


@lru_cache(256)
def _encoding_of(name: str) -> ModelEncoding:
    known = (encoding for pattern, encoding in _ENCODINGS if re.fullmatch(pattern, name))
    encoding = next(known, None)
    return ModelEncoding(encoding or _NEWEST_ENCODING, assumed=encoding is None)


@lru_cache(256)
def _family_of(name: str) -> Family:
    return next((found for pattern, found in _FAMILIES if re.fullmatch(pattern, name)), _PLAIN)
