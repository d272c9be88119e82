"""Reads the two data files that counting needs: the tokens of an encoding and the character classes of Unicode 16."""

from __future__ import annotations

from itertools import accumulate, pairwise

__all__ = ["character_classes", "tokens", "unpack"]


def tokens(encoding: str) -> list[bytes]:
    """Bytes of every token of `cl100k_base` or `o200k_base`, at its id."""
    return unpack(_read(f"{encoding}.vocab"))


def unpack(packed: bytes) -> list[bytes]:
    """Tokens in a `.vocab` file; `tools/build_vocabulary.py` says how it is laid out."""
    import zlib

    data = zlib.decompress(packed)
    start = 4 + int.from_bytes(data[:4], "big")
    ends = accumulate(data[4:start], initial=start)
    return [data[begin:end] for begin, end in pairwise(ends)]


def character_classes() -> dict[str, list[range]]:
    """Code points above ASCII of each class: upper, lower, letter (no case), mark, number, space."""
    import json

    stored: dict[str, list[int]] = json.loads(_read("unicode16.json"))
    return {name: _ranges(gaps) for name, gaps in stored.items()}


def _ranges(gaps: list[int]) -> list[range]:
    bounds = accumulate(gaps)
    return [range(first, end) for first, end in zip(bounds, bounds, strict=True)]


def _read(name: str) -> bytes:
    from importlib.resources import files

    return (files("pytest_mockopenai.tokens") / "data" / name).read_bytes()
