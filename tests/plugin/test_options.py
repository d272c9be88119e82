from __future__ import annotations

import pytest

SEED = "def test_it(mock_openai):\n    assert mock_openai.settings.seed == "


def test_the_seed_comes_from_marker_command_line_or_file_in_this_order(run, pytester):
    run(SEED + "0").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmock_openai_seed = 5")
    run(SEED + "5").assert_outcomes(passed=1)
    run(SEED + "6", "--mock-openai-seed=6").assert_outcomes(passed=1)
    marked = "import pytest\n@pytest.mark.mock_openai(seed=7)\n"
    run(marked + SEED + "7", "--mock-openai-seed=6").assert_outcomes(passed=1)


def test_strict_comes_from_marker_or_file(run, pytester):
    pytester.makeini("[pytest]\nmock_openai_strict = true")
    source = """
import pytest

def test_file(mock_openai):
    assert mock_openai.settings.strict

@pytest.mark.mock_openai(strict=False)
def test_marker(mock_openai):
    assert not mock_openai.settings.strict
"""
    run(source).assert_outcomes(passed=2)


UNKNOWN = "def test_it(mock_openai):\n    assert mock_openai.settings.unknown_ids == "


def test_unknown_ids_come_from_marker_or_file(run, pytester):
    run(UNKNOWN + "'not_found'").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmock_openai_unknown_ids = synthesize")
    run(UNKNOWN + "'synthesize'").assert_outcomes(passed=1)
    marked = "import pytest\n@pytest.mark.mock_openai(unknown_ids='not_found')\n"
    run(marked + UNKNOWN + "'not_found'").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmock_openai_unknown_ids = invent")
    run(UNKNOWN + "''").stdout.fnmatch_lines(["*unknown_ids is 'not_found' or 'synthesize', not 'invent'*"])


CHAOS = "def test_it(mock_openai):\n    assert str(mock_openai.settings.chaos) == "


def test_chaos_comes_from_marker_command_line_or_file_in_this_order(run, pytester):
    run("def test_it(mock_openai):\n    assert mock_openai.settings.chaos is None").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nmock_openai_chaos = 0.1;words=cut")
    run(CHAOS + "'rate=0.1;words=cut'").assert_outcomes(passed=1)
    run(CHAOS + "'rate=0.2;words=reset'", "--mock-openai-chaos=0.2;words=reset").assert_outcomes(passed=1)
    marked = "import pytest\n@pytest.mark.mock_openai(chaos='1;words=overloaded')\n"
    run(marked + CHAOS + "'rate=1;words=overloaded'", "--mock-openai-chaos=0.2").assert_outcomes(passed=1)
    run(CHAOS + "''", "--mock-openai-chaos=2").stdout.fnmatch_lines(["*the rate of chaos is a number from 0 to 1*'2'*"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mock_openai_seed = x", "ERROR: mock_openai_seed is a whole number: *'x'*"),
        ("mock_openai_strict = maybe", "ERROR: mock_openai_strict is true or false: *'maybe'*"),
        ("mock_openai_env = maybe", "ERROR: mock_openai_env is true or false: *'maybe'*"),
    ],
)
def test_a_wrong_value_in_the_file_is_a_usage_error(run, pytester, line, message):
    pytester.makeini(f"[pytest]\n{line}")
    result = run("")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_wrong_seed_on_the_command_line_is_a_usage_error(run):
    result = run("", "--mock-openai-seed=x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--mock-openai-seed: it is a whole number or 'random', not 'x'*"])


def test_a_random_seed_is_drawn_for_the_run_and_told(run):
    source = SEED + "mock_openai.settings.seed\n    print('seed', mock_openai.settings.seed)"
    seeds = []
    for _ in range(2):
        result = run(source, "--mock-openai-seed=random", "-s")
        (told,) = [line for line in result.outlines if line.startswith("mock_openai: --mock-openai-seed=")]
        seeds.append(told.rpartition("=")[2])
        assert f"seed {seeds[-1]}" in result.stdout.str()
    assert seeds[0] != seeds[1]
    run(source).stdout.no_fnmatch_line("mock_openai: --mock-openai-seed*")


def test_workers_of_xdist_have_the_seed_that_was_drawn(run):
    source = """
import pytest

@pytest.mark.parametrize('n', range(4))
def test_it(mock_openai, n):
    pytest.fail(f'seed {mock_openai.settings.seed}', pytrace=False)
"""
    result = run(source, "--mock-openai-seed=random", "-p", "xdist", "-n", "2")
    (told,) = [line for line in result.outlines if line.startswith("mock_openai: --mock-openai-seed=")]
    assert result.stdout.str().count(f"\nseed {told.rpartition('=')[2]}\n") == 4


KEY = "import os\nKEY = os.environ.get('OPENAI_API_KEY')\ndef test_it():\n    assert "


def test_a_placeholder_key_is_there_from_the_first_conftest_on_if_wanted(run, pytester, monkeypatch):
    pytester.makeconftest(
        "import os\nSEEN = os.environ.get('OPENAI_API_KEY')\ndef pytest_report_header():\n    return f'key {SEEN}'"
    )
    run(KEY + "KEY is None").stdout.fnmatch_lines(["key None"])
    pytester.makeini("[pytest]\nmock_openai_env = true")
    result = run(KEY + "KEY.startswith('sk-mock-')")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["key sk-mock-*"])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    run(KEY + "KEY == 'sk-mine'").assert_outcomes(passed=1)


def test_the_placeholder_key_is_gone_after_the_run(run, pytester):
    import os

    pytester.makeini("[pytest]\nmock_openai_env = true")
    run(KEY + "KEY").assert_outcomes(passed=1)
    assert "OPENAI_API_KEY" not in os.environ


def test_the_native_toml_form_works(run, pytester):
    if pytest.version_tuple < (9, 0):
        pytest.skip("pytest 9 reads [tool.pytest]")
    pytester.makepyprojecttoml("[tool.pytest]\nmock_openai_seed = '5'\nmock_openai_strict = true\n")
    run(SEED + "5").assert_outcomes(passed=1)
