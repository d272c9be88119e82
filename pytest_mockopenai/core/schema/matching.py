"""Whether a text matches a pattern, in time that is polynomial in both, as no backtracking is.

It follows all places at once where a match may have got to, and remembers what follows from which places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_mockopenai.core.schema.pattern import (
    WORD,
    Ahead,
    Chars,
    Edge,
    Either,
    Node,
    Ranges,
    Repeat,
    Series,
)

Places = frozenset[int]


def matches(node: Node, text: str, spend: Callable[[int], None]) -> bool:
    """Whether the pattern is found anywhere in the text; `spend` is told the steps of work."""
    return bool(_Match(text, spend).ends(node, frozenset(range(len(text) + 1))))


def inside(ranges: Ranges, char: str) -> bool:
    """Whether a character is in one of the ranges."""
    code = ord(char)
    return any(low <= code <= high for low, high in ranges)


@dataclass(frozen=True, slots=True)
class _Match:
    text: str
    spend: Callable[[int], None]
    known: dict[tuple[int, Places], Places] = field(default_factory=dict)

    def ends(self, node: Node, starts: Places) -> Places:
        """Where a match of the node can end that begins at one of the starts."""
        if isinstance(node, Chars):
            self.spend(1 + len(starts) // 16)
            return frozenset(at + 1 for at in starts if self.is_at(node, at))
        key = (id(node), starts)
        if key not in self.known:
            self.spend(1 + len(starts) // 16)
            self.known[key] = self.followed(node, starts)
        return self.known[key]

    def followed(self, node: Node, starts: Places) -> Places:
        if isinstance(node, Edge):
            return frozenset(at for at in starts if self.at_edge(node, at))
        if isinstance(node, Ahead):
            return frozenset(at for at in starts if bool(self.ends(node.node, frozenset((at,)))) != node.negative)
        if isinstance(node, Either):
            return frozenset().union(*(self.ends(option, starts) for option in node.nodes))
        if isinstance(node, Repeat):
            return self.repeated(node, starts)
        for step in node.nodes if isinstance(node, Series) else ():
            starts = self.ends(step, starts) if starts else starts
        return starts

    def repeated(self, node: Repeat, starts: Places) -> Places:
        for _ in range(node.low):
            after = self.ends(node.node, starts)
            if not after or after == starts:
                starts = after
                break
            starts = after
        reached = fresh = starts
        rounds = 0
        while fresh and (node.high is None or rounds < node.high - node.low):
            fresh = self.ends(node.node, fresh) - reached
            reached |= fresh
            rounds += 1
        return reached

    def is_at(self, node: Chars, at: int) -> bool:
        return at < len(self.text) and inside(node.ranges, self.text[at])

    def at_edge(self, node: Edge, at: int) -> bool:
        if node.kind == "start":
            return at == 0
        if node.kind == "end":
            return at == len(self.text)
        return (self.is_word(at - 1) != self.is_word(at)) == (node.kind == "word")

    def is_word(self, at: int) -> bool:
        return 0 <= at < len(self.text) and inside(WORD, self.text[at])
