from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import pytest_mockopenai
from pytest_mockopenai.core.word import VOCABULARY, Word

TYPES = {"BadWord", "Call", "Calls", "Finding", "MockOpenAI", "Unmet", "Usage", "Verdict", "Word"}


def test_all_is_sorted_and_is_what_there_is():
    names = pytest_mockopenai.__all__
    assert names == sorted(names)
    assert set(names) == TYPES | VOCABULARY.keys() | {"__version__"}
    assert dir(pytest_mockopenai) == names
    assert all(getattr(pytest_mockopenai, name) is not None for name in names)


def test_every_word_makes_a_word():
    assert pytest_mockopenai.says("Hi") == pytest_mockopenai.says("Hi")
    assert isinstance(pytest_mockopenai.rate_limit(), Word)
    assert all(getattr(pytest_mockopenai, name) is VOCABULARY[name] for name in VOCABULARY)


def test_type_checkers_see_the_same_names():
    source = inspect.getsource(pytest_mockopenai).partition("if TYPE_CHECKING:")[2].partition("__version__")[0]
    imported = re.findall(r"import (?:\(([^)]*)\)|(.*))", source)
    names = {name for group in imported for name in re.findall(r"\w+", "".join(group))}
    assert names == set(pytest_mockopenai.__all__) - {"__version__"}


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="module 'pytest_mockopenai' has no attribute 'rate_limt'"):
        pytest_mockopenai.rate_limt  # noqa: B018
    with pytest.raises(ImportError, match="rate_limt"):
        from pytest_mockopenai import rate_limt  # noqa: F401


@pytest.mark.parametrize("name", sorted(TYPES | {"rate_limit"}))
def test_no_name_loads_a_heavy_package(name):
    heavy = ["openai", "pydantic", "httpx", "genai_prices"]
    if name not in ("MockOpenAI", "Unmet"):  # these need the server
        heavy += ["numpy", "werkzeug", "pytest_httpserver", "pytest"]
    code = f"import sys, pytest_mockopenai as p; p.{name}; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
