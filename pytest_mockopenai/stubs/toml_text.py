"""Reads TOML. The library tells no places, so they are found by reading ever shorter beginnings of the text."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from pytest_mockopenai.stubs.document import Document, Path, Place, Unreadable

_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_RULE = re.compile(r"^(\s*)\[\[\s*rules\s*\]\]", re.MULTILINE)
_LONGEST = 200  # lines of one statement; the place of what is in a longer one is not looked for


def read(text: str) -> Document:
    """The document; raises `Unreadable`."""
    try:
        value = _loads(text)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as error:
        raise _unreadable(text, str(error)) from None
    return Document(_plain(value), lambda path: _locate(text, path))


def _loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise Unreadable("TOML on Python 3.10 needs: pip install 'pytest-mockopenai[server]'") from None
    found: dict[str, Any] = tomllib.loads(text.replace("\r\n", "\n"))
    return found


def _unreadable(text: str, message: str) -> Unreadable:
    found = _WHERE.search(message)
    said = f"this is no TOML: {_WHERE.sub('', message)}"
    if not found:
        return Unreadable(said)
    lines = text.splitlines() or [""]
    at_end = Place(len(lines), len(lines[-1]) + 1)
    return Unreadable(said, Place(int(found[1]), int(found[2])) if found[1] else at_end)


def _plain(value: Any) -> Any:
    """Dates and times as texts: no option is one, and a reply that looks like one is to be said."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def _locate(text: str, path: Path) -> Place | None:
    if len(path) == 2 and path[0] == "rules" and isinstance(path[1], int):
        heads = [match.start() + len(match[1]) for match in _RULE.finditer(text)]
        if path[1] < len(heads):
            return Place(text.count("\n", 0, heads[path[1]]) + 1, len(_RULE.findall(text)[path[1]]) + 1)
    lines = text.replace("\r\n", "\n").split("\n")
    end = bisect_left(range(len(lines) + 1), True, key=lambda count: _holds(_beginning(lines, count)[0], path))
    _, start = _beginning(lines, end - 1)
    statement = next((n for n in range(start, end) if _says_something(lines[n])), None)
    return (
        None if statement is None else Place(statement + 1, len(lines[statement]) - len(lines[statement].lstrip()) + 1)
    )


def _beginning(lines: Sequence[str], count: int) -> tuple[Any, int]:
    """What the longest readable beginning of at most so many lines says, and its number of lines."""
    for length in range(count, max(count - _LONGEST, 0), -1):
        try:
            return _loads("\n".join(lines[:length])), length
        except ValueError:
            continue
    return {}, 0


def _holds(value: Any, path: Path) -> bool:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
