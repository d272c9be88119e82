"""A fresh environment with this project and its contenders, so that nothing else that is installed takes part."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from bench_runs import output_of

ROOT = Path(__file__).resolve().parent.parent
_INSTALLED = (str(ROOT), "llmock")
_SHOWN = ("openai", "pytest", "pytest-httpserver", "llmock")
_VERSIONS = """\
import sys
from importlib.metadata import version
print(*(f"{name} {version(name)}" for name in sys.argv[1:]), sep=", ")
"""


def new(folder: Path) -> Path:
    """Make an environment in the folder and return its Python; SystemExit if something cannot be installed."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_INSTALLED]
    if subprocess.run(install).returncode:
        raise SystemExit("The contenders could not be installed: pip says why above. Is the package index reachable?")
    return python


def versions(python: Path, folder: Path) -> str:
    """One line saying what is being compared; SystemExit if something is not installed."""
    said = output_of([python, "-c", _VERSIONS, *_SHOWN], folder)
    return f"Python {sys.version.split()[0]}, {said.strip()}"
