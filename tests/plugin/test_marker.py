from __future__ import annotations

import pytest

from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.settings import Options

HEAD = """
import pytest
from app import ask
from pytest_mockopenai import rate_limit, says
marked = pytest.mark.mock_openai

"""


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("rate_limit()", 429),
        ("'rate_limit'", 429),
        ("'server-error'", 500),
        ("'says;text=hello'", "hello"),
        ("'Paris'", "Paris"),
        ("{'a': 1}", '{"a":1}'),
        ("['Paris']", "Paris"),
    ],
)
def test_a_reply_is_a_word_a_name_a_text_a_dict_or_a_list(run, reply, answer):
    result = run(f"{HEAD}@marked({reply})\ndef test_it():\n    assert ask() == {answer!r}")
    result.assert_outcomes(passed=1)


def test_replies_come_in_order(run):
    source = "@marked(rate_limit().times(2), ['a', 'b'], 'c')\ndef test_it():\n    assert [ask() for _ in range(5)] == "
    run(f"{HEAD}{source}[429, 429, 'a', 'b', 'c']").assert_outcomes(passed=1)


def test_functions_methods_classes_and_modules_are_marked(run):
    source = """
@marked('function')
def test_function():
    assert ask() == 'function'

@marked('class')
class TestMarked:
    def test_one(self):
        assert ask() == 'class'

    @marked('method')
    def test_two(self, mock_openai):
        assert ask() == 'method' and len(mock_openai.calls) == 1

@pytest.mark.parametrize('said', ['a', pytest.param('b', marks=marked('param'))])
def test_parameters(said):
    assert ask() == ('param' if said == 'b' else 'module')

pytestmark = marked('module')

def test_module():
    assert ask() == 'module'
"""
    run(HEAD + source).assert_outcomes(passed=6)


def test_unittest_methods_get_the_mock_as_an_attribute(run):
    source = """
import unittest

@marked('class')
class Marked(unittest.TestCase):
    def test_class(self):
        self.assertEqual(ask(), 'class')
        self.assertEqual(len(self.mock_openai.calls), 1)

    @marked('method')
    def test_method(self):
        self.assertEqual(ask(), 'method')
        self.mock_openai.assert_called_once('chat')

    def setUp(self):
        self.mock_openai.always('setup')

@pytest.mark.usefixtures('mock_openai')
class Used(unittest.TestCase):
    def test_used(self):
        self.mock_openai.reply('used')
        self.assertEqual(ask(), 'used')

class Async(unittest.IsolatedAsyncioTestCase):
    @marked('async')
    async def test_async(self):
        self.assertEqual(ask(), 'async')

class Unmarked(unittest.TestCase):
    def test_none(self):
        self.assertFalse(hasattr(self, 'mock_openai'))
"""
    run(HEAD + source).assert_outcomes(passed=5)


def test_an_attribute_of_the_users_own_is_left_alone(run):
    source = """
import unittest

class Own(unittest.TestCase):
    mock_openai = 'mine'

    @marked()
    def test_own(self):
        self.assertEqual(self.mock_openai, 'mine')
"""
    run(HEAD + source).assert_outcomes(passed=1)


ASYNC = {
    "asyncio": ("-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function"),
    "anyio": ("-p", "anyio.pytest_plugin"),
}


@pytest.mark.parametrize("mark", ASYNC)
def test_async_tests_are_marked(run, mark):
    source = f"""
@pytest.fixture
def anyio_backend():
    return 'asyncio'

@pytest.mark.{mark}
@marked('async')
async def test_it(mock_openai):
    client = mock_openai.async_client
    reply = await client.chat.completions.create(model='gpt-4o', messages=[{{'role': 'user', 'content': 'Hi'}}])
    assert reply.choices[0].message.content == 'async'
    await client.close()

@pytest.mark.{mark}
@marked('alone')
async def test_without_the_fixture():
    assert ask() == 'alone'
"""
    run(HEAD + source, *ASYNC[mark]).assert_outcomes(passed=2)


