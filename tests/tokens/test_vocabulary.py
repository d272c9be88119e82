"""The data files are OpenAI's vocabularies, to the byte, and the character classes of Unicode 16."""

from __future__ import annotations

import runpy
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_mockopenai.tokens import vocabulary

TOOL = Path(__file__).parents[2] / "tools" / "build_vocabulary.py"


@pytest.fixture(scope="module")
def tool() -> SimpleNamespace:
    """The functions of tools/build_vocabulary.py."""
    return SimpleNamespace(**runpy.run_path(str(TOOL)))


@pytest.mark.parametrize(("encoding", "size"), [("cl100k_base", 100_256), ("o200k_base", 199_998)])
def test_expands_to_the_file_that_tiktoken_pins(tool: SimpleNamespace, encoding: str, size: int) -> None:
    tokens = vocabulary.tokens(encoding)
    assert len(tokens) == len(set(tokens)) == size
    assert tool.encoding_name(tool.expand(tokens)) == encoding


def test_a_packed_file_is_read_back(tool: SimpleNamespace) -> None:
    tokens = [bytes([byte]) for byte in range(256)] + [b"  ", b"x" * 255]
    assert tool.parse(tool.expand(tokens)) == tokens
    assert vocabulary.unpack(tool.pack(tokens)) == tokens


def test_the_tool_refuses_other_files(tool: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match=r"none of those that tiktoken pins \(cl100k_base 223921b7\.\.\., o200k"):
        tool.encoding_name(b"IQ== 0\n")
    with pytest.raises(ValueError, match="ranks are not 0, 1, 2"):
        tool.parse(b"IQ== 0\nIg== 2\n")


def test_classes_are_disjoint_and_hold_known_characters() -> None:
    classes = vocabulary.character_classes()
    found = {name: {code for codes in ranges for code in codes} for name, ranges in classes.items()}
    assert sum(len(codes) for codes in found.values()) == len(set().union(*found.values()))
    for name, characters in {
        "upper": "ÉЖǅ",
        "lower": "éжß",
        "letter": "中あªʰ",
        "mark": "\u0301\u0903\u20dd",
        "number": "٣²Ⅷ",
        "space": "\x85\xa0\u1680\u2028\u3000",
    }.items():
        assert {ord(character) for character in characters} <= found[name]
    for none in "\u200b\ufeff😀€":
        assert not any(ord(none) in codes for codes in found.values())


def test_is_unicode_16_whatever_the_python() -> None:
    letters = [code for ranges in vocabulary.character_classes().values() for codes in ranges for code in codes]
    assert 0x1C89 in letters  # CYRILLIC CAPITAL LETTER TJE, new in Unicode 16.0
    assert 0x323B0 not in letters  # CJK UNIFIED IDEOGRAPHS EXTENSION J, new in Unicode 17.0
    assert 0x16D40 in letters  # KIRAT RAI, new in 16.0


def test_the_notice_names_source_and_licence() -> None:
    notice = (files("pytest_mockopenai.tokens") / "data" / "NOTICE").read_text(encoding="utf-8")
    assert "OpenAI" in notice
    assert "MIT License" in notice
    assert "openai/tiktoken" in notice
