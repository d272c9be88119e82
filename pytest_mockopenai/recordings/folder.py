"""The recordings of a server: a folder with a file for each endpoint, begun anew when one is long."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from pytest_mockopenai.recordings import files
from pytest_mockopenai.recordings.interaction import Interaction
from pytest_mockopenai.recordings.redaction import Redactor

MOST = 100
"""So many interactions are in one file: it is written again for each."""

_WORD = re.compile(r"[a-z_]+\Z")


class Folder:
    """Takes recordings as they come; safe to use from many threads. One that is `anew` puts aside what it had."""

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        self.path = path
        self._anew = anew
        self._open: dict[str, tuple[Path, list[Interaction]]] = {}
        self._lock = threading.Lock()

    def read(self) -> list[Interaction]:
        """All that is in it, in the order of the files' names; raises `BadRecording`."""
        return [interaction for file in files.listed(self.path) for interaction in files.read(file)]

    def keep(self, interaction: Interaction) -> None:
        """Write one more, into the file of its endpoint."""
        name = name_of(interaction.request.path)
        with self._lock:
            file, kept = self._open.get(name) or self._begun(name)
            if len(kept) >= MOST:
                file, kept = self._numbered(name, _number(file) + 1), []
            kept.append(interaction)
            self._open[name] = file, kept
            files.write(file, kept, Redactor())

    def _begun(self, name: str) -> tuple[Path, list[Interaction]]:
        there = [file for file in files.listed(self.path) if file.parent == self.path and _is_of(file, name)]
        if self._anew:
            for file in there:
                file.unlink()
        elif there:
            return there[-1], files.read(there[-1])
        return self._numbered(name, 1), []

    def _numbered(self, name: str, number: int) -> Path:
        return self.path / f"{name}{f'-{number}' if number > 1 else ''}{files.SUFFIX}"


def name_of(path: str) -> str:
    """What the file of an endpoint is called, without what names an object: `chat-completions`, `files-content`."""
    words = [word for word in path.split("/") if _WORD.match(word)]
    return "-".join(words) or "other"


def _is_of(file: Path, name: str) -> bool:
    return re.fullmatch(rf"{re.escape(name)}(?:-\d+)?", file.stem) is not None


def _number(file: Path) -> int:
    found = re.search(r"-(\d+)\Z", file.stem)
    return int(found[1]) if found else 1
