from __future__ import annotations

HEAD = """
import os
import pytest
from app import ask

"""


def test_the_environment_points_at_the_mock_and_is_put_back(run):
    source = """
def test_on(mock_openai):
    assert os.environ['OPENAI_BASE_URL'] == mock_openai.base_url
    assert mock_openai.env['OPENAI_API_KEY'] == os.environ['OPENAI_API_KEY']

def test_off():
    assert 'OPENAI_BASE_URL' not in os.environ and 'OPENAI_API_KEY' not in os.environ
"""
    run(HEAD + source).assert_outcomes(passed=2)


def test_each_test_has_a_mock_of_its_own_on_one_server(run):
    source = """
urls = set()

@pytest.mark.parametrize('text', ['a', 'b', 'c'])
def test_it(mock_openai, text):
    mock_openai.reply(text)
    assert ask() == text
    assert len(mock_openai.calls) == 1
    urls.add(mock_openai.url)
    assert len(urls) == 1
"""
    run(HEAD + source).assert_outcomes(passed=3)


def test_the_address_can_be_overridden(run):
    source = """
@pytest.fixture(scope='session')
def mock_openai_listen_address():
    return ('localhost', 0)

def test_it(mock_openai):
    assert mock_openai.url.startswith('http://localhost:')
    mock_openai.reply('here')
    assert ask() == 'here'
"""
    run(HEAD + source).assert_outcomes(passed=1)


def test_expectations_of_the_server_go_before_the_mock_and_end_with_the_test(run):
    source = """
def test_expects(mock_openai):
    mock_openai.server.expect_request('/v1/chat/completions').respond_with_json(
        {'choices': [{'message': {'content': 'expected'}}]})
    assert ask() == 'expected'

def test_forgets(mock_openai):
    mock_openai.reply('mock')
    assert ask() == 'mock'
"""
    run(HEAD + source).assert_outcomes(passed=2)


def test_a_handler_of_the_server_that_raises_fails_the_test(run):
    source = """
def handler(request):
    raise RuntimeError('my own')

def test_it(mock_openai):
    mock_openai.server.expect_request('/v1/chat/completions').respond_with_handler(handler)
    assert ask() == 500
"""
    result = run(HEAD + source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*The mock's server failed: RuntimeError: my own*"])


def test_a_call_after_the_test_finds_nobody(run):
    source = """
import app

def test_on(mock_openai):
    app.kept = dict(mock_openai.env)

def test_off(monkeypatch):
    for name in ('OPENAI_BASE_URL', 'OPENAI_API_KEY'):
        monkeypatch.setenv(name, app.kept[name])
    assert ask() == 503
"""
    run(HEAD + source).assert_outcomes(passed=2)


def test_a_client_built_on_import_is_sent_to_the_mock(run):
    source = """
import openai
client = openai.OpenAI(api_key='sk-mine', base_url='https://api.openai.com/v1')

def test_it(mock_openai):
    mock_openai.reply('Paris')
    reply = client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': 'Hi'}])
    assert reply.choices[0].message.content == 'Paris'
"""
    run(HEAD + source).assert_outcomes(passed=1)


def test_another_way_to_the_real_api_is_refused_and_shown(run):
    source = """
import httpx

def test_it(mock_openai):
    httpx.post('https://api.openai.com/v1/chat/completions', json={})
"""
    result = run(HEAD + source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*RealHostRefused: pytest-mockopenai refused a connection to api.openai.com: *",
            "*- mock_openai calls -*",
            "No call reached the mock.",
            "refused: POST https://api.openai.com/v1/chat/completions",
        ]
    )


def test_a_fixture_of_the_users_own_wins(run, pytester):
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef mock_openai():\n    return 'conftest'")
    source = """
def test_conftest(mock_openai):
    assert mock_openai == 'conftest'

class TestOwn:
    @pytest.fixture
    def mock_openai(self):
        return 'class'

    def test_class(self, mock_openai):
        assert mock_openai == 'class'
"""
    run(HEAD + source).assert_outcomes(passed=2)


def test_a_fixture_of_the_users_own_may_build_on_it(run, pytester):
    pytester.makeconftest("""
import pytest

@pytest.fixture
def mock_openai(mock_openai):
    mock_openai.always('mine')
    return mock_openai
""")
    result = run(HEAD + "def test_it(mock_openai):\n    assert ask() == 'mine'\n    assert False")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*POST /v1/chat/completions  gpt-4o  200*"])


def test_it_wins_over_the_fixture_of_another_plugin(run, pytester):
    pytester.makepyfile(other="import pytest\n@pytest.fixture\ndef mock_openai():\n    return 'other'")
    source = "def test_it(mock_openai):\n    assert type(mock_openai).__name__ == 'MockOpenAI'"
    for plugins in (("-p", "other"), ("-p", "pytest_mockopenai.plugin", "-p", "other")):
        run(HEAD + source, *plugins).assert_outcomes(passed=1)


def test_every_fixture_is_documented(run):
    result = run("", "--fixtures", "-v")
    result.stdout.fnmatch_lines(["mock_openai -- *", "*A mock of OpenAI's API on a real HTTP server*"])
    result.stdout.fnmatch_lines(["mock_openai_listen_address*", "*Host and port of the mock's server*"])
    mine = [line for line in result.outlines if "mock_openai" in line and " -- " in line]
    assert len(mine) == 3
    assert "no docstring" not in result.stdout.str().split("mock_openai", 1)[1]
