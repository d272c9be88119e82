"""`mockopenai words`: the vocabulary, as people or programs read it."""

from __future__ import annotations

import inspect
import json
import textwrap

import pytest_mockopenai.core.words  # noqa: F401 - fills the vocabulary
from pytest_mockopenai.core.word import VOCABULARY


def show(*, as_json: bool = False) -> int:
    """Prints every word with its parameters and what it does."""
    found = [{"word": name, "parameters": parameters(name), "does": does(name)} for name in VOCABULARY]
    print(json.dumps(found, indent=2) if as_json else "\n".join(map(_entry, VOCABULARY)))
    return 0


def _entry(name: str) -> str:
    text = textwrap.fill(does(name), 100, initial_indent="    ", subsequent_indent="    ")
    return f"{';'.join([name.replace('_', '-'), *parameters(name)])}\n{text}"


def parameters(name: str) -> list[str]:
    """The parameters of a word, with their defaults, as a header or a file spells them."""
    return [_spelt(item) for item in inspect.signature(VOCABULARY[name]).parameters.values()]


def _spelt(item: inspect.Parameter) -> str:
    if item.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
        return "..."
    return item.name if item.default in (item.empty, None) else f"{item.name}={json.dumps(item.default)}"


def does(name: str) -> str:
    """What a word does, in one paragraph."""
    return " ".join((VOCABULARY[name].__doc__ or "").split())
