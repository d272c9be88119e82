"""The fixture on a mock in another process, and on stubs files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_mockopenai.admin import Admin, Front
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Settings


@pytest.fixture
def scene() -> Scene:
    return Scene(Settings(seed=3))


@pytest.fixture
def url(scene: Scene) -> Iterator[str]:
    with HTTPServerHost(Front(scene.app, Admin(scene, token="s3cret"))) as host:
        yield host.url


TESTS = """
import pytest
from app import ask

def test_plain(mock_openai):
    mock_openai.reply("Paris")
    assert ask() == "Paris"
    assert [call.last_message for call in mock_openai.calls] == ["Hi"]
    assert mock_openai.usage.total_tokens == 9

@pytest.mark.mock_openai("rate_limit", "Rome", seed=7)
def test_marked(mock_openai):
    assert [ask(), ask()] == [429, "Rome"]
    assert mock_openai.settings.seed == 7
    assert len(mock_openai.calls) == 2

@pytest.mark.mock_openai("never")
def test_unused(mock_openai):
    pass
"""


def test_the_same_tests_run_here_and_elsewhere(run, scene, url):
    for arguments in ((), (f"--mock-openai-url={url}", "--mock-openai-token=s3cret")):
        result = run(TESTS, *arguments)
        result.assert_outcomes(passed=3, errors=1)
        result.stdout.fnmatch_lines(
            ["*1 scripted reply was never asked for.*", "*says('never') for any call (test_it.py:16)*"]
        )
    assert scene.app.settings.seed == 3


def test_clients_are_pointed_at_the_gateway(run, pytester, url):
    pytester.makeini(f"[pytest]\nmock_openai_url = {url}\nmock_openai_token = s3cret\n")
    source = """
import os

def test_it(mock_openai):
    assert os.environ["OPENAI_BASE_URL"] == "http://127.0.0.1:4000/v1"
    assert os.environ["OPENAI_API_KEY"] == "sk-gateway"
"""
    gateway = ("--mock-openai-base-url=http://127.0.0.1:4000/v1", "--mock-openai-api-key=sk-gateway")
    run(source, *gateway).assert_outcomes(passed=1)


def test_a_mock_that_is_not_there_fails_the_test_in_words(run):
    result = run("def test_it(mock_openai):\n    pass", "--mock-openai-url=http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["No mock answers at http://127.0.0.1:9: *Start one: mockopenai serve"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_gateway_without_a_mock_is_a_usage_error(run):
    result = run("", "--mock-openai-base-url=http://127.0.0.1:4000/v1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: mock_openai_base_url goes with mock_openai_url: *"])


def test_one_mock_is_not_shared_by_workers(run, url, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    result = run("def test_it(mock_openai):\n    pass", f"--mock-openai-url={url}")
    result.stdout.fnmatch_lines(["Tests that share a mock elsewhere run one by one: *"])


STUBS = "settings: {seed: 5}\nrules:\n- {when: {contains: France}, reply: Paris}\n- {always: I don't know.}\n"


def test_stubs_come_from_the_file_or_the_marker(run, pytester):
    (pytester.path / "stubs").mkdir()
    (pytester.path / "stubs" / "a.yaml").write_text(STUBS)
    (pytester.path / "other.json").write_text('{"rules": [{"always": "other"}]}')
    pytester.makeini("[pytest]\nmock_openai_stubs = stubs\n")
    source = """
import pytest
from app import ask

def test_file(mock_openai):
    mock_openai.when(contains="Italy").reply("Rome")
    assert [ask("France"), ask("France"), ask("Italy")] == ["Paris", "I don't know.", "Rome"]
    assert mock_openai.settings.seed == 5

def test_a_reply_that_is_not_asked_for_is_no_fault(mock_openai):
    assert mock_openai.problems == []

@pytest.mark.mock_openai(stubs="other.json", seed=6)
def test_marker(mock_openai):
    assert ask() == "other"
    assert mock_openai.settings.seed == 6
"""
    run(source).assert_outcomes(passed=3)


def test_a_mistake_in_stubs_fails_the_test_in_one_line(run, pytester):
    (pytester.path / "stubs.yaml").write_text("rules:\n- reply: rate_limt\n")
    pytester.makeini("[pytest]\nmock_openai_stubs = stubs.yaml\n")
    result = run("def test_it(mock_openai):\n    pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*stubs.yaml:2:3: rules[[]0].reply: 'rate_limt' is not a word*Did you mean 'rate_limit'*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
