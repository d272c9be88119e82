"""Whole pytest runs of one generated test file, written for each contender: a chat call in every test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench_runs import Cost, Limits, cost_of, in_turns, typical

NO_CALL = "no call at all"
OURS = "pytest-mockopenai"
WAYS = {"client per test": "new_client", "shared client": "shared_client"}
"""How the tests get their client, and the generated file's function for it."""


@dataclass(frozen=True, slots=True)
class Contender:
    """How a test uses one tool.

    `plugin` is the module of its pytest plugin. Each test takes the `fixture`, does the `script`, then asks a client of
    `base_url`. Without a `script` the client is made, but never asked.
    """

    plugin: str = ""
    fixture: str = ""
    script: str = ""
    base_url: str = '"http://127.0.0.1:9/v1"'


CONTENDERS = {
    NO_CALL: Contender(),
    OURS: Contender(
        "pytest_mockopenai.plugin",
        "mock_openai",
        'mock_openai.reply("Paris")',
        "mock_openai.base_url",
    ),
    "pytest-httpserver": Contender(
        "pytest_httpserver.pytest_plugin",
        "httpserver",
        'httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(COMPLETION)',
        'httpserver.url_for("/v1")',
    ),
    "llmock": Contender("llmock.pytest_plugin", "llmock", 'llmock.reply("Paris")', "llmock.base_url()"),
}

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "gpt-4o",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Paris", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 14, "completion_tokens": 1, "total_tokens": 15},
}
"""What a tool that knows nothing of OpenAI is told to answer."""

_HEAD = f"""\
import functools

import pytest
from openai import OpenAI

COMPLETION = {COMPLETION!r}


def new_client(base_url):
    return OpenAI(base_url=base_url, api_key="sk-test")


shared_client = functools.cache(new_client)


def ask(client, number):
    messages = [{{"role": "user", "content": f"Capital of France? ({{number}})"}}]
    completion = client.chat.completions.create(model="gpt-4o", messages=messages)
    assert completion.choices[0].message.content == "Paris"
"""

_THREADED = """

@pytest.fixture(scope="session")
def make_httpserver():
    from pytest_httpserver import HTTPServer

    with HTTPServer(threaded=True) as server:
        yield server
"""


def test_file(contender: Contender, client: str, tests: int) -> str:
    """The generated file; `client` is the name of its function that gives a client for a base URL."""
    head = _HEAD + (_THREADED if contender.fixture == "httpserver" else "")
    return head + "".join(_test(contender, client, number) for number in range(tests))


def _test(contender: Contender, client: str, number: int) -> str:
    made = f"{client}({contender.base_url})"
    asked = [contender.script, f"ask({made}, {number})"]
    steps = asked if contender.script else [f'assert {made}.api_key == "sk-test"']
    body = "".join(f"    {step}\n" for step in steps)
    return f"\n\ndef test_{number}({contender.fixture}):\n{body}"


def pytest_command(python: Path, plugin: str, *arguments: str) -> list[str | Path]:
    """A pytest run with this one plugin, or none."""
    return [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *(["-p", plugin] if plugin else []),
        *arguments,
    ]


def run(python: Path, folder: Path, tests: int, limits: Limits) -> dict[tuple[str, str], Cost]:
    """The typical cost of each contender's whole run, by its name and the way of `WAYS`."""
    runs = {
        (name, way): partial(cost_of, _command(python, folder, name, way, tests), folder)
        for way in WAYS
        for name in CONTENDERS
    }
    return {what: typical(costs) for what, costs in in_turns(runs, limits).items()}


def _command(python: Path, folder: Path, name: str, way: str, tests: int) -> list[str | Path]:
    """Write the test file, and the run of it."""
    file = folder / f"test_{name}_{WAYS[way]}.py".replace(" ", "_").replace("-", "_")
    file.write_text(test_file(CONTENDERS[name], WAYS[way], tests), encoding="utf-8")
    return pytest_command(python, CONTENDERS[name].plugin, file.name)
