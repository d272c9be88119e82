"""How what was measured is shown."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def ratio(one: float, other: float) -> str:
    """How many times the other it is."""
    return f"{one / other:.2f}" if other else "?"


def table(title: str, head: Row, rows: Sequence[Row]) -> None:
    """Print a table, its first column to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join((first.strip().ljust(widths[0]), *others)), flush=True)
