"""Which files stubs are in, and whether they have changed.

A Kubernetes ConfigMap is mounted as a folder of links: `rules.yaml -> ..data/rules.yaml`, `..data -> ..2026_01_01/`. An
update swaps the link `..data`. So names that begin with a dot are passed over, and what a link leads to is looked at.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[tuple[str, int, int, int], ...]


class NotFound(Exception):
    """There is no such file, or no stubs file in a folder."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def listed(paths: Iterable[str | Path], suffixes: Container[str]) -> list[Path]:
    """The files, those of folders in the order of their names, each once. Raises `NotFound`."""
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        for file in _in_folder(path, suffixes) if path.is_dir() else [_known(path, suffixes)]:
            found.setdefault(str(file.resolve()), file)
    return list(found.values())


def _in_folder(folder: Path, suffixes: Container[str]) -> list[Path]:
    try:
        names = sorted(folder.iterdir(), key=lambda file: file.name)
    except OSError as error:
        raise NotFound(str(folder), f"the folder cannot be read: {error.strerror or error}") from None
    found = [file for file in names if not file.name.startswith(".") and _format(file) in suffixes and file.is_file()]
    if not found:
        raise NotFound(str(folder), "the folder holds no stubs file: *.yaml, *.yml, *.toml or *.json")
    return found


def _known(file: Path, suffixes: Container[str]) -> Path:
    if not file.exists():
        raise NotFound(str(file), "there is no such file")
    if _format(file) not in suffixes:
        raise NotFound(str(file), "the name of a stubs file ends in .yaml, .yml, .toml or .json")
    return file


def _format(file: Path) -> str:
    return file.suffix[1:].lower()


def stamp(paths: Iterable[str | Path], suffixes: Container[str]) -> Stamp:
    """A value that changes when the files do: what they are, where links lead, sizes and times."""
    try:
        return tuple(_stamp(file) for file in listed(paths, suffixes))
    except NotFound as error:
        return ((error.path, 0, 0, 0),)


def _stamp(file: Path) -> tuple[str, int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return (str(file), 0, 0, 0)
    return (f"{file} -> {file.resolve()}", status.st_ino, status.st_size, status.st_mtime_ns)
