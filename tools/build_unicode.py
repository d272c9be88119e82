"""Builds `pytest_mockopenai/tokens/data/unicode16.json`, the letters, marks, numbers and spaces of Unicode 16.

    pip install unicodedata2==16.0.0 && python tools/build_unicode.py

tiktoken 0.14 sorts characters by Unicode 16.0, whatever the Python; `unicodedata` changes with the Python. The file
maps a class to its code points above ASCII as `[gap, length, gap, length, ...]`, a gap being counted from the end of
the run before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import unicodedata2

UNICODE = "16.0.0"
DATA = Path(__file__).resolve().parent.parent / "pytest_mockopenai" / "tokens" / "data"
CLASSES = {
    "upper": ("Lu", "Lt"),
    "lower": ("Ll",),
    "letter": ("Lm", "Lo"),
    "mark": ("Mn", "Mc", "Me"),
    "number": ("Nd", "Nl", "No"),
    "space": ("Zs", "Zl", "Zp"),
}
NEXT_LINE = 0x85  # White_Space, though its category is Cc


def class_of(code: int) -> str | None:
    """Class of one code point above ASCII, None for what is in no class."""
    category = unicodedata2.category(chr(code))
    named = (name for name, categories in CLASSES.items() if category in categories)
    return "space" if code == NEXT_LINE else next(named, None)


def runs(codes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, length) of each run of consecutive numbers."""
    for _, group in groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0]):
        members = [code for _, code in group]
        yield members[0], len(members)


def gaps(codes: Iterable[int]) -> Iterator[int]:
    """The runs as gap, length, gap, length, ... from 0."""
    end = 0
    for first, length in runs(codes):
        yield from (first - end, length)
        end = first + length


def table() -> dict[str, list[int]]:
    """Gaps of every class."""
    members: dict[str, list[int]] = {name: [] for name in CLASSES}
    for code in range(0x80, 0x110000):
        if (name := class_of(code)) is not None:
            members[name].append(code)
    return {name: list(gaps(codes)) for name, codes in members.items()}


def main() -> None:
    if unicodedata2.unidata_version != UNICODE:
        raise SystemExit(f"unicodedata2 has Unicode {unicodedata2.unidata_version}, not {UNICODE}")
    target = DATA / "unicode16.json"
    target.write_text(json.dumps(table(), separators=(",", ":")) + "\n", encoding="ascii")
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
