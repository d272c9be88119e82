"""The prompts of a legacy completion: one or many, as text or as token ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core import catalog, errors
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.tokens import Tokenizer

MAX_TOKENS = 16
"""Of a request that gives no `max_tokens` (OpenAI's reference of completions)."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: its text and its number of tokens."""

    text: str
    tokens: int


def prompts_of(context: Context, counter: Tokenizer) -> list[Prompt]:
    """The prompts in order; raises `Refused` for an unknown token id and for more tokens than the model holds."""
    prompts = [_read(given, counter) for given in _one_by_one(context.body["prompt"])]
    window = catalog.family(context.model).window
    longest, asked = max(prompt.tokens for prompt in prompts), limit_of(context)
    if window is not None and longest + asked > window:
        raise Refused(errors.prompt_too_long(window, longest, completion=asked))
    return prompts


def limit_of(context: Context) -> int:
    """The most tokens of one completion."""
    limit: int | None = context.body.get("max_tokens")
    return MAX_TOKENS if limit is None else limit


def _one_by_one(given: Any) -> list[Any]:
    """A text and a list of token ids are one prompt each; null is the start of a new document."""
    if given is None:
        return [""]
    return [given] if isinstance(given, str) or isinstance(given[0], int) else list(given)


def _read(given: str | list[int], counter: Tokenizer) -> Prompt:
    if isinstance(given, str):
        return Prompt(given, counter.length(given))
    try:
        return Prompt(counter.encoding.decode(given), len(given))
    except ValueError as error:
        raise Refused(errors.invalid(f"Invalid 'prompt': {error}", param="prompt")) from None
