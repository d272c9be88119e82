from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import summary
from pytest_mockopenai.summary import Totals

SOURCE = """
import pytest
from app import ask
pytestmark = pytest.mark.mock_openai(seed=1)

@pytest.mark.parametrize('number', range(6))
def test_it(number, mock_openai):
    mock_openai.set_price('gpt-4o', input=2.5, output=10)
    mock_openai.reply('server_error', 'Paris')
    assert (ask(), ask()) == (500, 'Paris')

def test_none(mock_openai):
    pass
"""
LINE = "mock_openai: 12 calls in 6 tests, 6 errors, 48+6 tokens, would have cost $0.00018 (*your own prices)"


def test_a_run_ends_with_what_it_used(run):
    result = run(SOURCE)
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines([LINE])


def test_a_quiet_run_does_not(run):
    run(SOURCE, "-qq").stdout.no_fnmatch_line("mock_openai:*")


def test_nor_one_that_called_nothing(run):
    run("def test_it(mock_openai):\n    pass").stdout.no_fnmatch_line("mock_openai:*")


def test_failed_and_failing_tests_count_too(run):
    source = "import pytest\nfrom app import ask\n@pytest.mark.mock_openai('a', 'b')\ndef test_it():\n    ask()\n"
    for end in ("", "    assert False\n"):
        run(source + end).stdout.fnmatch_lines(["mock_openai: 1 call in 1 test, 8+1 tokens*"])


def test_models_without_a_price_are_named(run):
    source = """
from app import ask

def test_it(mock_openai):
    mock_openai.set_price('x', input=1)
    ask(model='my model')
"""
    run(source).stdout.fnmatch_lines(["*would have cost $0.00 (*; no price for: my model)"])


def test_workers_give_the_same_totals(run):
    run(SOURCE, "-p", "xdist.plugin", "-n2").stdout.fnmatch_lines([LINE])


def test_junit_has_one_readable_property_for_each_test(run, pytester):
    run(SOURCE, "--junitxml=out.xml")
    properties = [
        (p.get("name"), p.get("value")) for p in ElementTree.parse(pytester.path / "out.xml").iter("property")
    ]
    assert len(properties) == 6
    assert {name for name, _ in properties} == {"mock_openai"}
    assert properties[0][1].startswith("calls=2 errors=1 prompt_tokens=8 completion_tokens=1 cost=0.00003 prices=")


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
COUNT = st.integers(0, 10**12)


@given(
    st.builds(
        Totals,
        tests=st.just(1),
        calls=COUNT,
        errors=COUNT,
        prompt_tokens=COUNT,
        completion_tokens=COUNT,
        sure=st.booleans(),
        unpriced=st.lists(TEXT, unique=True).map(tuple),
    )
)
def test_totals_survive_the_property(totals):
    assert summary._read(summary._text(totals)) == totals


def test_totals_add_up():
    one = Totals(1, 2, 1, 20, 3, True, 0.5, ("x",), "list")
    two = Totals(1, 1, 0, 10, 1, False, None, ("y", "x"), "")
    assert one + two == Totals(2, 3, 1, 30, 4, False, 0.5, ("x", "y"), "list")
    assert one + Totals() == one
    assert str(two) == "1 call in 1 test, ~10+1 tokens"
