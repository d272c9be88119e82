"""The audio API: speech from text, text from speech."""

from __future__ import annotations

from pytest_mockopenai.endpoints.audio.speech import SPEECH
from pytest_mockopenai.endpoints.audio.transcriptions import TRANSCRIBE, TRANSLATE

ENDPOINTS = (SPEECH, TRANSCRIBE, TRANSLATE)
