"""What the model is given in one response: items from before, those of the request, and how many tokens they are."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mockopenai import tokens
from pytest_mockopenai.core import catalog, errors
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.endpoints.responses import history
from pytest_mockopenai.tokens import Count, Tokenizer


@dataclass(frozen=True, slots=True)
class Turn:
    """`before` are the items that the request goes on from, `given` its own; `input` counts both, and the tools."""

    before: tuple[JSON, ...]
    given: tuple[JSON, ...]
    input: Count
    counter: Tokenizer

    @property
    def items(self) -> tuple[JSON, ...]:
        """All items, oldest first."""
        return (*self.before, *self.given)


def turn_of(context: Context) -> Turn:
    """The turn that a request asks for; raises `Refused` if the model has no room for it and it may not be shortened.

    `truncation: auto` drops items from the beginning of the conversation until the rest fits.
    """
    counter = tokens.tokenizer(context.model, context.models.encodings)
    before, own = context.history, history.given(context)
    counted = count_input(context, (*before, *own), counter)
    while _too_long(context, counted.tokens):
        if context.body.get("truncation") != "auto" or not before:
            raise Refused(errors.input_too_long())
        before = before[max(1, len(before) // 8) :]
        counted = count_input(context, (*before, *own), counter)
    return Turn(before, own, counted, counter)


def count_input(context: Context, items: tuple[JSON, ...], counter: Tokenizer) -> Count:
    """The tokens of a request with these items as its input."""
    return tokens.responses_input({**context.body, "input": items}, counter)


def _too_long(context: Context, count: int) -> bool:
    window = catalog.family(context.model).window
    return window is not None and count + (context.body.get("max_output_tokens") or 0) > window
