from __future__ import annotations

import shlex

HEAD = """
import pytest
from app import ask
from pytest_mockopenai import says, rate_limit, Usage
marked = pytest.mark.mock_openai

"""


def test_a_failed_test_shows_its_calls(run):
    source = """
@marked(rate_limit(retry_after=2), 'Paris', 'unused')
def test_it():
    ask(), ask()
    assert False
"""
    run(HEAD + source).stdout.fnmatch_lines(
        [
            "*- mock_openai calls -*",
            "[[]0] POST /v1/chat/completions  gpt-4o  429  rate_limit(retry_after=2)",
            "[[]1] POST /v1/chat/completions  gpt-4o  200  8+1 tokens  says('Paris')",
            "1 scripted reply was never asked for.",
        ],
        consecutive=True,
    )


def test_retries_of_the_sdk_and_broken_replies_are_shown(run):
    source = """
@marked('server_error', 'Paris', 'says;text=hello | cut;after=0')
def test_it(mock_openai):
    mock_openai.client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': 'Hi'}])
    ask()
"""
    run(HEAD + source).stdout.fnmatch_lines(
        ["[[]0] POST *500*", "[[]1] POST *200*retry 1*", "[[]2] POST *says('hello') | cut(after=0)  cut"]
    )


def test_a_test_that_fails_in_chaos_says_how_to_have_the_same_again(run):
    source = """
def test_it(mock_openai):
    said = [ask(f'Question {n}') for n in range(10)]
    print('said', said)
    assert set(said) == set()
"""
    chaos = "--mock-openai-chaos=0.5;words=overloaded"
    first = run(HEAD + source, "--mock-openai-seed=3", chaos)
    (line,) = [line for line in first.outlines if line.startswith("chaos struck")]
    assert line.endswith("; the same again: --mock-openai-seed=3 --mock-openai-chaos='rate=0.5;words=overloaded'")
    again = run(HEAD + source, *shlex.split(line.partition("again: ")[2]))
    (said,) = [line for line in first.outlines if line.startswith("said [")]
    assert "503" in said
    assert said in again.outlines


def test_a_failing_setup_shows_calls_and_a_passing_test_does_not(run):
    source = """
@pytest.fixture
def bad(mock_openai):
    ask('setup')
    1 / 0

def test_bad(bad):
    pass

def test_good(mock_openai):
    ask('good')
"""
    result = run(HEAD + source, "-rA")
    result.stdout.fnmatch_lines(["*ERROR at setup*", "*- mock_openai calls -*", "*POST /v1/chat/completions*"])
    assert result.stdout.str().count("mock_openai calls") == 1


def test_show_capture_hides_them(run):
    result = run(f"{HEAD}def test_it(mock_openai):\n    ask()\n    assert False", "--show-capture=no")
    result.stdout.no_fnmatch_line("*mock_openai calls*")


def test_a_test_without_the_mock_has_no_section(run):
    run(f"{HEAD}def test_it():\n    assert False").stdout.no_fnmatch_line("*mock_openai calls*")


def test_a_plain_assert_on_calls_shows_how_they_differ(run):
    source = """
def test_it(mock_openai):
    ask()
    assert mock_openai.calls == []
"""
    run(HEAD + source).stdout.fnmatch_lines(
        ["E       assert 1 call == 0 items", "E         - [[]0] POST /v1/chat/completions  gpt-4o*"]
    )


def test_a_plain_assert_on_usage_shows_the_fields_that_differ(run):
    source = """
@marked('Paris')
def test_it(mock_openai):
    ask()
    assert mock_openai.usage == Usage(prompt_tokens=9, completion_tokens=1)
"""
    result = run(HEAD + source)
    result.stdout.fnmatch_lines(["E*assert 8+1 tokens == 9+1 tokens", "E*prompt_tokens: 8 != 9"])
    result.stdout.no_fnmatch_line("*completion_tokens: *")


def test_a_helper_assert_hides_its_own_frames(run):
    result = run(f"{HEAD}def test_it(mock_openai):\n    mock_openai.assert_called_once('chat')")
    result.stdout.fnmatch_lines(
        [
            ">       mock_openai.assert_called_once('chat')",
            "E       AssertionError: No call to chat; expected exactly one.",
        ]
    )
    result.stdout.no_fnmatch_line("*asserts.py*")
