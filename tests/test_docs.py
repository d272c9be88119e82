"""Every Python example of README.md and docs/ is run: each page is a small project of the files it names.

A block whose first line is a comment with a file name (`# test_answer.py`) is that file. A block after the comment
`<!-- fails -->` is a test file that must fail, and the lines of the `text` block that follows it must appear in what
pytest prints, in that order.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import pytest_mockopenai
from pytest_mockopenai import MockOpenAI

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?P<fails><!-- fails -->\n+)?^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
FAILURE = re.compile(r"(?:FAILED|ERROR) ([\w/]+\.py)")
NAME = re.compile(r"# ([\w/]+\.(?:py|ini|toml))\n")


@dataclass(frozen=True)
class Example:
    """A file of a page, and the lines that its failure prints (None: it must pass)."""

    name: str
    text: str
    printed: tuple[str, ...] | None = None


def examples_of(page: Path) -> list[Example]:
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    found = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        name = NAME.match(block["text"])
        if not name:
            continue
        printed = tuple(after["text"].splitlines()) if block["fails"] and after else None
        found.append(Example(name[1], block["text"], printed))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run(page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = examples_of(page)
    if not examples:
        pytest.skip("no examples")
    for example in examples:
        path = pytester.path / example.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.text, encoding="utf-8")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\npythonpath = .\naddopts = -q -p pytest_mockopenai.plugin")
    result = pytester.runpytest_subprocess()
    failed = {match[1] for line in result.stdout.lines if (match := FAILURE.match(line))}
    assert failed == {example.name for example in examples if example.printed is not None}
    for example in examples:
        _assert_printed(example.printed or (), result.stdout.lines)


def _assert_printed(wanted: tuple[str, ...], lines: list[str]) -> None:
    """Each wanted line is in the output, after the one before; `...` in it stands for anything."""
    rest = iter(lines)
    for line in filter(str.strip, wanted):
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("..."))
        assert any(re.search(pattern, got) for got in rest), f"not printed, or not in this place: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_are_named(page: Path) -> None:
    """A block without a file name would not be run."""
    blocks = [block for block in BLOCK.finditer(page.read_text(encoding="utf-8")) if block["language"] == "python"]
    assert [block["text"].splitlines()[0] for block in blocks if not NAME.match(block["text"])] == []


def test_generated_parts_are_as_the_code_is() -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_docs.py"), "--check"], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout) == (0, ""), "run `make docs`"


TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("name", [name for name in vars(MockOpenAI) if not name.startswith("_")])
def test_what_a_test_holds_is_documented(name: str) -> None:
    assert re.search(rf"mock_openai\.{name}\b|mock\.{name}\b|`{name}`", TEXT), f"MockOpenAI.{name} is on no page"


@pytest.mark.parametrize("name", [name for name in pytest_mockopenai.__all__ if not name.startswith("_")])
def test_public_names_are_documented(name: str) -> None:
    assert re.search(rf"`{name}\b|import .*\b{name}\b", TEXT), f"{name} is on no page"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "mock_openai_seed",
            "mock_openai_strict",
            "mock_openai_env",
            "mock_openai_stubs",
            "mock_openai_url",
            "mock_openai_unknown_ids",
        ),
        *("--mock-openai-seed", "--mock-openai-url"),
    ],
)
def test_options_of_pytest_are_documented(name: str) -> None:
    assert f"`{name}`" in TEXT
