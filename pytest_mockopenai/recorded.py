"""What pytest is told of recordings, and where the recording of a test is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

MODES = ("none", "once", "new", "new_episodes", "all")
SUFFIX = ".json"

_UPSTREAM = "MOCK_OPENAI_UPSTREAM"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100  # characters of a name
_MODE = "How calls without a scripted reply are recorded and replayed: none, once, new or all."
_URL = "The API that is recorded (default: https://api.openai.com/v1); its key is OPENAI_API_KEY of the environment."
_RHYTHM = "Replay in the recorded times; else all at once."


def add_options(parser: pytest.Parser, group: Any) -> None:
    """The options of the command line go into `group`."""
    group.addoption("--mock-openai-record", choices=MODES, metavar="MODE", help=_MODE)
    group.addoption("--mock-openai-upstream", metavar="URL", help=_URL)
    group.addoption("--mock-openai-record-rhythm", action="store_true", help=_RHYTHM)
    parser.addini("mock_openai_record", _MODE, default="")
    parser.addini("mock_openai_upstream", _URL, default="")
    parser.addini("mock_openai_record_rhythm", _RHYTHM, type="bool", default=False)
    parser.addini(
        "mock_openai_record_ignore",
        "Fields of a request that may differ from its recording, one a line: metadata, messages[].name.",
        type="linelist",
    )
    parser.addini("mock_openai_recordings", "Folder of recordings, beside each test file.", default="recordings")


def defaults(config: pytest.Config) -> dict[str, Any]:
    """The options of every test. Raises UsageError for a mode that does not exist."""
    mode = config.getini("mock_openai_record")
    if mode and mode not in MODES:
        raise pytest.UsageError(f"mock_openai_record is {', '.join(MODES[:-1])} or {MODES[-1]}, not {mode!r}")
    said = {
        "record": mode,
        "upstream": os.environ.get(_UPSTREAM) or config.getini("mock_openai_upstream"),
        "record_ignore": config.getini("mock_openai_record_ignore"),
        "record_rhythm": config.getini("mock_openai_record_rhythm"),
    }
    return {name: value for name, value in said.items() if value}


def options(item: pytest.Item, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a test, `given` by ini file and marker: what a run records is the command line's to say.

    A marker with `record=None` keeps its test from it.
    """
    found = dict(given)
    config = item.config
    if not ("record" in found and found["record"] is None):
        found["record"] = config.getoption("mock_openai_record") or found.get("record")
    if found["record"] is None:
        return {name: value for name, value in found.items() if name != "record"}
    if config.getoption("mock_openai_upstream"):
        found["upstream"] = config.getoption("mock_openai_upstream")
    if config.getoption("mock_openai_record_rhythm"):
        found["record_rhythm"] = True
    found["recording"] = place(item, config.getini("mock_openai_recordings"), found.get("recording"))
    return found


def place(item: pytest.Item, folder: str, file: object = None) -> Path:
    """The file of a test: `recordings/test_app/test_answer.json` beside `test_app.py`, with `folder` `recordings`.

    A test of a class is `TestIt.test_answer.json`. `file` is what the test itself says; both count from the test's
    folder, unless they are absolute.
    """
    beside = item.path.parent
    if file is not None:
        return beside / str(file)
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return beside / folder / item.path.stem / f"{safe('.'.join([*classes, item.name]))}{SUFFIX}"


def safe(name: str) -> str:
    """A name that every file system takes; one that had to be changed has a hash of what it was at its end.

    Of parameters in brackets, `test_it[gpt-4o]`, only the brackets go: `test_it-gpt-4o`.
    """
    plain = name.replace("[", "-", 1).removesuffix("]") if name.endswith("]") else name
    changed = _UNSAFE.sub("-", plain)[:_LONGEST]
    if changed == plain:
        return plain
    return f"{changed.strip('-')}-{blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"
