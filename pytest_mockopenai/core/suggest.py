"""Names that a user misspelt: the one nearest to what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, names: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The most similar of `names`, or None if none is near."""
    found = get_close_matches(name, list(names), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` Did you mean 'x'?` for a sentence's end, or the list of valid names if none is near."""
    known = sorted(names)
    near = closest(name, known)
    return f" Did you mean '{near}'?" if near else f" Valid: {', '.join(known)}."
