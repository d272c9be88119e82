"""The text of a recording: JSON that people read, in which a changed value changes few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.recordings.interaction import Interaction, interaction
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.taping import BadRecording

FORMAT = "pytest-mockopenai recording"
VERSION = 1

_WIDTH = 110


def written(interactions: list[Interaction], redactor: Redactor) -> str:
    """The text of a file with these interactions."""
    plain = [found.plain(redactor) for found in interactions]
    return f"{_laid_out({'format': FORMAT, 'version': VERSION, 'interactions': plain}, 0, outer=4)}\n"


def _laid_out(value: Any, indent: int, lead: int = 0, *, outer: int = 0) -> str:
    """JSON text: what fits on a line is on one, but for the `outer` levels, which always have lines of their own.

    `indent` is where its lines begin, `lead` how long the key before it is.
    """
    line = _on_one_line(value)
    if not isinstance(value, (dict, list)) or not value or (outer <= 0 and indent + lead + len(line) <= _WIDTH):
        return line
    inside, opened, closed = _parts(value, indent + 2, outer - 1)
    margin = "\n" + " " * indent
    return opened + margin + "  " + f",{margin}  ".join(inside) + margin + closed


def _parts(value: dict[str, Any] | list[Any], indent: int, outer: int) -> tuple[list[str], str, str]:
    if isinstance(value, dict):
        keys = [f"{_on_one_line(key)}: " for key in value]
        return (
            [key + _of_key(key, item, indent, outer) for key, item in zip(keys, value.values(), strict=True)],
            "{",
            "}",
        )
    if any(isinstance(item, (dict, list, str)) for item in value):
        return [_laid_out(item, indent, outer=outer) for item in value], "[", "]"
    return list(_filled(value, _WIDTH - indent)), "[", "]"


def _of_key(key: str, value: Any, indent: int, outer: int) -> str:
    """An event of a stream is one line, however long: so it is in every editor and diff."""
    if key == '"events": ' and outer == 0 and value:  # no body's own events, which are deeper
        margin = " " * indent
        return f"[\n{margin}  " + f",\n{margin}  ".join(map(_on_one_line, value)) + f"\n{margin}]"
    return _laid_out(value, indent, len(key), outer=outer)


def _filled(numbers: list[Any], width: int) -> Iterator[str]:
    """Numbers, as many to a line as it holds."""
    line = ""
    for number in map(_on_one_line, numbers):
        if line and len(line) + len(number) + 2 > width:
            yield line
            line = ""
        line = f"{line}, {number}" if line else number
    yield line


def _on_one_line(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(value)
    return text


def read(text: str) -> list[Interaction]:
    """The interactions of a file's text; raises `BadRecording`."""
    try:
        value = jsontext.loads(text)
    except jsontext.BadJSON as error:
        raise BadRecording(f"this is no JSON: {error}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadRecording(f'this is no recording: it does not say \'"format": "{FORMAT}"\'')
    if value.get("version") != VERSION:
        raise BadRecording(
            f"this is a recording of version {value.get('version')!r:.20}; version {VERSION} can be read"
        )
    listed = value.get("interactions")
    if not isinstance(listed, list):
        raise BadRecording("'interactions' is a list")
    return [_read(at, item) for at, item in enumerate(listed)]


def _read(at: int, item: Any) -> Interaction:
    try:
        return interaction(item)
    except BadRecording as error:
        raise BadRecording(f"interactions[{at}]: {error}") from None
