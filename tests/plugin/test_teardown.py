"""What fails a test that passed, and what does not."""

from __future__ import annotations

import pytest

HEAD = """
import pytest
from app import ask
from pytest_mockopenai import says, rate_limit
marked = pytest.mark.mock_openai

"""


def test_an_unused_reply_fails_the_test_and_is_told_with_its_place(run):
    result = run(f"{HEAD}@marked('a', 'b')\ndef test_it():\n    assert ask() == 'a'")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            "1 scripted reply was never asked for.",
            "Seen:",
            "  [[]0] POST /v1/chat/completions  gpt-4o  200  8+1 tokens  says('a')",
            "Expected:",
            "  says('b') for any call (test_it.py:6)",
            "How to fix:",
        ],
        consecutive=True,
    )


def test_an_unused_reply_of_a_test_that_escaped_tells_what_was_refused(run):
    source = """
import urllib.request

def test_it(mock_openai):
    mock_openai.reply('never')
    with pytest.raises(OSError):
        urllib.request.urlopen('https://api.openai.com/v1/models')
"""
    result = run(HEAD + source)
    result.stdout.fnmatch_lines(
        ["Seen:", "  No call reached the mock.", "  refused: *api.openai.com*"], consecutive=True
    )


def test_a_reply_used_while_other_fixtures_end_counts(run):
    source = """
@pytest.fixture
def closing(mock_openai):
    yield
    assert ask() == 'goodbye'

@marked('goodbye')
def test_it(closing):
    pass
"""
    run(HEAD + source).assert_outcomes(passed=1)


def test_an_unscripted_call_fails_under_strict_with_the_nearest_rule(run):
    source = """
@marked(strict=True)
def test_it(mock_openai):
    mock_openai.when(model='gpt-4o-mini', contains='weather').always('Sunny.')
    assert ask('What is the weather?') == 400
"""
    result = run(HEAD + source)
    result.stdout.fnmatch_lines(
        [
            "No scripted reply for POST /v1/chat/completions with model 'gpt-4o'; the mock is strict*",
            "Expected:",
            "  Nearest rule: model='gpt-4o-mini', contains='weather' (test_it.py:9)",
            "    model differs:",
            "      - 'gpt-4o-mini'",
            "      + 'gpt-4o'",
        ]
    )


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("max_calls=1", "max_calls=1 is exceeded by 1: the test used 2. Call 1 went over it."),
        ("max_total_tokens=10", "max_total_tokens=10 is exceeded by 8: the test used 18. Call 1 went over it."),
    ],
)
def test_a_budget_fails_the_test_and_names_the_call(run, budget, message):
    result = run(f"{HEAD}@marked('a', 'b', {budget})\ndef test_it():\n    ask(), ask()")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([message, "Seen:", "  [[]0] POST*", "  [[]1] POST*", "How to fix:"], consecutive=True)


def test_a_budget_that_is_just_met_is_fine(run):
    run(f"{HEAD}@marked('a', 'b', max_calls=2, max_total_tokens=18)\ndef test_it():\n    ask(), ask()").assert_outcomes(
        passed=1
    )


@pytest.mark.parametrize("body", ["assert False", "pytest.skip('no')", "pytest.xfail('known')"])
def test_a_test_that_did_not_pass_is_not_failed_again(run, body):
    outcomes = run(f"{HEAD}@marked('unused')\ndef test_it():\n    {body}").parseoutcomes()
    assert "errors" not in outcomes
    assert sum(outcomes.values()) == 1


def test_a_test_whose_setup_failed_is_not_failed_again(run):
    source = "@pytest.fixture\ndef bad(mock_openai):\n    1 / 0\n\n@marked('unused')\ndef test_it(bad):\n    pass"
    result = run(HEAD + source)
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("*ERROR at teardown*")


def test_an_expected_failure_may_be_ours(run):
    run(f"{HEAD}@pytest.mark.xfail(strict=False)\n@marked('unused')\ndef test_it():\n    pass").assert_outcomes(
        xpassed=1, xfailed=1
    )
