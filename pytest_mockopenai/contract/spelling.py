"""Which names a misspelt one is near to, by the rule that the real API's suggestions follow."""

from __future__ import annotations

from collections.abc import Iterable

FAR = 2
"""The greatest number of edits at which the API still suggests a name."""
SHORT = 3
"""Names below this length are near to everything short, so nothing is suggested for them."""


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Those of `names` within `FAR` edits of `name`, nearest first, then in order of name."""
    if len(name) < SHORT:
        return []
    near = ((edits(name, each), each) for each in names if abs(len(each) - len(name)) <= FAR)
    return [each for distance, each in sorted(near) if distance <= FAR]


def edits(one: str, other: str) -> int:
    """The Levenshtein distance: how many letters to insert, delete or replace to make `other` of `one`."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, goal in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != goal)))
    return row[-1]
