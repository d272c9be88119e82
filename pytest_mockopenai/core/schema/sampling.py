"""Writes a text that a pattern is likely to match, of a length within bounds; the caller checks it.

Lookaheads and edges are not planned for: the caller tries again with a freer hand (`wild`) until it matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pytest_mockopenai.core.schema.pattern import Chars, Either, Node, Ranges, Repeat, Series
from pytest_mockopenai.core.seed import Draw

_MANY = 10**9
_EXTRA = 5
_ASCII = 6
_ROUNDS = 100_000
_POOLS: tuple[Ranges, ...] = (
    ((97, 122),),
    ((48, 57),),
    ((65, 90),),
    ((33, 33), (35, 35), (45, 46), (64, 64), (95, 95)),
    ((33, 47), (58, 64), (91, 96), (123, 126)),
    ((32, 32),),
    ((161, 0xD7FF), (0xE000, 0xFFFD)),
    ((0, 0xD7FF), (0xE000, 0x10FFFF)),
)


@dataclass(slots=True)
class Writer:
    """Writes from one pattern; it remembers how long each part of it can be."""

    draw: Draw
    spend: Callable[[int], None]
    wild: bool = False
    _widths: dict[int, tuple[int, int]] = field(default_factory=dict)
    _pools: dict[Ranges, list[Ranges]] = field(default_factory=dict)
    _nesting: int = 0

    def write(self, node: Node, low: int, high: int) -> str:
        """A text for the node, if possible of low to high characters."""
        self.spend(1)
        if isinstance(node, Chars):
            return self.char(node.ranges)
        if isinstance(node, Either):
            return self.write(self.option(node, low, high), low, high)
        if isinstance(node, Repeat):
            return self.repeated(node, low, high)
        return self.series(node.nodes, low, high) if isinstance(node, Series) else ""

    def char(self, ranges: Ranges) -> str:
        """A character of these ranges: a letter or digit rather than others."""
        if ranges not in self._pools:
            found = [_common(pool, ranges) for pool in _POOLS]
            self._pools[ranges] = [pool for pool in found[:_ASCII] if pool] or [pool for pool in found if pool]
        pools = self._pools[ranges]
        if not pools:
            return ""
        low, high = self.draw.choice(self.draw.choice(pools) if self.wild else pools[0])
        return chr(self.draw.integer(low, high))

    def repeated(self, node: Repeat, low: int, high: int) -> str:
        """The node some times over."""
        times = self.count(node, low, high)
        self._nesting += 1
        try:
            return self.series((node.node,) * times, low, high)
        finally:
            self._nesting -= 1

    def option(self, node: Either, low: int, high: int) -> Node:
        """One of the alternatives, of a fitting length if there is one."""
        widths = ((option, *self.width(option)) for option in node.nodes)
        fitting = [option for option, shortest, longest in widths if shortest <= high and longest >= low]
        return self.draw.choice(fitting or node.nodes)

    def count(self, node: Repeat, low: int, high: int) -> int:
        """How often to repeat, so that the whole can come to the wanted length."""
        shortest, longest = self.width(node.node)
        enough = -(-low // longest) if longest else 0
        least = max(node.low, enough) if shortest else enough  # rounds that may be empty need not be written
        most = min(high // shortest if shortest else high, _MANY if node.high is None else node.high)
        extra = min(_EXTRA >> self._nesting, most - least)  # repetitions in repetitions soon stop multiplying
        return min(least, _ROUNDS) + self.draw.integer(0, max(0, extra))

    def series(self, nodes: Sequence[Node], low: int, high: int) -> str:
        """The nodes one after the other, the length shared out among them."""
        widths = [self.width(node) for node in nodes]
        rest_low, rest_high = sum(width[0] for width in widths), sum(width[1] for width in widths)
        written: list[str] = []
        for node, (shortest, longest) in zip(nodes, widths, strict=True):
            rest_low, rest_high = rest_low - shortest, rest_high - longest
            text = self.write(node, max(shortest, low - rest_high), min(longest, high - rest_low))
            low, high = low - len(text), high - len(text)
            written.append(text)
        return "".join(written)

    def width(self, node: Node) -> tuple[int, int]:
        """How short and how long a node's text can be."""
        key = id(node)
        if key not in self._widths:
            self._widths[key] = self._measured(node)
        return self._widths[key]

    def _measured(self, node: Node) -> tuple[int, int]:
        if isinstance(node, Chars):
            return 1, 1
        if isinstance(node, Either):
            widths = [self.width(option) for option in node.nodes]
            return min(width[0] for width in widths), max(width[1] for width in widths)
        if isinstance(node, Series):
            widths = [self.width(step) for step in node.nodes]
            return sum(width[0] for width in widths), min(_MANY, sum(width[1] for width in widths))
        if isinstance(node, Repeat):
            shortest, longest = self.width(node.node)
            return shortest * node.low, min(_MANY, longest * (_MANY if node.high is None else node.high))
        return 0, 0


def _common(pool: Ranges, ranges: Ranges) -> Ranges:
    pairs = ((max(a, c), min(b, d)) for a, b in pool for c, d in ranges)
    return tuple((low, high) for low, high in pairs if low <= high)
