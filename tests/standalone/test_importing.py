"""`mockopenai import`, as a user has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.standalone.conftest import Served

Command = Callable[..., Any]

CASSETTE = {
    "version": 1,
    "interactions": [
        {
            "request": {
                "method": "POST",
                "uri": "https://api.openai.com/v1/chat/completions",
                "headers": {"authorization": ["Bearer sk-real-0123456789abcdef"], "content-type": ["application/json"]},
                "body": json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}),
            },
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": ["application/json"]},
                "body": {"string": json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]})},
            },
        }
        for content, said in (("Capital of France?", "Paris"), ("Capital of Spain?", "Madrid"))
    ]
    + [
        {
            "request": {"method": "GET", "uri": "https://example.com/weather", "headers": {}, "body": None},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "sun"}},
        }
    ],
}


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    file = tmp_path / "cassettes" / "test_it.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(CASSETTE), encoding="utf-8")
    return file


def test_a_cassette_becomes_stubs_that_a_server_answers_by(
    command: Command, serve: Callable[..., Served], cassette: Path, tmp_path: Path
) -> None:
    stubs = tmp_path / "stubs.yaml"
    done = command("import", str(cassette), "-o", str(stubs))
    assert (done.returncode, done.stdout) == (0, f"{stubs}: 2 rules from 2 calls\n")
    assert done.stderr == "left out:\n  GET https://example.com/weather\n"
    assert yaml.safe_load(stubs.read_text()) == {
        "rules": [
            {
                "when": {"endpoint": "chat.completions", "model": "gpt-4o", "contains": f"Capital of {country}?"},
                "always": city,
            }
            for country, city in (("France", "Paris"), ("Spain", "Madrid"))
        ]
    }
    served = serve(f"--stubs={stubs}", "--strict")
    assert served.chat("Capital of Spain?").json()["choices"][0]["message"]["content"] == "Madrid"


def test_a_folder_becomes_a_recording_that_a_server_replays(
    command: Command, serve: Callable[..., Served], cassette: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "recording.json"
    done = command("import", str(cassette.parent), "-o", str(recording), "--to", "recording")
    assert (done.returncode, done.stdout) == (0, f"{recording}: 2 calls\n")
    assert "sk-real" not in recording.read_text()
    served = serve(f"--replay={recording}")
    assert served.chat("Capital of France?").json() == {
        "choices": [{"message": {"role": "assistant", "content": "Paris"}}]
    }
    stubs = tmp_path / "stubs.json"
    assert command("import", str(recording), "-o", str(stubs)).stdout == f"{stubs}: 2 rules from 2 calls\n"
    assert [rule["always"] for rule in json.loads(stubs.read_text())["rules"]] == ["Paris", "Madrid"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml", "-o", "x.yaml"], "there is no nowhere.yaml"),
        (["empty", "-o", "x.yaml"], "empty holds no recording: *.json, *.yaml or *.yml"),
        (["other.yaml", "-o", "x.yaml"], "other.yaml: this is neither a recording of the mock nor a cassette of VCR"),
        (["broken.json", "-o", "x.yaml"], "broken.json: this is no JSON"),
        (["foreign.json", "-o", "x.yaml"], "there is no call of OpenAI's API in foreign.json"),
        (["other.yaml", "-o", "x.toml"], "x.toml: the name of a stubs file ends in .json or .yaml or .yml"),
        (["other.yaml", "-o", "x.yaml", "--to=recording"], "x.yaml: the name of a recording file ends in .json"),
        (["other.yaml", "-o", "other.yaml"], "other.yaml is there already: name another file, or give --force"),
    ],
)
def test_what_cannot_be_imported_is_said(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.yaml").write_text("rules: []\n")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "foreign.json").write_text(json.dumps({"interactions": CASSETTE["interactions"][2:]}))  # type: ignore[index]
    done = command("import", *arguments)
    assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.yaml").exists()


def test_wrong_usage(command: Command) -> None:
    done = command("import", "a.yaml")
    assert done.returncode == 2
    assert "the following arguments are required: -o/--output" in done.stderr
