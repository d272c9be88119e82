"""A number of tokens together with how it was found; and the counts of bare text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

from pytest_mockopenai.tokens import bpe, models

__all__ = ["Count", "Method", "Tokenizer", "estimated", "exact", "inputs_of", "modelled", "text_input", "tokenizer"]

Method = Literal["exact", "modelled", "estimated"]
_RANK: Final[Mapping[Method, int]] = MappingProxyType({"exact": 0, "modelled": 1, "estimated": 2})


@dataclass(frozen=True, slots=True)
class Count:
    """A number of tokens, and the method behind it.

    "exact": text alone, by the real vocabulary and the rule for messages that OpenAI published. "modelled": rules
    that were measured on recorded replies of the API, right or a few tokens off. "estimated": the true number hangs
    on what nobody outside OpenAI can know.
    """

    tokens: int
    method: Method = "exact"

    def __add__(self, other: Count) -> Count:
        worse = other.method if _RANK[other.method] > _RANK[self.method] else self.method
        return Count(self.tokens + other.tokens, worse)


def exact(tokens: int) -> Count:
    """A count by published rules."""
    return Count(tokens, "exact")


def modelled(tokens: int) -> Count:
    """A count by rules measured on recorded replies."""
    return Count(tokens, "modelled")


def estimated(tokens: int) -> Count:
    """A count that may be far off."""
    return Count(tokens, "estimated")


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """How the tokens of one model are counted; get it from `tokenizer`."""

    model: str
    encoding: bpe.Encoding
    family: models.Family
    assumed: bool  # the encoding, because the model is unknown

    def length(self, text: str) -> int:
        """Number of tokens of the text."""
        return self.encoding.count(text)

    def count(self, text: str) -> Count:
        """Tokens of the text: exact, or estimated for a model whose encoding is assumed."""
        return self.of(self.encoding.count(text))

    def of(self, tokens: int) -> Count:
        """A number of text tokens as a `Count`: exact, or estimated for a model whose encoding is assumed."""
        return estimated(tokens) if self.assumed else exact(tokens)


def tokenizer(model: str, overrides: Mapping[str, str] = MappingProxyType({})) -> Tokenizer:
    """Tokenizer of a model; `overrides` maps a model to its encoding. `ValueError` if that is no encoding."""
    return _tokenizer(model, models.encoding_name(model, overrides))


@lru_cache(256)
def _tokenizer(model: str, encoding: models.ModelEncoding) -> Tokenizer:
    return Tokenizer(model, bpe.load(encoding.name), models.family(model), encoding.assumed)


def inputs_of(value: Any) -> list[Any]:
    """The inputs one by one of what `text_input` counts: a text and a list of token ids are one input each."""
    return [value] if isinstance(value, str) or (value and isinstance(value[0], int)) else list(value)


def text_input(value: object, counter: Tokenizer) -> Count:
    """Tokens of the `input` of embeddings or the `prompt` of legacy completions.

    It is a text, a list of texts, a list of token ids (each is one token) or a list of such lists.
    """
    if isinstance(value, str):
        return counter.count(value)
    if isinstance(value, Sequence):
        return sum((text_input(part, counter) for part in value), exact(0))
    return exact(1 if isinstance(value, int) else 0)
