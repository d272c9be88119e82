"""Regular expressions as JSON schemas use them (ECMA-262), read into a tree to match by and to write from.

Not `re`: its tree is private, its matching can take exponential time, and its dialect is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = (
    *((9, 13), (32, 32), (160, 160), (5760, 5760), (8192, 8202), (8232, 8233), (8239, 8239), (8287, 8287)),
    *((12288, 12288), (65279, 65279)),
)
_NEWLINES: Ranges = ((10, 10), (13, 13), (8232, 8233))

_GROUPS = 30
_LONGEST = 5_000
_CLASSES = {"d": DIGITS, "w": WORD, "s": SPACE}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_EDGES: dict[str, Literal["start", "end", "word", "inside"]] = {
    "^": "start",
    "$": "end",
    r"\A": "start",
    r"\Z": "end",
    r"\z": "end",
    r"\b": "word",
    r"\B": "inside",
}


class Unsupported(ValueError):
    """The pattern is malformed, or uses what is not supported here; the text says which."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of sorted ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: start or end of the text, a word's edge, or no word's edge."""

    kind: Literal["start", "end", "word", "inside"]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What has to follow here, or must not."""

    node: Node
    negative: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One after the other."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """So many times; `high` None is without limit."""

    node: Node
    low: int
    high: int | None


Node = Chars | Edge | Ahead | Series | Either | Repeat


def complement(ranges: Ranges) -> Ranges:
    """All other code points."""
    free, after = [], 0
    for low, high in merged(ranges):
        if low > after:
            free.append((after, low - 1))
        after = high + 1
    return (*free, (after, LAST)) if after <= LAST else tuple(free)


def merged(ranges: Ranges) -> Ranges:
    """The same code points as sorted ranges that do not touch."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


@lru_cache(maxsize=128)
def parse(pattern: str) -> Node:
    """The tree of a pattern; raises `Unsupported` with what is wrong and where."""
    if len(pattern) > _LONGEST:
        raise Unsupported(f"longer than {_LONGEST} characters")
    reader = _Reader(pattern)
    node = reader.alternatives(0)
    if reader.at < len(pattern):
        raise reader.fail("')' without '('")
    return node


@dataclass(slots=True)
class _Reader:
    source: str
    at: int = 0

    def fail(self, what: str) -> Unsupported:
        return Unsupported(f"{what} at position {self.at}")

    def peek(self, length: int = 1) -> str:
        return self.source[self.at : self.at + length]

    def take(self, text: str) -> bool:
        found = self.source.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def alternatives(self, depth: int) -> Node:
        nodes = [self.sequence(depth)]
        while self.take("|"):
            nodes.append(self.sequence(depth))
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def sequence(self, depth: int) -> Node:
        nodes = []
        while self.at < len(self.source) and self.peek() not in "|)":
            nodes.append(self.repeated(self.atom(depth)))
        return nodes[0] if len(nodes) == 1 else Series(tuple(nodes))

    def repeated(self, node: Node) -> Node:
        counts = self.counts()
        while counts is not None:
            self.take("?")
            if self.peek() == "+":
                raise self.fail("a repetition that is not supported")
            node = Repeat(node, *counts)
            counts = self.counts()
            if counts is not None:
                raise self.fail("a repetition of a repetition")
        return node

    def counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return counts
        return self.braces() if self.peek() == "{" else None

    def braces(self) -> tuple[int, int | None] | None:
        closing = self.source.find("}", self.at)
        low, comma, high = self.source[self.at + 1 : closing].partition(",")
        if closing < 0 or not (low or (comma and high)) or not _is_count(low + high):
            return None  # a brace that counts nothing stands for itself
        self.at = closing + 1
        bounds = int(low or 0), (int(high) if high else None) if comma else int(low)
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise self.fail("a repetition whose bounds are the wrong way round")
        return bounds

    def atom(self, depth: int) -> Node:
        for text in (self.peek(), self.peek(2)):
            if text in _EDGES:
                self.at += len(text)
                return Edge(_EDGES[text])
        char = self.peek()
        if char in "*+?":
            raise self.fail("nothing to repeat")
        self.at += 1
        if char == "(":
            return self.group(depth + 1)
        if char == "[":
            return self.bracket()
        if char == "\\":
            return Chars(self.escape())
        return Chars(complement(_NEWLINES) if char == "." else ((ord(char), ord(char)),))

    def group(self, depth: int) -> Node:
        if depth > _GROUPS:
            raise self.fail(f"groups nested deeper than {_GROUPS}")
        ahead = self.peek(2) in ("?=", "?!")
        negative = self.peek(2) == "?!"
        if ahead:
            self.at += 2
        elif not self.take("?:") and self.peek() == "?":
            self.name()
        node = self.alternatives(depth)
        if not self.take(")"):
            raise self.fail("'(' without ')'")
        return Ahead(node, negative) if ahead else node

    def name(self) -> None:
        start = "?P<" if self.peek(3) == "?P<" else "?<"
        if self.peek(3) in ("?<=", "?<!") or not self.take(start):
            raise self.fail(f"the group ({self.peek(3)}...) is not supported")
        closing = self.source.find(">", self.at)
        if closing < 0 or not self.source[self.at : closing].isidentifier():
            raise self.fail("a group without a proper name")
        self.at = closing + 1

    def bracket(self) -> Node:
        negative = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.member()
            if self.peek() == "-" and self.peek(2) not in ("-", "-]"):
                self.at += 1
                low = self.span(low, self.member())
            ranges.extend(low)
        found = merged(tuple(ranges))
        return Chars(complement(found) if negative else found)

    def member(self) -> Ranges:
        if self.at >= len(self.source):
            raise self.fail("'[' without ']'")
        char = self.peek()
        self.at += 1
        if char == "\\":
            return ((8, 8),) if self.take("b") else self.escape()
        return ((ord(char), ord(char)),)

    def span(self, low: Ranges, high: Ranges) -> Ranges:
        if not (_is_one(low) and _is_one(high)):
            return (*low, (45, 45), *high)  # a class is no end of a range, so the hyphen stands for itself
        if low > high:
            raise self.fail("a range that is not from a character to a later one")
        return ((low[0][0], high[0][0]),)

    def escape(self) -> Ranges:
        char = self.peek()
        self.at += 1
        if char.lower() in _CLASSES and char:
            ranges = _CLASSES[char.lower()]
            return complement(ranges) if char.isupper() else ranges
        code = self.code(char)
        return ((code, code),)

    def code(self, char: str) -> int:
        if char in _CONTROLS and not (char == "0" and self.peek().isdecimal()):
            return _CONTROLS[char]
        if char == "x":
            return self.hexadecimal(self.peek(2), 2)
        if char == "u" and self.take("{"):
            digits = self.source[self.at :].partition("}")[0]
            return self.hexadecimal(digits, len(digits), skip=1)
        if char == "u":
            return self.hexadecimal(self.peek(4), 4)
        if not char or char.isalnum():
            self.at -= 2
            raise self.fail(f"the escape \\{char} is not supported")
        return ord(char)

    def hexadecimal(self, digits: str, length: int, *, skip: int = 0) -> int:
        if not digits or len(digits) != length or digits.strip("0123456789abcdefABCDEF") or int(digits, 16) > LAST:
            raise self.fail("an escape without its hexadecimal digits")
        self.at += length + skip
        return int(digits, 16)


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _is_count(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) <= 12
