"""What is heard in a sound: a text, and when each of its words and sentences was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from pytest_mockopenai.core import prose
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage

_TOKENS_A_SECOND = 3  # of made-up speech
_LONGEST = 200  # tokens of it
_SENTENCE = re.compile(r".+?(?:[.!?。！？]+(?=\s|$)|$)\s*", re.DOTALL)


class Timed(NamedTuple):
    """A piece of a text, and when it was said: seconds from the beginning."""

    text: str
    start: float
    end: float


def heard(answer: Answer | None, seconds: float, draw: Draw) -> str:
    """What the script says, or prose about as long as a sound of so many seconds."""
    said = answer or Answer()
    if said.text is not None:
        return said.text
    length = said.filler_tokens or min(_LONGEST, max(1, round(seconds * _TOKENS_A_SECOND)))
    return prose.filler(length, draw.child("transcript"))


def words(text: str, seconds: float) -> list[Timed]:
    """The words, which share the time by their length."""
    return _timed(text.split(), seconds)


def sentences(text: str, seconds: float) -> list[Timed]:
    """The sentences, each with the space after it, which share the time by their length."""
    return _timed(_SENTENCE.findall(text), seconds)


def _timed(pieces: Sequence[str], seconds: float) -> list[Timed]:
    total = sum(map(len, pieces)) or 1
    ends = [round(seconds * reached / total, 3) for reached in accumulate(map(len, pieces))]
    return [Timed(*each) for each in zip(pieces, [0.0, *ends], ends, strict=False)]


def token_usage(usage: Usage, *, text: int = 0) -> JSON:
    """Usage of a model that is billed by tokens, as transcriptions tell it; `text` of what is read are of a prompt."""
    text = min(text, usage.prompt_tokens)
    return {
        "type": "tokens",
        "total_tokens": usage.total_tokens,
        "input_tokens": usage.prompt_tokens,
        "input_token_details": {"text_tokens": text, "audio_tokens": usage.prompt_tokens - text},
        "output_tokens": usage.completion_tokens,
    }
