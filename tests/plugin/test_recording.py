"""Recording and replaying as a test suite does it: modes, files, and what is said when something is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_mockopenai import MockOpenAI

KEY = "sk-real-0123456789abcdefghij"

ASKS = """
from app import ask

def test_it(mock_openai):
    assert ask({question!r}) == {answer!r}
    assert [call.source for call in mock_openai.calls] == {sources!r}
"""


def asks(question: str = "Capital of France?", answer: object = "Paris", *sources: str) -> str:
    return ASKS.format(question=question, answer=answer, sources=list(sources))


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockOpenAI]:
    """The API that is recorded: another mock, which a run inside gets its key for from the environment."""
    mock = MockOpenAI()
    mock.always("Paris")
    with mock:
        url = mock.base_url
        monkeypatch.setenv("MOCK_OPENAI_UPSTREAM", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield mock


@pytest.fixture
def file(pytester: pytest.Pytester) -> Path:
    return pytester.path / "recordings" / "test_it" / "test_it.json"


def interactions(file: Path) -> list[Any]:
    found: list[Any] = json.loads(file.read_text(encoding="utf-8"))["interactions"]
    return found


# --- the modes: without a file, with one that has the call, with one that lacks it ------------------------------------


def test_once_records_a_test_that_has_no_recording_and_then_replays_it(run, file, upstream):
    run(asks("Capital of France?", "Paris", "upstream"), "--mock-openai-record=once").assert_outcomes(passed=1)
    assert len(upstream.calls) == 1
    assert upstream.calls[0].header("authorization") == "[redacted]"
    written = file.read_bytes()
    assert KEY.encode() not in written
    run(asks("Capital of France?", "Paris", "recording"), "--mock-openai-record=once").assert_outcomes(passed=1)
    other = run(asks("Capital of Spain?", 400, "refused"), "--mock-openai-record=once")
    other.assert_outcomes(passed=1, errors=1)
    other.stdout.fnmatch_lines(
        [
            "No recording answers POST /v1/chat/completions with model 'gpt-4o'; mode 'once' records nothing.",
            "*Nearest recording: [[]0] POST /chat/completions in *test_it.json",
            "*messages[[]0].content differs:",
            "*- 'Capital of France?'",
            "*+ 'Capital of Spain?'",
            "*--mock-openai-record=new*",
        ]
    )
    assert (len(upstream.calls), file.read_bytes()) == (1, written)


def test_none_replays_only(run, file, upstream):
    missing = run(asks("Capital of France?", 400, "refused"), "--mock-openai-record=none")
    missing.assert_outcomes(passed=1, errors=1)
    missing.stdout.fnmatch_lines(["*Nothing is recorded in *test_it.json, which does not exist."])
    assert not file.parent.exists()
    run(asks("Capital of France?", "Paris", "upstream"), "--mock-openai-record=all").assert_outcomes(passed=1)
    upstream.reset()
    run(asks("Capital of France?", "Paris", "recording"), "--mock-openai-record=none").assert_outcomes(passed=1)
    run(asks("Capital of Spain?", 400, "refused"), "--mock-openai-record=none").assert_outcomes(passed=1, errors=1)
    assert len(upstream.calls) == 0


@pytest.mark.parametrize("mode", ["new", "new_episodes"])
def test_new_records_what_is_not_there_and_keeps_what_is(run, file, upstream, mode):
    run(asks("Capital of France?", "Paris", "upstream"), f"--mock-openai-record={mode}").assert_outcomes(passed=1)
    first = interactions(file)
    both = """
from app import ask

def test_it(mock_openai):
    assert [ask("Capital of Spain?"), ask("Capital of France?")] == ["Paris", "Paris"]
    assert [call.source for call in mock_openai.calls] == ["upstream", "recording"]
"""
    run(both, f"--mock-openai-record={mode}").assert_outcomes(passed=1)
    assert interactions(file)[:1] == first
    assert [found["request"]["json"]["messages"][0]["content"] for found in interactions(file)] == [
        "Capital of France?",
        "Capital of Spain?",
    ]


def test_all_records_anew_whatever_there_is(run, file, upstream):
    run(asks("Capital of Spain?", "Paris", "upstream"), "--mock-openai-record=all").assert_outcomes(passed=1)
    upstream.reset()
    upstream.always("Paris, still")
    run(asks("Capital of France?", "Paris, still", "upstream"), "--mock-openai-record=all").assert_outcomes(passed=1)
    assert [found["request"]["json"]["messages"][0]["content"] for found in interactions(file)] == [
        "Capital of France?"
    ]


# --- who says the mode, and whose file it is --------------------------------------------------------------------------


def test_the_command_line_wins_over_the_marker_and_that_over_the_ini_file(run, pytester, upstream):
    pytester.makeini("[pytest]\nmock_openai_record = none")
    source = """
import pytest
from app import ask

@pytest.mark.mock_openai(record="new")
def test_marked(mock_openai):
    ask()

def test_plain(mock_openai):
    assert ask() == 400

@pytest.mark.mock_openai(record=None)
def test_made_up(mock_openai):
    assert "gpt-4o" in ask()
    assert [call.source for call in mock_openai.calls] == ["default"]
"""
    run(source).assert_outcomes(passed=3, errors=1)
    folder = pytester.path / "recordings" / "test_it"
    assert [file.name for file in folder.iterdir()] == ["test_marked.json"]
    run(source, "--mock-openai-record=all", "-k", "not plain").assert_outcomes(passed=2, deselected=1)
    assert [call.source for call in upstream.calls] == ["rule", "rule"]


def test_each_test_has_a_file_of_its_own(run, pytester, upstream):
    pytester.makeini("[pytest]\nmock_openai_recordings = cassettes\nmock_openai_record = new")
    source = """
