"""The audio API: speech from text."""

from __future__ import annotations

from pytest_mockopenai.endpoints.audio.speech import SPEECH

ENDPOINTS = (SPEECH,)
