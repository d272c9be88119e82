"""Text is cut where tiktoken's expressions cut it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.tokens.pretokenizer import pattern, split

ENCODINGS = ("cl100k_base", "o200k_base")


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None)
@given(text=st.text())
def test_pieces_join_to_the_text(encoding: str, text: str) -> None:
    pieces = split(pattern(encoding), text)
    assert "".join(pieces) == text
    assert all(pieces)


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        ("Hello world's", "Hello| world|'s", "Hello| world's"),
        ("HelloWorld", "HelloWorld", "Hello|World"),
        ("it'ſ", "it|'ſ", "it'ſ"),  # a long s is an s without case
        ("12345", "123|45", "123|45"),
        ("a  b", "a| | b", "a| | b"),
        ("a \n\n b", "a| \n\n| b", "a| \n\n| b"),
        ("tail  ", "tail|  ", "tail|  "),
        ("http://x", "http|://|x", "http|://|x"),
        (".../\n/", ".../\n|/", ".../\n/"),
        ("x\u200by", "x|\u200by", "x|\u200by"),  # ZERO WIDTH SPACE is no space
        ("x\x1cy", "x|\x1cy", "x|\x1cy"),  # nor is a separator control
        ("x\u3000\u3000y", "x|\u3000|\u3000y", "x|\u3000|\u3000y"),
        ("e\u0301a", "e|\u0301a", "e\u0301a"),  # a mark goes on a word in o200k only
        ("Привет, МИР", "Привет|,| МИР", "Привет|,| МИР"),
        ("中文English", "中文English", "中文English"),
        ("٣٤٥٦", "٣٤٥|٦", "٣٤٥|٦"),
        ("😀😀 x", "😀😀| x", "😀😀| x"),
    ],
)
def test_pieces(text: str, cl100k: str, o200k: str) -> None:
    assert split(pattern("cl100k_base"), text) == cl100k.split("|")
    assert split(pattern("o200k_base"), text) == o200k.split("|")
