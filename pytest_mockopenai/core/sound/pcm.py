"""Raw PCM: 16-bit little-endian signed mono samples, without a header."""

from __future__ import annotations

from .tone import Tone, little_endian


def encode(tone: Tone) -> bytes:
    """The tone's samples, two bytes each; one period is made and repeated, so a long sound costs no more."""
    period = little_endian(tone.samples(0, min(tone.period, tone.length)))
    return (period * -(-tone.length // tone.period))[: 2 * tone.length]