import pytest
from app import ask

@pytest.mark.parametrize("model", ["gpt-4o", "ft:gpt-4o:acme/x", "ft:gpt-4o:acme?x"])
def test_models(mock_openai, model):
    ask(model=model)

class TestThem:
    def test_it(self, mock_openai):
        ask()

@pytest.mark.mock_openai(recording="shared/one.json")
def test_named(mock_openai):
    ask()

def test_without_a_call(mock_openai):
    pass
"""
    run(source, "-p", "no:randomly").assert_outcomes(passed=6)
    names = sorted(str(file.relative_to(pytester.path)) for file in pytester.path.rglob("*.json"))
    assert len(names) == 5
    assert names[0] == "cassettes/test_it/TestThem.test_it.json"
    assert names[1].startswith("cassettes/test_it/test_models-ft-gpt-4o-acme-x-")
    assert names[2].startswith("cassettes/test_it/test_models-ft-gpt-4o-acme-x-")
    assert names[3:] == ["cassettes/test_it/test_models-gpt-4o.json", "shared/one.json"]
    upstream.reset()
    run(source, "-p", "no:randomly").assert_outcomes(passed=6)
    assert len(upstream.calls) == 0


def test_what_is_scripted_is_neither_recorded_nor_replayed(run, file, upstream):
    source = """
from app import ask
from pytest_mockopenai import rate_limit

def test_it(mock_openai):
    mock_openai.when(contains="scripted").reply(rate_limit(), "Rome")
    assert [ask("scripted"), ask("scripted"), ask("real")] == [429, "Rome", "Paris"]
    assert [call.source for call in mock_openai.calls] == ["rule", "rule", SOURCE]
"""
    run(source.replace("SOURCE", "'upstream'"), "--mock-openai-record=new").assert_outcomes(passed=1)
    assert len(interactions(file)) == 1
    run(source.replace("SOURCE", "'recording'"), "--mock-openai-record=new").assert_outcomes(passed=1)


def test_fields_that_differ_may_be_ignored(run, pytester, upstream):
    pytester.makeini("[pytest]\nmock_openai_record = once\nmock_openai_record_ignore =\n  metadata\n  user")
    source = """
import time
from app import ask

def test_it(mock_openai):
    assert ask(metadata={"now": str(time.time())}, user=str(time.time())) == "Paris"
"""
    for _ in range(2):
        run(source).assert_outcomes(passed=1)
    assert len(upstream.calls) == 1


# --- what fails a test ------------------------------------------------------------------------------------------------


def test_an_unused_recording_fails_a_strict_test(run, pytester, upstream):
    source = """
import os
from app import ask

def test_it(mock_openai):
    ask("one")
    if not os.environ.get("LESS"):
        ask("two")
"""
    run(source, "--mock-openai-record=once").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmock_openai_strict = true")
    run(source, "--mock-openai-record=once").assert_outcomes(passed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LESS", "1")
        result = run(source, "--mock-openai-record=once")
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["1 recording was never asked for.", "*[[]1] POST /chat/completions*gpt-4o*"])
        pytester.makeini("[pytest]\nmock_openai_strict = false")
        run(source, "--mock-openai-record=once").assert_outcomes(passed=1)


def test_an_upstream_that_cannot_be_reached_fails_the_test_and_leaves_the_file_as_it_was(run, file, upstream):
    run(asks("Capital of France?", "Paris", "upstream"), "--mock-openai-record=all").assert_outcomes(passed=1)
    written = file.read_bytes()
    args = ("--mock-openai-record=all", "--mock-openai-upstream=http://127.0.0.1:1/v1")
    result = run(asks("Capital of France?", 502, "refused"), *args)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "The reply to POST /v1/chat/completions with model 'gpt-4o' could not be recorded.",
            "*http://127.0.0.1:1/v1 cannot be reached: ConnectError*",
        ]
    )
    assert file.read_bytes() == written


def test_without_a_key_the_real_api_is_not_asked(run, file, monkeypatch):
    result = run(asks("Capital of France?", 502, "refused"), "--mock-openai-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*https://api.openai.com/v1 is asked with a key, and there is none in the environment*"]
    )
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "*test_it.json: this is no JSON*"), ('{"interactions": []}', "*test_it.json: this is no recording*")],
)
def test_a_file_that_is_no_recording_is_said_to_be_none(run, file, text, message):
    file.parent.mkdir(parents=True)
    file.write_text(text)
    result = run(asks("Capital of France?", "Paris", "recording"), "--mock-openai-record=none")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str()


def test_wrong_options_are_usage_errors(run, pytester):
    result = run("", "--mock-openai-record=twice")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--mock-openai-record: invalid choice: 'twice'*"])
    pytester.makeini("[pytest]\nmock_openai_record = twice")
    result = run("")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*mock_openai_record is none, once, new, new_episodes or all, not 'twice'"])
    pytester.makeini("[pytest]\nmock_openai_url = http://127.0.0.1:1\nmock_openai_record = once")
    result = run("")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*mock_openai_record is for mocks of this process*"])


def test_a_folder_that_cannot_be_written_fails_the_test_in_a_sentence(run, file, upstream):
    source = (
        asks("Capital of France?", "Paris", "upstream")
        + f"""
    from pathlib import Path
    Path({str(file.parent.parent)!r}).write_text("in the way")
"""
    )
    result = run(source, "--mock-openai-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_it.json: the file cannot be written: *"])
    again = run(source, "--mock-openai-record=once")
    again.assert_outcomes(errors=1)
    again.stdout.fnmatch_lines(["*test_it.json: the file cannot be read: *"])
    assert "Traceback" not in result.stdout.str() + again.stdout.str()
