"""Stop sequences: where a text ends because of one."""

from __future__ import annotations

from collections.abc import Sequence


def until(text: str, stop: str | Sequence[str] | None) -> str:
    """The text up to the first stop sequence, which is not part of it; the whole text if there is none."""
    sequences = [stop] if isinstance(stop, str) else stop or ()
    places = [place for sequence in sequences if sequence and (place := text.find(sequence)) >= 0]
    return text[: min(places)] if places else text
