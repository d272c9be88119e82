"""A server that records another, and replays it when that is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.standalone.conftest import Served

KEY = "sk-upstream-0123456789abcdef"
Serve = Callable[..., Served]


def asked(content: str, **more: object) -> Any:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **more}


CALLS: list[tuple[str, Any]] = [
    ("chat/completions", asked("Hi")),
    ("chat/completions", asked("Hi", stream=True)),
    ("responses", {"model": "gpt-4o", "input": "Hi", "stream": True}),
    ("embeddings", {"model": "text-embedding-3-small", "input": "x", "dimensions": 4}),
    ("chat/completions", {"model": "gpt-4o"}),
    ("nothing/here/file-abc123", {}),
]


def bytes_of(served: Served, path: str, body: Any) -> tuple[int, bytes]:
    reply = httpx.post(f"{served.url}/{path}", json=body, headers={"authorization": "Bearer sk-of-a-client-01234567"})
    return reply.status_code, reply.content


def test_what_was_recorded_is_replayed_when_the_api_is_gone(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    api = serve("--require-key", "--invalid-keys=sk-of-a-client-01234567")
    recorder = serve(f"--record={folder}", f"--upstream={api.url}", f"--upstream-key={KEY}")
    assert f"recording {api.url} into {folder}, mode new" in recorder.err.read_text()
    recorded = [bytes_of(recorder, *call) for call in CALLS]
    assert [status for status, _ in recorded] == [200, 200, 200, 200, 400, 404]
    recorder.until(lambda: len(recorder.lines()) == 6)
    assert recorder.stop() == 0
    assert api.stop() == 0
    assert sorted(file.name for file in folder.iterdir()) == [
        "chat-completions.json",
        "embeddings.json",
        "nothing-here.json",
        "responses.json",
    ]
    for file in folder.iterdir():
        assert KEY not in file.read_text()
        assert "sk-of-a-client" not in file.read_text()
    replaying = serve(f"--replay={folder}", "--no-record-rhythm")
    for _ in range(2):
        assert [bytes_of(replaying, *call) for call in CALLS] == recorded
    status, body = bytes_of(replaying, "chat/completions", asked("Ho"))
    assert (status, json.loads(body)["error"]["code"]) == (400, "unrecorded_call")
    replaying.until(lambda: "Nearest recording" in replaying.err.read_text())
    assert "- 'Hi'" in replaying.err.read_text()
    assert httpx.get(f"{replaying.origin}/metrics").status_code == 200
    assert replaying.stop() == 0


def test_a_stream_is_passed_on_while_it_comes(serve: Serve, tmp_path: Path) -> None:
    stubs = tmp_path / "stubs.yaml"
    stubs.write_text("rules:\n- always: {says: a b c, slow: {first: 0.05, each: 0.05}}\n")
    api = serve(f"--stubs={stubs}")
    recorder = serve(f"--record={tmp_path / 'recordings'}", f"--upstream={api.url}")
    with httpx.stream("POST", f"{recorder.url}/chat/completions", json=asked("Hi", stream=True)) as reply:
        pieces = [piece for piece in reply.iter_raw() if piece]
    assert len(pieces) >= 4, "not in one piece, in the end"
    (file,) = (tmp_path / "recordings").iterdir()
    events = json.loads(file.read_text())["interactions"][0]["response"]["events"]
    assert [event["after"] >= 0.02 for event in events[:4]] == [True] * 4
    assert events[-1]["text"] == "[DONE]"


def test_modes_of_a_folder(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    api = serve()
    options = (f"--record={folder}", f"--upstream={api.url}")
    bytes_of(serve(*options, "--record-mode=once"), *CALLS[0])
    first = (folder / "chat-completions.json").read_text()
    once = serve(*options, "--record-mode=once")
    assert bytes_of(once, *CALLS[0])[0] == 200
    assert bytes_of(once, *CALLS[3])[0] == 400, "there is a recording, so nothing is recorded"
    assert [file.name for file in folder.iterdir()] == ["chat-completions.json"]
    assert (folder / "chat-completions.json").read_text() == first
    anew = serve(*options, "--record-mode=all")
    assert bytes_of(anew, "chat/completions", asked("Ho"))[0] == 200
    (interaction,) = json.loads((folder / "chat-completions.json").read_text())["interactions"]
    assert interaction["request"]["json"]["messages"][0]["content"] == "Ho"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--replay=nowhere"], "--replay: there is no nowhere"),
        (["--record=a", "--replay=b"], "--replay records nothing: give --record, or --replay"),
        (["--record=a", "--workers=2"], "--record writes files, which only one process does"),
        (["--upstream=http://127.0.0.1:1"], "--upstream is the API that is recorded: give --record too"),
        (["--record=a", "--upstream=nowhere"], "--upstream: 'nowhere' is no URL such as https://api.openai.com/v1"),
        (["--record=a", "--record-mode=twice"], "--record-mode: there is no 'twice'"),
        (["--record=a", "--record-ignore=a..b"], "--record-ignore: 'a..b' is no field of a body"),
    ],
)
def test_what_is_wrong_is_said(command: Any, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = command("serve", "--port=0", *arguments)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_a_file_that_is_no_recording_is_said_to_be_none(command: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = command("serve", "--port=0", f"--replay={tmp_path}")
    assert done.returncode == 2
    assert "a.json: this is no recording" in done.stderr
    assert "Traceback" not in done.stderr
