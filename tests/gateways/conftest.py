"""What the tests of gateways share: two mocks for a module, new for each test, and the gateways installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_mockopenai import MockOpenAI
from tests.gateways.configs import DOCS, FIRST, SECOND, port_of
from tests.gateways.mocks import mock_server
from tools import gateways

pytest.register_assert_rewrite("tests.gateways.calling")


@dataclass(frozen=True)
class Mocks:
    """The mock that a gateway prefers, and the one that takes its place."""

    first: MockOpenAI
    second: MockOpenAI

    @property
    def ports(self) -> dict[int, int]:
        """The ports of the pages, and those of the mocks."""
        return {FIRST: port_of(self.first.url), SECOND: port_of(self.second.url)}


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Mocks]:
    """Two mocks, for as long as a gateway stands before them; the first has the stubs of the pages."""
    with (
        mock_server(folder, f"--stubs={DOCS / 'limited.yaml'}", name="first") as first,
        mock_server(folder, name="second") as second,
    ):
        yield Mocks(first, second)


@pytest.fixture
def mocks(served: Mocks) -> Mocks:
    """The two mocks, as new."""
    served.first.reset()
    served.second.reset()
    return served


@pytest.fixture(scope="module")
def installed() -> Callable[[str], list[str]]:
    """The command of a gateway; skips the test where it is not installed."""

    def command(name: str) -> list[str]:
        found = gateways.command(name)
        if found is None:
            how = "apt-get install nginx" if name == "nginx" else "make gateways"
            pytest.skip(f"{name} is not installed; `{how}` installs it")
        return found

    return command


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a gateway's configuration and log."""
    return tmp_path_factory.mktemp("gateway")
