"""What the API refuses of how files are put into a vector store: attributes, chunking strategies, expiry."""

from __future__ import annotations

from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.retrieval.adding import refuse_settings, strategy_bounds

EXPIRY_BOUNDS = {"expires_after.days": Range(1, 365)}


def file_bounds(prefix: str = "") -> dict[str, Length | Range]:
    """The bounds of a file's attributes and chunking strategy."""
    return {
        f"{prefix}attributes": Length(0, 16),
        f"{prefix}attributes.*": Length(0, 512),
        **strategy_bounds(prefix),
    }


def file_settings(context: Context) -> None:
    """Refuse an attribute's name that is too long, and chunks that overlap by more than half."""
    refuse_settings(context.body, "")
    for place, file in enumerate(context.body.get("files") or ()):
        refuse_settings(file, f"files[{place}].")
