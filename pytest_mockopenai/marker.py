"""Reads the marker `mock_openai` of a test: its own, its class's and its module's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAME = "mock_openai"
SIGNATURE = (
    f"{NAME}(*replies, seed=, strict=, models=, require_key=, invalid_keys=, body_limit=, retry_waits=, latency=, "
    "limits=, job_seconds=, chaos=, webhook_url=, webhook_secret=, keep_alive=, scenario_header=, "
    "unknown_ids=, record_limit=, record_bytes=, max_calls=, max_total_tokens=, max_cost=, share_tls=, stubs=, "
    "record=, recording=, upstream=, record_ignore=, record_rhythm=, record_repeat=): "
    "run the test with a mock of OpenAI's API that gives these replies."
)

_SECRET = frozenset({"webhook_secret"})
"""Options whose values are not shown."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What the markers of a test ask for; `place` is where the replies are written, `text` how."""

    replies: tuple[object, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    text: str = ""


def read(item: pytest.Item) -> Marked:
    """The markers of a test as one: of each option, and of the replies as a whole, the closest marker's wins.

    Fails the test, in two lines, for a wrong option and for two markers in the same place that contradict each other.
    """
    options: dict[str, Any] = {}
    found: dict[str, tuple[Any, pytest.Mark]] = {}
    for node, mark in item.iter_markers_with_node(NAME):
        _check_options(node, mark)
        for name in (*mark.kwargs, *(["replies"] if mark.args else [])):
            first, _ = found.setdefault(name, (node, mark))
            if found[name][1] is not mark and first is node:
                raise wrong(f"Two markers both have {name}: make one marker of them.", _text(mark), _place(node))
        options = {**mark.kwargs, **options}
    if "replies" not in found:
        return Marked(options=options)
    node, mark = found["replies"]
    return Marked(mark.args, options, _place(node), _text(mark))


def wrong(message: object, text: str, place: str) -> BaseException:
    """What to raise to fail the test: what is wrong, and in which marker."""
    return pytest.fail.Exception(f"{message}\n  in {text} at {place}", pytrace=False)


def _check_options(node: Any, mark: pytest.Mark) -> None:
    from pytest_mockopenai import settings
    from pytest_mockopenai.core import word as words

    word = next((name for name in mark.kwargs if name in words.VOCABULARY), None)
    if word:
        raise wrong(f"{word} is a reply, not an option: write {word}() in front.", _text(mark), _place(node))
    try:
        settings.checked(mark.kwargs)
    except (TypeError, ValueError) as error:
        raise wrong(error, _text(mark), _place(node)) from None


def _text(mark: pytest.Mark) -> str:
    options = {**mark.kwargs, **dict.fromkeys(mark.kwargs.keys() & _SECRET, "...")}
    shown = [_shown(reply) for reply in mark.args] + [f"{name}={value!r:.60}" for name, value in options.items()]
    return f"@pytest.mark.{NAME}({', '.join(shown)})"


def _shown(reply: object) -> str:
    text = str(reply) if hasattr(reply, "label") else repr(reply)
    return text if len(text) <= 60 else text[:57] + "..."


def _place(node: Any) -> str:
    """`test_app.py:12`: the first line of what is marked, its decorators included."""
    path, line, _ = node.reportinfo() if hasattr(node, "reportinfo") else (node.path, None, "")
    return Path(path).name + (f":{line + 1}" if line is not None else "")
