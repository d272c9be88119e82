"""The runner of the commands of pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import console

PAGE = """
```console
$ export NAME=World
$ printf 'Hello,\\n%s\\n' \\
  "$NAME"
Hello...
World
```

<!-- not run: it would fail -->
```console
$ false
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_commands_are_run_in_one_shell(page: Path) -> None:
    page.write_text(PAGE, encoding="utf-8")
    console.run(page)


@pytest.mark.parametrize("old", ["Hello...", "\nWorld"])
def test_what_is_not_printed_fails(page: Path, old: str) -> None:
    page.write_text(PAGE.replace(old, "\nBye"), encoding="utf-8")
    with pytest.raises(AssertionError, match="did not print, or not in this place: Bye"):
        console.run(page)


def test_a_command_that_fails_fails(page: Path) -> None:
    page.write_text("```console\n$ echo oh; false\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="ended with 1 and printed:\noh"):
        console.run(page)
