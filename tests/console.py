"""The commands of a page: its `console` blocks, run one after the other in one shell, and what they print.

A line that begins with `$ ` is a command; lines up to the next one are what it prints, in this order, other lines
between them left out; `...` in them stands for anything. A block after `<!-- not run: WHY -->` is only read.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?P<skipped><!-- not run: .+ -->\n+)?^```console\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE = 100  # seconds for a page
END = "--- ended with "


@dataclass(frozen=True)
class Command:
    """A command and the lines that it prints."""

    text: str
    printed: tuple[str, ...]


def commands_of(page: Path) -> list[Command]:
    """The commands of a page that are to be run."""
    blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [command for block in blocks if not block["skipped"] for command in _commands(block["text"])]


def _commands(text: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
        yield Command("\n".join(lines[:end]), tuple(filter(str.strip, lines[end:])))


def run(page: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a page's commands in its folder; asserts that each succeeds and what it prints."""
    commands = commands_of(page)
    assert commands, f"{page.name} has no commands to run"
    for command, (status, said) in zip(commands, _outputs(commands, page.parent, env or {}), strict=True):
        assert status == 0, f"{command.text}\nended with {status} and printed:\n{said}"
        _assert_printed(command, said)


def _outputs(commands: Iterable[Command], folder: Path, env: Mapping[str, str]) -> list[tuple[int, str]]:
    """The exit status of each command and what it printed."""
    script = "".join(f"{command.text}\nstatus=$?; echo; echo '{END}'$status\n" for command in commands)
    result = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env={**_unhampered(os.environ), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    found = re.findall(rf"(.*?)\n{END}(\d+)\n", result.stdout, re.DOTALL)
    return [(int(status), said) for said, status in found]


def _unhampered(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what pytest-xdist tells its workers: a pytest that is run here is none of them."""
    return {name: value for name, value in environ.items() if not name.startswith("PYTEST_XDIST")}


def _assert_printed(command: Command, said: str) -> None:
    rest = iter(said.splitlines())
    for line in command.printed:
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("..."))
        assert any(re.search(pattern, got) for got in rest), (
            f"{command.text}\ndid not print, or not in this place: {line}\nbut:\n{said}"
        )
