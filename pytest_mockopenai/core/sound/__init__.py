"""Small but real audio files, made by the standard library alone; not a speech synthesiser."""

from __future__ import annotations

from .duration import seconds_of
from .formats import FORMATS, LONGEST, RATES, content_type, synthesize
from .g711 import synthesize_g711
from .speech import seconds_for

__all__ = ["FORMATS", "LONGEST", "RATES", "content_type", "seconds_for", "seconds_of", "synthesize", "synthesize_g711"]
