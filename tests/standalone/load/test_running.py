"""A load run against a mock on a loop of this process: what comes back is counted, what breaks is said."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.hosts.aio import AioHost
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.standalone.cli import main, parser
from pytest_mockopenai.standalone.load import command
from pytest_mockopenai.standalone.load.command import plan_of
from pytest_mockopenai.standalone.load.figures import Outcome
from pytest_mockopenai.standalone.load.line import tokens_of
from pytest_mockopenai.standalone.load.plan import request_of, target_of
from pytest_mockopenai.standalone.load.running import Run, watched


def loaded(*arguments: str, **settings: Any) -> dict[str, Any]:
    """The summary of a run against a mock of its own."""

    async def run() -> dict[str, Any]:
        scene = Scene(Settings(**{"require_key": False, **settings}))
        host = AioHost(scene.app)
        url = await host.listen()
        running = Run(plan_of(parser().parse_args(["load", f"{url}/v1", *arguments])))
        shown: list[float] = []
        await watched(running, lambda run: shown.append(run.share))
        await host.close()
        assert shown[-1] == 1.0
        assert scene.app.problems == host.errors == []
        return running.figures.summary(running.seconds)

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["chat", "responses", "embeddings"])
def test_whole_replies(path: str) -> None:
    summary = loaded("-n", "20", "-c", "3", f"--path={path}")
    assert (summary["calls"], summary["failed"], summary["statuses"]) == (20, 0, {"200": 20})
    assert summary["tokens"]["prompt"] > 0
    assert (summary["tokens"]["completion"] > 0) == (path != "embeddings")
    assert "time_to_first_token_ms" not in summary


@pytest.mark.parametrize("path", ["chat", "responses"])
def test_streams(path: str) -> None:
    from pytest_mockopenai.core.latency import parse

    latency = parse("time-to-first-token=20ms;inter-token-latency=2ms")
    summary = loaded("-n", "6", "-c", "3", "--stream", f"--path={path}", latency=latency)
    assert (summary["calls"], summary["failed"]) == (6, 0)
    assert summary["tokens"]["completion"] > 0
    assert summary["time_to_first_token_ms"]["p50"] >= 20
    assert summary["inter_token_ms"]["mean"] >= 1.5


def test_for_some_time() -> None:
    summary = loaded("-s", "100ms", "-c", "2")
    assert summary["calls"] >= 2
    assert 0.1 <= summary["seconds"] < 5


@pytest.mark.parametrize(
    ("word", "failure"),
    [
        ("rate-limit", "HTTP 429"),
        ("cut;after=0", "closed without a reply"),
        ("cut", "closed in the middle of a reply"),
        ("no-done", "a stream without its end"),
        ("error-event", "a stream without its end"),
        ("hang", "no complete reply within 0.1 s"),
    ],
)
def test_what_breaks_is_a_failure(word: str, failure: str) -> None:
    timeout = "100ms" if word == "hang" else "10s"
    summary = loaded("-n", "2", "-c", "1", "--stream", f"--timeout={timeout}", f"--header=X-Test-Scenario: {word}")
    assert summary["failures"] == {failure: 2}


def test_a_reset_is_a_failure() -> None:
    summary = loaded("-n", "1", "--header=X-Test-Scenario: reset;after=0")
    assert summary["failed"] == 1


def test_the_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    running = Run(plan_of(parser().parse_args(["load", "http://127.0.0.1:1/v1", "-n", "40"])))
    for _ in range(9):
        running.figures.add(Outcome(200, 0.1))
    running.figures.add(Outcome(500, 0.1, failure="HTTP 500"))
    command._show(running)
    assert capsys.readouterr().err == "\r\x1b[K[########......................]  25% 10 calls, 1 failed"


def test_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "http://127.0.0.1:1/v1", "-n", "1"]) == 1
    assert capsys.readouterr().err == "mockopenai: Cannot connect to http://127.0.0.1:1/v1: nobody listens there.\n"


def test_the_request_is_one_that_the_mock_reads() -> None:
    target = target_of("http://[::1]:8080/openai/v1/")
    data = request_of(target, "chat", model="mine", prompt="Grüße", stream=False, key="sk-1", header="X-A: b")
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.decode().split("\r\n")[:2] == ["POST /openai/v1/chat/completions HTTP/1.1", "host: [::1]:8080"]
    assert f"content-length: {len(body)}" in head.decode()
    assert json.loads(body)["messages"][0]["content"] == "Grüße"
    assert Request("POST", "/", body=body).body == body


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"usage": {"prompt_tokens": 9, "completion_tokens": 2}}', (9, 2)),
        (b'{"usage":{"prompt_tokens":9,"total_tokens":9}}', (9, 0)),
        (b'data: {"usage":null}\n\ndata: {"usage":{"input_tokens":3,"output_tokens":4}}\n\ndata: [DONE]\n\n', (3, 4)),
        (b'{"usage":{"prompt_tokens":9', (0, 0)),
        (b"", (0, 0)),
    ],
)
def test_tokens_are_read_from_the_reply(body: bytes, tokens: tuple[int, int]) -> None:
    assert tokens_of(body) == tokens
