"""Child processes that are Python are guarded too, and nothing else about them changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mockopenai.isolation.environment import applied, patched

HOST = "mockopenai-test.openai.azure.com"
TRY = """
import socket, ssl, urllib.request
def resolve(): socket.getaddrinfo(HOST, 443)
def by_name(): socket.gethostbyname(HOST.upper().encode().decode() + ".")
def connect(): socket.socket().connect((HOST, 443))
def create(): socket.create_connection((HOST, 443))
def fetch(): urllib.request.urlopen(f"https://{HOST}/openai/v1/models")
def tunnel(): ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=HOST)
for way in (resolve, by_name, connect, create, fetch, tunnel):
    try:
        way()
    except Exception as error:
        error = getattr(error, "reason", error)
        told = isinstance(error, ConnectionError), "OPENAI_BASE_URL" in str(error)
        print(way.__name__, type(error).__name__, *told)
    else:
        print(way.__name__, "escaped")
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(url: str) -> Run:
    """Run Python code in a child of a process in which the mock is on."""

    def run(code: str, *options: str, python: str = sys.executable, **env: str) -> subprocess.CompletedProcess[str]:
        with applied(patched(url)):
            environment = {**os.environ, **env}
        code = f"HOST = {HOST!r}\n{code}"
        return subprocess.run(
            [python, *options, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_all_ways_are_refused(run: Run) -> None:
    done = run(TRY)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{way} RealHostRefused True True" for way in ("resolve", "by_name", "connect", "create", "fetch", "tunnel")
    ]


def test_the_mock_is_reached(run: Run) -> None:
    done = run("import os, urllib.request as u; print(u.urlopen(os.environ['OPENAI_BASE_URL'] + '/models').status)")
    assert (done.stdout, done.stderr) == ("200\n", "")


def test_children_of_children_are_guarded(run: Run) -> None:
    done = run(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {'HOST = ' + repr(HOST) + TRY!r}])")
    assert "escaped" not in done.stdout
    assert done.stdout.count("RealHostRefused") == 6


def test_nothing_is_imported_or_left_on_the_path(run: Run) -> None:
    done = run(
        "import sys; print([name for name in ('socket', 'ssl', 'typing') if name in sys.modules],"
        " [entry for entry in sys.path if entry.endswith('sitecustomize')])"
    )
    plain = run("import sys; print([name for name in ('socket', 'ssl', 'typing') if name in sys.modules])", "-E")
    assert done.stdout == plain.stdout.strip() + " []\n"


@pytest.mark.parametrize("option", ["-S", "-E", "-I"])
def test_it_is_just_not_active_without_site_or_environment(run: Run, option: str) -> None:
    done = run("import sys; print('sitecustomize' in sys.modules and 'isolation' in str(sys.modules))", option)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_the_next_sitecustomize_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.path.append('/theirs')\nvalue = 'theirs'\n")
    with applied({"PYTHONPATH": str(tmp_path)}):
        done = run(f"import sys, sitecustomize; print(sitecustomize.value, '/theirs' in sys.path)\n{TRY}")
    first, *rest = done.stdout.splitlines()
    assert first == "theirs True"
    assert [line for line in rest if "RealHostRefused" not in line] == []
    assert done.stderr == ""


def test_an_error_in_the_next_sitecustomize_is_told_as_ever(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import no_such_module_of_theirs\n")
    with applied({"PYTHONPATH": str(tmp_path)}):
        done = run("print('runs')")
    assert "no_such_module_of_theirs" in done.stderr
    plain = subprocess.run(
        [sys.executable, "-c", "print('runs')"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout)


def test_without_the_variable_it_does_nothing(run: Run) -> None:
    done = run("import socket; print(socket.getaddrinfo('127.0.0.1', 80) != [])", PYTEST_MOCKOPENAI_GUARD="")
    assert (done.stdout, done.stderr) == ("True\n", "")


def _pythons() -> list[str]:
    """Other versions that this machine has; none is fine."""
    found = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    return [str(path) for path in found if int(path.parts[-3].split(".")[1]) >= 8]


@pytest.mark.parametrize("python", _pythons())
def test_other_versions_of_python(run: Run, python: str) -> None:
    done = run(TRY, python=python)
    assert done.stderr == ""
    assert done.stdout.count("RealHostRefused True True") == 6
