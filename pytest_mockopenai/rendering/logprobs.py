"""Log probabilities: a text's true tokens and bytes, with made-up but consistent numbers."""

from __future__ import annotations

from pytest_mockopenai import tokens
from pytest_mockopenai.core import scoring
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.tokens import Encoding, TokenText


def entries(encoding: Encoding, text: str, top: int, draw: Draw) -> list[JSON]:
    """An entry for each token of a text, with the `top` likeliest tokens in its place, the said one first."""
    shown = tokens.token_texts(encoding, text)
    return [_entry(encoding, token, top, draw.child(place)) for place, token in enumerate(shown)]


def _entry(encoding: Encoding, token: TokenText, top: int, draw: Draw) -> JSON:
    def others(seed: int) -> list[TokenText]:
        return tokens.alternatives(encoding, token.data, top - 1, seed=seed) if top > 1 else []

    shown = [_shown(other, logprob) for other, logprob in scoring.scored(token, draw, others)]
    return {**shown[0], "top_logprobs": shown if top else []}


def _shown(token: TokenText, logprob: float) -> JSON:
    return {"token": token.text, "logprob": logprob, "bytes": list(token.data)}
