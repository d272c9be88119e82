"""Exact, offline token counts by OpenAI's own vocabularies, standard library only; nothing is read before the first count."""

from __future__ import annotations
