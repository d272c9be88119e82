"""`mockopenai serve` as a process: what it prints, how it stops, and that it loses no request."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

Serve = Callable[..., Any]
Command = Callable[..., Any]


def test_a_server_from_its_first_line_to_its_last(serve: Serve, tmp_path: Path) -> None:
    stubs = tmp_path / "stubs.yaml"
    stubs.write_text(
        "rules:\n- {when: {contains: France}, always: Paris}\n- {when: {contains: limit}, always: rate-limit}\n"
    )
    served = serve(f"--stubs={stubs}", "--seed=7")
    banner = served.err.read_text()
    assert f"base URL   {served.url}" in banner
    assert [line.split()[0] for line in banner.splitlines()[-3:]] == ["curl", "curl", "curl"]
    assert served.chat("Capital of France?").json()["choices"][0]["message"]["content"] == "Paris"
    limited = served.chat("limit")
    assert (limited.status_code, limited.headers["retry-after"], limited.headers["retry-after-ms"]) == (
        429,
        "1",
        "1000",
    )
    assert httpx.get(f"{served.url}/models").status_code == 200  # no key asked for
    assert httpx.get(f"{served.origin}/_mock/ready").status_code == 200
    served.until(lambda: len(served.lines()) == 3)
    assert [re.sub(r"^\S+Z | [\d.]+ms", "", line) for line in served.lines()] == [
        "POST /v1/chat/completions 200 says('Paris') 11+1 tokens",
        "POST /v1/chat/completions 429 rate_limit()",
        "GET /v1/models 200",
    ]
    assert_metrics(served)
    stubs.write_text("rules:\n- {whn: {}}\n")
    os.kill(served.process.pid, signal.SIGHUP)
    served.until(lambda: "the stubs stay as they were" in served.err.read_text())
    assert "stubs.yaml:2:4: rules[0].whn: 'whn' is no key of a rule. Did you mean 'when'?" in served.err.read_text()
    assert served.chat("Capital of France?").json()["choices"][0]["message"]["content"] == "Paris"
    assert served.stop() == 0
    assert "sk-secret" not in served.out.read_text() + served.err.read_text()


def assert_metrics(served: Any) -> None:
    text = httpx.get(f"{served.origin}/metrics").text
    counted = {
        (sample.labels["endpoint"], sample.labels["status"], sample.labels["word"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "mockopenai_requests_total"
    }
    assert counted == {
        ("chat.completions", "200", "says"): 1,
        ("chat.completions", "429", "rate_limit"): 1,
        ("models", "200", "none"): 1,
    }


def test_a_unix_socket_a_json_log_and_a_second_signal(tmp_path: Path, serve: Serve) -> None:
    served = serve("--log-format=json", "--latency=time-to-first-token=30", f"--unix={tmp_path}/s")
    ready = json.loads(served.out.read_text())
    assert ready == {"event": "listening", "urls": [f"http+unix://{tmp_path}/s"]}
    transport = httpx.HTTPTransport(uds=f"{tmp_path}/s")
    with httpx.Client(transport=transport, base_url="http://mock/v1") as client:
        assert client.get("/models").status_code == 200
        served.until(lambda: served.lines())
        line = json.loads(served.lines()[0])
        assert (line["method"], line["path"], line["status"], line["ended"]) == ("GET", "/v1/models", 200, "done")
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(f"{tmp_path}/s")
    body = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    waiting.sendall(head.encode() + b"\r\nhost: mock\r\n\r\n" + body)
    with httpx.Client(transport=httpx.HTTPTransport(uds=f"{tmp_path}/s"), base_url="http://mock") as client:
        served.until(lambda: "mockopenai_in_flight 1.0" in client.get("/metrics").text)
    served.process.send_signal(signal.SIGTERM)
    served.until(lambda: not Path(f"{tmp_path}/s").exists())
    assert served.process.poll() is None  # it waits for the reply that is open
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(10) == 1
    assert json.loads(served.lines()[-1])["ended"] == "cut"
    waiting.close()


def test_https_with_a_ca_of_its_own(serve: Serve, tmp_path: Path) -> None:
    import ssl

    served = serve("--tls", f"--ca-file={tmp_path}/ca.pem")
    assert served.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=f"{tmp_path}/ca.pem")
    assert httpx.get(f"{served.url}/models", verify=context).status_code == 200
    asked = {"model": "dall-e-2", "prompt": "A cat", "size": "256x256"}
    drawn = httpx.post(f"{served.url}/images/generations", json=asked, verify=context).json()["data"][0]["url"]
    assert drawn.startswith(f"{served.url}/images/files/")
    assert httpx.get(drawn, verify=context).headers["content-type"] == "image/png"
    assert served.stop() == 0


def test_a_port_that_is_taken_and_one_that_nobody_listens_on(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for more in ((), ("--workers=2",)):
            refused = command("serve", f"--port={port}", *more)
            assert (refused.returncode, refused.stdout) == (1, "")
            assert refused.stderr == (
                f"mockopenai: Port {port} of 127.0.0.1 is taken by another program. "
                "Choose another port, or 0 for any free one.\n"
            )
    dead = command("load", f"http://127.0.0.1:{port}/v1")
    assert (dead.returncode, dead.stdout) == (1, "")
    assert dead.stderr == f"mockopenai: Cannot connect to http://127.0.0.1:{port}/v1: nobody listens there.\n"


@pytest.mark.parametrize("more", [(), ("--workers=2",)])
def test_told_to_stop_under_load_it_loses_no_request(serve: Serve, more: tuple[str, ...]) -> None:
    """Clients that get an answer, or are not let in any more: none is left without."""
    served = serve("--latency=time-to-first-token=20ms", "--log-level=off", *more)
    lost: list[str] = []
    answered: list[int] = []
    clients = [threading.Thread(target=_ask_on_and_on, args=(served.url, answered, lost)) for _ in range(8)]
    for client in clients:
        client.start()
    served.until(lambda: len(answered) > 40)
    assert served.stop() == 0
    for client in clients:
        client.join(10)
    assert lost == []
    assert set(answered) == {200}


def _ask_on_and_on(url: str, answered: list[int], lost: list[str]) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    with httpx.Client(base_url=url) as client:
        while True:
            try:
                answered.append(client.post("/chat/completions", json=body).status_code)
            except httpx.ConnectError:
                return
            except httpx.HTTPError as error:
                lost.append(repr(error))
                return


# --- workers ----------------------------------------------------------------------------------------------------------


def test_workers_answer_alike_and_are_replaced(serve: Serve) -> None:
    served = serve("--workers=2", "--log-format=json", "--seed=3")
    served.url = json.loads(served.out.read_text().splitlines()[0])["urls"][0]
    said = {served.chat().json()["choices"][0]["message"]["content"] for _ in range(8)}
    assert len(said) == 1
    until_counted(served, 8)
    first = workers_of(served.process.pid)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    served.until(lambda: len(workers_of(served.process.pid)) == 2 and first[0] not in workers_of(served.process.pid))
    assert "A worker was ended by SIGKILL; another takes its place." in served.err.read_text()
    said |= {served.chat().json()["choices"][0]["message"]["content"] for _ in range(8)}
    assert len(said) == 1
    until_counted(served, 16)
    last = workers_of(served.process.pid)
    served.process.kill()  # the parent is gone without a word
    served.until(lambda: not any(map(is_alive, last)))


def until_counted(served: Any, calls: int) -> None:
    """Waits until the workers have told how many calls they answered."""
    told = f'mockopenai_requests_total{{endpoint="chat.completions",status="200",word="none"}} {calls}.0'
    served.until(lambda: told in (text := httpx.get(f"{served.origin}/metrics").text) and IDLE in text)


IDLE = "mockopenai_in_flight 0.0"


def workers_of(pid: int) -> list[int]:
    """The processes that this one started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("needs /proc")
    return [int(child) for child in children.read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
