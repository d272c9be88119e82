"""The resource files of the installed openai package: which of them speak of a path, read without importing them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LITERAL = re.compile(r"""["'](/[a-z{][^"'\s]*)["']""")
"""A path in the source, such as `"/files/{file_id}"`: whole, as `path_template` takes it, or an f-string."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of `openai/resources`: where it is, its module, and the paths that it speaks of, without their queries."""

    file: Path
    module: str
    paths: frozenset[str]

    @property
    def resource(self) -> str:
        """The resource as one writes it with a client: `chat.completions` for chat/completions/completions.py."""
        return _resource(self.module)


@cache
def sources() -> tuple[Source, ...]:
    """Every resource file in the order of its path; none if the openai package is not installed."""
    return tuple(Source(file, module, frozenset(_paths(file.read_text("utf-8")))) for file, module in _modules())


@cache
def resources() -> frozenset[str]:
    """The names of all resources; no file is read for them."""
    return frozenset(_resource(module) for _, module in _modules())


def _resource(module: str) -> str:
    parts = module.split(".")[2:]
    return ".".join(parts[:-1] if parts[-2:-1] == parts[-1:] else parts)


def is_installed() -> bool:
    """Whether there is an openai package to derive from."""
    return _package() is not None


def _package() -> Path | None:
    """The folder of the openai package, found without importing it."""
    try:
        spec = find_spec("openai")
    except (ImportError, ValueError):  # a test may have put something odd in its place
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _modules() -> Iterator[tuple[Path, str]]:
    """The resource files with their modules."""
    root = _package()
    if root is not None:
        for file in sorted((root / "resources").rglob("*.py")):
            if file.name != "__init__.py":
                yield file, ".".join(("openai", *file.relative_to(root).with_suffix("").parts))


def _paths(text: str) -> Iterator[str]:
    return (found.partition("?")[0] for found in _LITERAL.findall(text))
