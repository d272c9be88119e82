"""The prompts of a legacy completion: one or many, as text or as token ids."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mockopenai import tokens
from pytest_mockopenai.core import catalog, errors
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.tokens import Count, Tokenizer

MAX_TOKENS = 16
"""Of a request that gives no `max_tokens` (OpenAI's reference of completions)."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: its text and its tokens."""

    text: str
    count: Count


def prompts_of(context: Context, counter: Tokenizer) -> list[Prompt]:
    """The prompts in order; raises `Refused` for an unknown token id and for more tokens than the model holds."""
    given = context.body["prompt"]
    one_by_one = [[]] if given is None else tokens.inputs_of(given)  # null is the start of a new document
    prompts = [_read(one, counter) for one in one_by_one]
    window = catalog.family(context.model).window
    longest, asked = max(prompt.count.tokens for prompt in prompts), limit_of(context)
    if window is not None and longest + asked > window:
        raise Refused(errors.prompt_too_long(window, longest, completion=asked))
    return prompts


def limit_of(context: Context) -> int:
    """The most tokens of one completion."""
    limit: int | None = context.body.get("max_tokens")
    return MAX_TOKENS if limit is None else limit


def _read(given: str | list[int], counter: Tokenizer) -> Prompt:
    try:
        text = given if isinstance(given, str) else counter.encoding.decode(given)
    except ValueError as error:
        raise Refused(errors.invalid(f"Invalid 'prompt': {error}", param="prompt")) from None
    return Prompt(text, tokens.text_input(given, counter))
