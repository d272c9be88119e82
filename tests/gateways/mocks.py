"""Mocks for a gateway to stand before: processes of their own, as in front of a real gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_mockopenai import MockOpenAI
from tests.serving import served


@contextmanager
def mock_server(folder: Path, *options: str, name: str = "mock") -> Iterator[MockOpenAI]:
    """`mockopenai serve` with these options, scripted and looked at through its admin API."""
    with served(folder, *options, name=name) as server:
        yield MockOpenAI.connect(server.url)
