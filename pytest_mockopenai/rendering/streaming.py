"""A text cut into the pieces of its stream, each with the log probabilities of its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pytest_mockopenai import tokens
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.tokens import Encoding


def scored_pieces(
    encoding: Encoding, text: str | None, entries: list[JSON] | None
) -> Iterator[tuple[str, list[JSON] | None]]:
    """The pieces, nearly always a token each; None in the place of entries if there are none for the text."""
    rest = iter(entries or ())
    for group in tokens.token_groups(encoding, text or ""):
        yield b"".join(group).decode(), list(islice(rest, len(group))) if entries else None
