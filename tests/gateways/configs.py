"""The configurations of docs/gateways, with the addresses of a test in the place of those that the pages name."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import console

DOCS = Path(__file__).parents[2] / "docs" / "gateways"

FIRST = 8080
SECOND = 8081
"""The ports on which the pages expect the two mocks."""


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def config(name: str, ports: Mapping[int, int]) -> str:
    """The text of a file of docs/gateways, each port of the pages replaced by that of the test."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for port in ports:
        assert re.search(rf"\b{port}\b", text), f"{name} does not mention port {port}"
    return replaced(text, ports)


def replaced(text: str, ports: Mapping[int, int]) -> str:
    """The text with these ports replaced."""
    wanted = {str(port): str(new) for port, new in ports.items()}
    return re.sub(rf"\b({'|'.join(wanted)})\b", lambda match: wanted[match[1]], text)


def run_page(name: str, ports: Mapping[int, int], folder: Path) -> None:
    """Run the commands of a page in a copy of the pages, each port of theirs replaced by that of the test."""
    for file in filter(Path.is_file, DOCS.rglob("*")):
        copy = folder / file.relative_to(DOCS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(replaced(file.read_text(encoding="utf-8"), ports), encoding="utf-8")
    console.run(folder / name, {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])})