def test_of_each_option_the_closest_marker_wins_and_so_of_the_replies(run):
    source = """
@marked('class', seed=1, max_calls=9)
class TestMarked:
    @marked(seed=2)
    def test_options(self, mock_openai):
        assert (mock_openai.settings.seed, mock_openai.budget.max_calls) == (2, 9)
        assert ask() == 'class'

    @marked('method')
    def test_replies(self, mock_openai):
        assert (mock_openai.settings.seed, mock_openai.budget.max_calls) == (1, 9)
        assert ask() == 'method'

@marked('both', strict=True)
@marked(seed=3)
def test_two_that_agree(mock_openai):
    assert mock_openai.settings.strict and mock_openai.settings.seed == 3
    assert ask() == 'both'
"""
    run(HEAD + source).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("one", "two", "name"), [("'a'", "'b'", "replies"), ("seed=1", "seed=2", "seed"), ("'a', seed=1", "seed=1", "seed")]
)
def test_two_markers_in_one_place_may_not_contradict_each_other(run, one, two, name):
    result = run(f"{HEAD}@marked({one})\n@marked({two})\ndef test_it():\n    pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"Two markers both have {name}: make one marker of them.", "  in @pytest.mark.*"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'rate_limt'", "'rate_limt' is not a word of the mock. Did you mean 'rate_limit'?*"),
        ("'slow;frist=1'", "slow: it has no parameter 'frist'. Did you mean 'first'?"),
        ("'Paris', 3", "a reply is a str, a dict or a word such as rate_limit(), not int (3)"),
        ("strct=True", "mock_openai has no option 'strct'. Did you mean 'strict'?"),
        ("seed='x'", "seed is a whole number, not 'x'"),
        ("rate_limit=True", "rate_limit is a reply, not an option: write rate_limit() in front."),
    ],
)
def test_a_wrong_argument_is_told_in_two_lines(run, arguments, message):
    result = run(f"{HEAD}@marked({arguments})\ndef test_it():\n    pass")
    result.assert_outcomes(errors=1)
    place = f"  in @pytest.mark.mock_openai({arguments}) at test_it.py:6"
    result.stdout.fnmatch_lines(["*ERROR at setup of test_it*", message, place], consecutive=True)
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")


def test_the_secret_of_webhooks_is_not_shown(run):
    source = """
@marked(seed='x', webhook_secret='whsec_c2VjcmV0')
def test_it(mock_openai):
    pass
"""
    result = run(HEAD + source)
    result.stdout.fnmatch_lines(["  in @pytest.mark.mock_openai(seed='x', webhook_secret='...') at test_it.py:*"])
    result.stdout.no_fnmatch_line("*c2VjcmV0*")


def test_a_mark_of_a_class_is_told_where_it_is(run):
    result = run(f"{HEAD}\n@marked('rate_limt')\nclass TestIt:\n    def test_it(self):\n        pass")
    result.stdout.fnmatch_lines(["  in @pytest.mark.mock_openai('rate_limt') at test_it.py:*"])


def test_the_mock_is_on_after_autouse_fixtures_and_before_those_of_the_test(run):
    source = """
@pytest.fixture(scope='session')
def once():
    return 1

@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv('OPENAI_API_KEY', raising=False)

@pytest.fixture
def calling():
    return ask()

@marked('early')
def test_it(once, calling):
    assert calling == 'early'

@marked('early')
@pytest.mark.usefixtures('calling')
def test_used():
    pass
"""
    run(HEAD + source).assert_outcomes(passed=2)


def test_the_marker_is_registered_with_its_options(run):
    result = run("", "--markers")
    (line,) = (line for line in result.outlines if line.startswith("@pytest.mark.mock_openai("))
    assert all(f"{name}=" in line for name in Options.__annotations__)


def test_no_option_is_named_like_a_word():
    assert not VOCABULARY.keys() & Options.__annotations__.keys()
