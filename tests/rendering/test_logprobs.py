"""Log probabilities and pieces of a text: its true tokens, the same in a stream as in the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import tokens
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.rendering.logprobs import entries
from pytest_mockopenai.rendering.streaming import scored_pieces

ENCODING = tokens.tokenizer("gpt-4o").encoding
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXT, st.integers(0, 20))
def test_entries_are_the_text_s_tokens(text: str, top: int) -> None:
    made = entries(ENCODING, text, top, draw_for(0))
    assert b"".join(bytes(entry["bytes"]) for entry in made) == text.encode()
    for entry in made:
        assert len(entry["top_logprobs"]) == top
        assert all(other["logprob"] <= entry["logprob"] <= 0 for other in entry["top_logprobs"])
        assert len({tuple(other["bytes"]) for other in entry["top_logprobs"]}) == top


@given(TEXT)
def test_pieces_carry_all_entries(text: str) -> None:
    made = entries(ENCODING, text, 2, draw_for(0))
    pieces = list(scored_pieces(ENCODING, text, made))
    assert "".join(piece for piece, _ in pieces) == text
    assert [entry for _, scored in pieces for entry in scored or ()] == made
    assert [piece for piece, scored in scored_pieces(ENCODING, text, None) if scored is not None] == []
