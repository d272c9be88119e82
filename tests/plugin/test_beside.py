"""The plugin beside other plugins, turned off, and in a run that does not use it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

HEAVY = ("openai", "numpy", "werkzeug", "httpx", "httpx2", "pydantic", "pytest_httpserver", "genai_prices")

SOURCE = """
import pytest
from app import ask

@pytest.mark.parametrize('number', range(8))
def test_it(number, mock_openai):
    mock_openai.reply(f'answer {number}')
    assert ask() == f'answer {number}'
"""


def test_random_order(run):
    pytest.importorskip("pytest_randomly")
    run(SOURCE, "-p", "pytest_randomly").assert_outcomes(passed=8)


def test_a_test_that_runs_again_starts_anew(run):
    pytest.importorskip("pytest_rerunfailures")
    source = """
import app

@pytest.mark.mock_openai('a', 'b')
def test_it(mock_openai):
    app.runs = getattr(app, 'runs', 0) + 1
    assert len(mock_openai.calls) == 0
    app.ask()
    if app.runs == 2:
        app.ask()
    assert app.runs != 1
"""
    result = run("import pytest\n" + source, "-p", "pytest_rerunfailures", "--reruns=3")
    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}
    result.stdout.fnmatch_lines(["mock_openai: [23] calls in 1 test, *"])


def test_an_unused_reply_is_a_failure_that_runs_again(run):
    pytest.importorskip("pytest_rerunfailures")
    source = """
import app
import pytest

@pytest.mark.mock_openai('a')
def test_it():
    app.runs = getattr(app, 'runs', 0) + 1
    if app.runs == 2:
        app.ask()
"""
    result = run(source, "-p", "pytest_rerunfailures", "--reruns=3")
    assert result.parseoutcomes()["rerun"] == 1
    assert "errors" not in result.parseoutcomes()


def test_it_can_be_turned_off(pytester, monkeypatch):
    if not entry_points(group="pytest11", name="mockopenai"):
        pytest.skip("the package is not installed")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    others = ("-p", "no:mockllm", "-p", "no:asyncio")
    pytester.makepyfile("def test_it(mock_openai):\n    pass")
    result = pytester.runpytest_inprocess("-p", "no:mockopenai", *others)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*fixture 'mock_openai' not found"])
    result = pytester.runpytest_inprocess("-p", "no:mockopenai", *others, "--markers")
    result.stdout.no_fnmatch_line("*mock_openai*")


def test_a_run_without_it_loads_nothing(pytester):
    source = f"""
import sys

def test_it():
    assert 1 == 1
    assert 'pytest_mockopenai.plugin' in sys.modules
    loaded = [name for name in {HEAVY} if name in sys.modules]
    ours = [name for name in sys.modules if name.startswith('pytest_mockopenai.')]
    assert (loaded, sorted(ours)) == ([], {OURS!r})
"""
    pytester.makepyfile(source)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_mockopenai.plugin"]
    done = subprocess.run(command, cwd=pytester.path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


OURS = ["fixtures", "marker", "plugin", "recorded", "summary"]
OURS = [f"pytest_mockopenai.{name}" for name in OURS]
