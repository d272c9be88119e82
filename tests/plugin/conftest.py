"""What the plugin's tests share: runs of pytest inside pytest, with a small app that calls the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

APP = '''
import json, os
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def ask(text="Hi", model="gpt-4o", **more):
    """The answer's text, or the status of an error."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    headers = {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    try:
        with urlopen(Request(url, json.dumps(body).encode(), headers)) as reply:
            return json.load(reply)["choices"][0]["message"]["content"]
    except HTTPError as error:
        error.close()
        return error.code
'''

# In one process with the outer run the plugin is loaded already.
WARNINGS = ("-Werror", "-Wignore::pytest.PytestAssertRewriteWarning")

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(loaded: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on a test file, given as text, with no plugin but ours (and those named by `-p`)."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(app=APP)
    pytester.syspathinsert()

    def run(source: str, *args: str, subprocess: bool = False) -> pytest.RunResult:
        pytester.makepyfile(test_it=source)
        command = ("-p", "pytest_mockopenai.plugin", "--strict-markers", *WARNINGS, *args)
        return (pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess)(*command)

    return run
