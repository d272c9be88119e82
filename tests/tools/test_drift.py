"""The drift check: what it finds between replies, and that the mock has no drift that nobody gave a reason for."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_mockopenai.core.wire import Send
from pytest_mockopenai.recordings import files
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.recordings.redaction import Redactor

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import drift
import drift_calls
import drift_types
from drift_shapes import Finding, allowed, compared, joined, parent_of, shape_of, shape_of_events
from drift_table import CALLS

pytestmark = pytest.mark.skipif(openai.__version__ < "3", reason="the data is of the API that openai 3 speaks")


def test_a_shape_is_paths_and_types() -> None:
    value = {
        "id": "x",
        "n": 1.5,
        "flag": True,
        "none": None,
        "metadata": {"mine": 1},
        "output": [{"type": "message", "content": [{"type": "text", "text": "a"}]}, {"type": "call"}, 3],
    }
    assert {path: "|".join(sorted(types)) for path, types in shape_of(value).items()} == {
        "": "object",
        "id": "string",
        "n": "number",
        "flag": "boolean",
        "none": "null",
        "metadata": "object",
        "output": "array",
        "output[message]": "object",
        "output[message].type": "string",
        "output[message].content": "array",
        "output[message].content[text]": "object",
        "output[message].content[text].type": "string",
        "output[message].content[text].text": "string",
        "output[call]": "object",
        "output[call].type": "string",
        "output[]": "number",
    }


def test_events_are_told_apart_by_what_they_are() -> None:
    shape = shape_of_events([{"type": "a.b", "x": 1}, {"object": "chunk", "y": [{"z": 1}]}])
    assert sorted(path for path in shape if "type" not in path and "object" not in path) == [
        *("(a.b)", "(a.b)x", "(chunk)", "(chunk)y", "(chunk)y[]", "(chunk)y[].z")
    ]


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        ("a", ""),
        ("a.b", "a"),
        ("a[]", "a"),
        ("a[].b", "a[]"),
        ("(e)a", "(e)"),
        ("(e)a.b", "(e)a"),
        ("(x.y)a[t]", "(x.y)a"),
    ],
)
def test_the_parent_of_a_path(path: str, parent: str) -> None:
    assert parent_of(path) == parent


@pytest.mark.parametrize(
    ("real", "mock", "known", "found"),
    [
        ({"a": 1}, {"a": 2.5}, True, []),
        ({"a": 1}, {"a": "x"}, True, [("a", "type")]),
        ({"a": None}, {"a": "x"}, True, []),
        ({"a": {"b": 1, "c": {"d": 1}}}, {"a": {"b": 1}}, True, [("a.c", "lacks")]),
        ({"a": {"b": 1}}, {"a": None}, True, []),
        ({"a": [{"b": 1}]}, {"a": []}, True, []),
        ({"a": [{"type": "x", "b": 1}]}, {"a": [{"type": "y"}]}, True, []),
        ({"a": [{"type": "x", "b": 1}]}, {"a": [{"type": "x"}]}, None, [("a[x].b", "lacks")]),
        ({"a": 1}, {"a": 1, "b": 1}, True, []),
        ({"a": 1}, {"a": 1, "b": 1}, False, [("b", "too much")]),
        ({"a": 1, "b": 1}, {"a": 1}, False, []),
    ],
)
def test_what_is_found(real: Any, mock: Any, known: bool | None, found: list[tuple[str, str]]) -> None:
    findings = compared("POST /x", shape_of(real), shape_of(mock), lambda _: known)
    assert [(finding.path, finding.what) for finding in findings] == found


@pytest.mark.parametrize(
    ("operation", "path", "known"),
    [
        ("POST /chat/completions", "choices[].message.annotations[url_citation].url_citation.url", True),
        ("POST /chat/completions", "choices[].message.made_up", False),
        ("POST /chat/completions, streamed", "(chat.completion.chunk)choices[].delta.content", True),
        ("POST /chat/completions, streamed", "(chat.completion.chunk)choices[].message", False),
        ("POST /responses", "output[message].content[output_text].text", True),
        ("POST /responses", "output[message].arguments", False),
        ("POST /responses, streamed", "(response.completed)response.usage", True),
        ("POST /responses, streamed", "(response.completed)delta", False),
        ("GET /chat/completions", "data[].id", None),
        ("POST /not/there", "id", None),
    ],
)
def test_what_the_sdk_says_of_a_path(operation: str, path: str, known: bool | None) -> None:
    assert drift_types.known_paths(operation)(path) is known


def test_a_difference_needs_a_reason() -> None:
    (entry,) = allowed([{"operation": "POST /a*", "path": "x[].y", "reason": "so"}])
    assert entry.covers(Finding("POST /ab", "x[].y", "lacks"))
    assert not entry.covers(Finding("POST /ab", "x[t].y", "lacks"))
    assert not entry.covers(Finding("GET /ab", "x[].y", "lacks"))
    assert [finding.operation for finding in entry.seen] == ["POST /ab"]
    with pytest.raises(ValueError, match="needs a reason"):
        allowed([{"operation": "*", "path": "*"}])


def test_the_mock_has_no_drift_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert drift.main([]) == 0, capsys.readouterr().out


def test_most_of_what_is_documented_of_the_endpoints_with_files_is_compared() -> None:
    real = drift.merged(drift.collected(drift.DOCUMENTED), drift.collected(drift.RECORDED))
    assert len(real.keys() & {call.operation for call in CALLS}) >= 60
    assert {"POST /chat/completions", "POST /responses", "POST /responses, streamed"} <= real.keys()


def test_a_recorded_reply_that_is_other_is_a_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"id": "x", "object": "list", "data": [], "model": 3, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    request = RecordedRequest("POST", "/embeddings", body={"json": {"model": "m", "input": "Hi"}})
    head = (("content-type", "application/json"),)
    made = Interaction(request, RecordedReply(200, head, (Send(json.dumps(body).encode()),)))
    failed = Interaction(request, RecordedReply(429, head, (Send(b'{"error":{"odd":1}}'),)))
    files.write(tmp_path / "a.json", [made, failed], Redactor())
    shapes = drift.recorded(tmp_path)
    assert set(shapes) == {"POST /embeddings"}
    found = drift.findings({"POST /embeddings": shapes["POST /embeddings"]}, {"POST /embeddings": _embeddings()})
    assert [(each.path, each.what, each.documented, each.mocked) for each in found] == [
        ("model", "type", "number", "string")
    ]
    assert drift.main([str(tmp_path)]) == 1
    assert re.search(r"POST /embeddings +model +type +number +string +yes", capsys.readouterr().out)


def _embeddings() -> Any:
    calls = tuple(call for call in CALLS if call.path == "/embeddings")
    return joined(shape_of(value) for _, value in drift_calls.replies(calls))
