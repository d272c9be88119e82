"""Recordings on disk: a file for each test, a folder for each server."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from pytest_mockopenai.recordings import text
from pytest_mockopenai.recordings.interaction import Interaction
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.taping import BadRecording

SUFFIX = ".json"


def read(file: Path) -> list[Interaction]:
    """The interactions of a file; none if it does not exist. Raises `BadRecording`."""
    try:
        return text.read(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeError) as error:
        raise BadRecording(f"{file}: the file cannot be read: {error}") from None
    except BadRecording as error:
        raise BadRecording(f"{file}: {error}") from None


def write(file: Path, interactions: Iterable[Interaction], redactor: Redactor) -> None:
    """Put these interactions into a file; whoever reads it meanwhile reads the old one or the new one.

    Raises `BadRecording` if it cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text.written(list(interactions), redactor), encoding="utf-8", newline="\n")
        os.replace(draft, file)
    except OSError as error:
        raise BadRecording(f"{file}: the file cannot be written: {error.strerror or error}") from None


def listed(folder: Path) -> list[Path]:
    """The recordings below a folder, `a-2.json` before `a-10.json`; files that begin with a dot are passed over."""
    found = [file for file in folder.rglob(f"*{SUFFIX}") if not file.name.startswith(".")]
    return sorted(found, key=lambda file: [_natural(part) for part in file.relative_to(folder).with_suffix("").parts])


def _natural(name: str) -> list[tuple[str, int]]:
    return [(word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", name)]
