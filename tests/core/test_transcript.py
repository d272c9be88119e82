"""When the pieces of a text were said: all of it, in order, without gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import transcript
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.core.usage import Usage

TEXTS = st.text(alphabet="ab .!?\n。é", max_size=60)


@given(TEXTS, st.floats(0.1, 5000))
def test_sentences_are_the_text_from_begin_to_end(text: str, seconds: float) -> None:
    pieces = transcript.sentences(text, seconds)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.start for piece in pieces] == [0.0, *(piece.end for piece in pieces)][: len(pieces)]
    if pieces:
        assert pieces[-1].end == round(seconds, 3)


@given(TEXTS, st.floats(0.1, 5000))
def test_words_are_in_order(text: str, seconds: float) -> None:
    pieces = transcript.words(text, seconds)
    assert [piece.text for piece in pieces] == text.split()
    assert all(piece.start <= piece.end for piece in pieces)


def test_what_is_heard() -> None:
    draw = draw_for(1)
    assert transcript.heard(Answer(text="Hi"), 5, draw) == "Hi"
    assert len(transcript.heard(Answer(filler_tokens=70), 5, draw).split()) > 40
    assert transcript.heard(None, 5, draw) == transcript.heard(Answer(), 5, draw)


def test_usage() -> None:
    told = transcript.token_usage(Usage(10, 3), text=4)
    assert told["input_token_details"] == {"text_tokens": 4, "audio_tokens": 6}
    assert told["total_tokens"] == 13
