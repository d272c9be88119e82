"""The log of a server: one line for each call when it has ended, as text or JSON, without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Entry

LEVELS = ("info", "warning", "error", "off")
_LONGEST_PATH = 200
_LONGEST_WORD = 120


class CallLog:
    """An observer that writes a line for each call of a level or above; `write` gets it without a line break."""

    def __init__(self, write: Callable[[str], object], *, format: str = "text", level: str = "info") -> None:
        self._write = write
        self._line = LINES[format]
        self._least = LEVELS.index(level)

    def began(self, call: Entry) -> None:
        """Writes nothing."""

    def ended(self, seen: Seen) -> None:
        """Writes the line."""
        level = level_of(seen)
        if LEVELS.index(level) >= self._least:
            self._write(self._line(seen, level))


def level_of(seen: Seen) -> str:
    """`error` for a 5xx, `warning` for any other refusal and for what did not end in order, else `info`."""
    call = seen.call
    if call.status >= 500:
        return "error"
    return "warning" if call.status >= 400 or call.fault or seen.ended != "done" else "info"


def fields(seen: Seen, level: str) -> dict[str, Any]:
    """What a line says of a call. The query is left out: of a WebSocket it may hold a key."""
    call, usage = seen.call, seen.call.usage
    return {
        "time": timestamp(call.arrived + seen.duration),
        "level": level,
        "method": call.method,
        "path": _short(call.inquiry.request.raw_path, _LONGEST_PATH),
        "status": call.status,
        "word": _short(call.word, _LONGEST_WORD) if call.word else None,
        "ms": round(seen.duration * 1000, 1),
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "model": _short(call.model, _LONGEST_WORD) or None,
        "request_id": call.request_id,
        "ended": seen.ended,
    }


def json_line(seen: Seen, level: str) -> str:
    """One JSON object."""
    return json.dumps(fields(seen, level))


def text_line(seen: Seen, level: str) -> str:
    """`2026-11-22T20:41:35.120Z POST /v1/chat/completions 429 rate_limit() 0.8ms`."""
    call, usage = seen.call, seen.call.usage
    path = _visible(_short(call.inquiry.request.raw_path, _LONGEST_PATH))
    line = f"{timestamp(call.arrived + seen.duration)} {call.method} {path} {call.status}"
    if call.word:
        line += " " + _short(call.word, _LONGEST_WORD)
    line += f" {seen.duration * 1000:.1f}ms"
    if usage:
        line += f" {usage.prompt_tokens}+{usage.completion_tokens} tokens"
    return line if seen.ended == "done" else f"{line} {seen.ended}"


LINES: Mapping[str, Callable[[Seen, str], str]] = {"text": text_line, "json": json_line}


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _visible(text: str) -> str:
    """The text without anything that could begin a line of its own or colour the terminal."""
    return text if text.isprintable() else ascii(text)[1:-1]


def timestamp(seconds: float) -> str:
    """Unix time as ISO 8601, in UTC, to the millisecond."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
