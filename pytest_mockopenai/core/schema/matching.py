"""Whether a text matches a pattern, in time that grows with the text and the pattern, never exponentially.

It follows all places at once where a match may have got to, so it needs no backtracking.
"""

from __future__ import annotations

from collections.abc import Callable

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
Spend = Callable[[int], None]


def matches(node: Node, text: str, spend: Spend) -> bool:
    """Whether the pattern is found anywhere in the text; `spend` is told the steps of work."""
    return bool(_ends(node, text, frozenset(range(len(text) + 1)), spend))


def _ends(node: Node, text: str, starts: Places, spend: Spend) -> Places:
    spend(1 + len(starts) // 16)
    if isinstance(node, Chars):
        return frozenset(at + 1 for at in starts if at < len(text) and inside(node.ranges, text[at]))
    if isinstance(node, Edge):
        return frozenset(at for at in starts if _at_edge(node, text, at))
    if isinstance(node, Ahead):
        return frozenset(
            at for at in starts if bool(_ends(node.node, text, frozenset((at,)), spend)) != node.negative
        )
    if isinstance(node, Either):
        return frozenset().union(*(_ends(option, text, starts, spend) for option in node.nodes))
    if isinstance(node, Repeat):
        return _repeated(node, text, starts, spend)
    return _following(node, text, starts, spend)


def _following(node: Series, text: str, starts: Places, spend: Spend) -> Places:
    for step in node.nodes:
        if not starts:
            break
        starts = _ends(step, text, starts, spend)
    return starts


def _repeated(node: Repeat, text: str, starts: Places, spend: Spend) -> Places:
    for _ in range(node.low):
        after = _ends(node.node, text, starts, spend)
        if not after or after == starts:
            starts = after
            break
        starts = after
    reached = fresh = starts
    rounds = 0
    while fresh and (node.high is None or rounds < node.high - node.low):
        fresh = _ends(node.node, text, fresh, spend) - reached
        reached |= fresh
        rounds += 1
    return reached


def inside(ranges: Ranges, char: str) -> bool:
    """Whether a character is in one of the ranges."""
    code = ord(char)
    return any(low <= code <= high for low, high in ranges)


def _at_edge(node: Edge, text: str, at: int) -> bool:
    if node.kind == "start":
        return at == 0
    if node.kind == "end":
        return at == len(text)
    return (_is_word(text, at - 1) != _is_word(text, at)) == (node.kind == "word")


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and inside(WORD, text[at])
