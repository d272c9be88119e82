"""The package's surface: importing it is cheap, and every public name is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_mockopenai import tokens


def test_every_public_name_is_there() -> None:
    assert sorted(tokens.__all__) == sorted(set(tokens.__all__))
    for name in tokens.__all__:
        assert getattr(tokens, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tokens.nothing


def test_importing_it_loads_nothing() -> None:
    code = "import sys; before = set(sys.modules); import pytest_mockopenai.tokens; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert [name for name in loaded if name.startswith("pytest_mockopenai.")] == ["pytest_mockopenai.tokens"]
    assert {"json", "zlib", "heapq", "threading", "difflib"}.isdisjoint(loaded)
