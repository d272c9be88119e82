"""Runs the tests that drive the SDK against several versions of the openai package, each in a fresh environment.

Usage: python tools/sdks.py [VERSION ...]; needs the package index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

VERSIONS = ("1.109.1", "2.52.1", "3.54.0")
ROOT = Path(__file__).parent.parent
TESTS = ("tests/sdk", "tests/isolation", "tests/contract/derived")
NEEDED = (
    *("hypothesis", "pillow", "pytest-asyncio", "pytest-xdist"),
    *("aiohttp", "httpx-aiohttp", "requests", "websockets<16"),
)


def run(version: str, folder: Path) -> int:
    """Make the environment of one version and run the tests in it; returns pytest's exit code."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--editable", str(ROOT), f"openai=={version}", *NEEDED]
    subprocess.run(install, check=True)
    print(f"--- openai {version}", flush=True)
    return subprocess.run(
        [python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *TESTS], cwd=ROOT
    ).returncode


def main(versions: list[str]) -> int:
    """Run all versions, then say which failed."""
    with tempfile.TemporaryDirectory() as folder:
        failed = [version for version in versions or VERSIONS if run(version, Path(folder, version))]
    print(f"failed: {', '.join(failed)}" if failed else "all versions passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
