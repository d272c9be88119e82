"""`mockopenai check`: stubs files read, and what is wrong said."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_mockopenai.stubs import BadStubs, Stubs


def check_files(paths: Sequence[Path]) -> int:
    """Reads each file or folder and says what is wrong with it, and where; 1 if anything is."""
    return 1 if [path for path in paths if not _is_sound(path)] else 0


def _is_sound(path: Path) -> bool:
    try:
        stubs = Stubs.load(path)
    except BadStubs as error:
        print(error, file=sys.stderr)
        return False
    print(f"{path}: {len(stubs.rules)} rules, {len(stubs.settings)} settings, {len(stubs.models)} models")
    return True
