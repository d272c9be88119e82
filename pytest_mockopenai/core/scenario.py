"""The word that a request asks for in its header `X-Test-Scenario`, and the headers that tell what was played."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pytest_mockopenai.core import words  # noqa: F401 - fills the vocabulary
from pytest_mockopenai.core.endpoint import Endpoint
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.script import fits
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.core.word import VOCABULARY, BadWord, Word, parse

Source = Literal["header", "rule", "chaos", "recording", "upstream", "default", "refused"]
"""Where a reply is from: the request's own header, a rule, chaos, a recording, the API itself (which is recorded); made
up for want of all these; or the request was refused."""

_SHOWN = 200  # characters of a word in a header


def asked(sent: str | None) -> Word | None:
    """The word that the header asks for; None if it asks for none. Raises `Refused` (400) for a bad one."""
    text = sent.strip() if sent else ""
    if not text:
        return None
    word = _read(text)
    if isinstance(word, Error):
        raise Refused(word)
    return word


@lru_cache(maxsize=256)
def _read(text: str) -> Word | Error:
    """The word of a text, or the refusal: a load test asks for the same over and over."""
    try:
        word = parse(_decoded(text))
    except BadWord as bad:
        return _bad(text, str(bad))
    return word if word.count == 1 else _bad(text, "a header is for one request: leave times= out.")


def checked(word: Word, endpoint: Endpoint) -> Word:
    """The word, if the endpoint can play it; raises `Refused` (400) if it cannot."""
    if fits(word, endpoint.kinds):
        return word
    able = f"says {', '.join(sorted(endpoint.kinds))}" if endpoint.kinds else "plays errors, timing and faults only"
    raise Refused(_bad(word.label, f"{endpoint.method} {endpoint.path} {able}."))


def told(word: Word, source: Source, usage: Usage | None) -> Headers:
    """The `x-mock-` headers of a reply: the word played, where it is from and written, how sure the usage is."""
    return _told(str(word) if word.label else "", source, word.origin, usage.method if usage else "")


@lru_cache(maxsize=1024)
def _told(word: str, source: str, origin: str, method: str) -> Headers:
    pairs = {"word": _ascii(word), "source": source, "origin": _ascii(origin), "usage": method}
    return tuple((f"x-mock-{name}", value) for name, value in pairs.items() if value)


def _bad(text: str, why: str) -> Error:
    message = f"The header X-Test-Scenario asks for {text!r:.80}: {why}"
    valid = f" Valid words: {', '.join(sorted(VOCABULARY))}."
    listed = "Valid: " in why  # the list of words is there already
    return Error(400, message if listed else message + valid, param="X-Test-Scenario", code="invalid_scenario")


def _decoded(text: str) -> str:
    """Hosts read headers as Latin-1; clients mostly write UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _ascii(text: str) -> str:
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return shown.encode("ascii", "backslashreplace").decode()
