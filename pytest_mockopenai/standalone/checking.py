"""`mockopenai check`: stubs files read, and what is wrong said."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path


def check_files(paths: Sequence[Path]) -> int:
    """Reads each file and says what is wrong with it, and where; 1 if anything is."""
    wrong = [path for path in paths if not _is_sound(path)]
    return 1 if wrong else 0


def _is_sound(path: Path) -> bool:
    try:
        import_module("pytest_mockopenai.standalone.stubs").Stubs.load(path)
    except (OSError, ValueError) as error:
        print(f"{path}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return False
    print(f"{path}: sound")
    return True
