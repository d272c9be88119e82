"""The built wheel: exactly the package's files, and what it says about itself."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_mockopenai

ROOT = Path(__file__).parent.parent
SUFFIXES = {".py", ".typed", ".vocab", ".json", ""}
DATA = {"NOTICE", "cl100k_base.vocab", "o200k_base.vocab", "unicode16.json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def test_it_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = ROOT / "pytest_mockopenai"
    sources = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert files == {path.relative_to(ROOT).as_posix() for path in sources}
    assert {Path(name).suffix for name in files} == SUFFIXES
    assert {Path(name).name for name in files if "/data/" in name} == DATA


def test_it_is_small(wheel: zipfile.ZipFile) -> None:
    assert sum(entry.compress_size for entry in wheel.infolist()) < 2.5 * 2**20


def test_what_it_says_about_itself(wheel: zipfile.ZipFile) -> None:
    info = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    metadata = email.message_from_bytes(wheel.read(info["METADATA"]))
    assert metadata["Name"] == "pytest-mockopenai"
    assert metadata["Version"] == pytest_mockopenai.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    assert "Framework :: Pytest" in metadata.get_all("Classifier", [])
    assert b"mockopenai = pytest_mockopenai.plugin" in wheel.read(info["entry_points.txt"])
    assert {"LICENSE", "NOTICE"} <= set(info)


def test_the_changelog_has_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{pytest_mockopenai.__version__}]" in changelog
