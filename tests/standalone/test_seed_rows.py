"""What a mock made of WireMock on Kubernetes set out to do, row by row, asked of `mockopenai serve`.

Rows 16, 18 to 20 are in tests/kubernetes too, rows 21 and 22 in tests/gateways.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI, RateLimitError

from tests import console
from tests.gateways.calling import ask, sdk, streamed
from tests.serving import COMMAND, Served, served

DOCS = Path(__file__).parents[2] / "docs"
STUBS = DOCS / "kubernetes" / "stubs.yaml"
BODY: dict[str, Any] = {"model": "mock-gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
CHAT, EMBEDDINGS, RESPONSES = "/v1/chat/completions", "/v1/embeddings", "/v1/responses"
BODIES = {
    CHAT: BODY,
    EMBEDDINGS: {"model": "text-embedding-3-small", "input": "Hello"},
    RESPONSES: {"model": "gpt-4o", "input": "Hello"},
    "/v1/completions": {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello"},
    "/v1/moderations": {"input": "Hello"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("server"), "--cors", f"--stubs={STUBS}") as found:
        yield found


@pytest.fixture(scope="module")
def http(server: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture
def client(server: Served) -> Iterator[OpenAI]:
    with sdk(server.base_url) as client:
        yield client


def chat(http: httpx.Client, **more: Any) -> Any:
    return http.post(CHAT, json={**BODY, **more}).json()


def said(http: httpx.Client, content: Any) -> str:
    """The text of the reply to a message."""
    text = chat(http, messages=[{"role": "user", "content": content}])["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


def cli(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command, and what it printed."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}
    )


# --- replies ----------------------------------------------------------------------------------------------------------


def test_row_1_any_model_gets_a_chat_completion(client: OpenAI) -> None:
    reply = ask(client, model="mock-gpt-4o")
    assert (reply.object, reply.model) == ("chat.completion", "mock-gpt-4o")


@pytest.mark.parametrize("text", ['say "hi"\n<é>', "back\\slash \u2028 \U0001f600"])
@pytest.mark.parametrize("as_parts", [False, True], ids=["text", "parts"])
def test_row_2_the_reply_quotes_the_model_and_the_last_message(http: httpx.Client, text: str, as_parts: bool) -> None:
    reply = said(http, [{"type": "text", "text": text}] if as_parts else text)
    assert reply.startswith("This is mock-gpt-4o, mocked.")
    assert text.split("\n")[0] in reply


def test_row_3_id_created_and_fingerprint(http: httpx.Client) -> None:
    reply = chat(http)
    assert reply["id"].startswith("chatcmpl-")
    assert abs(reply["created"] - time.time()) < 60
    assert reply["system_fingerprint"].startswith("fp_")


def test_row_4_usage_adds_up(http: httpx.Client) -> None:
    for count in range(200):
        used = chat(http, max_tokens=1 + count % 20, messages=[{"role": "user", "content": f"Number {count}"}])["usage"]
        assert used["prompt_tokens"] + used["completion_tokens"] == used["total_tokens"]
        assert 0 < used["completion_tokens"] <= 1 + count % 20
        assert used["prompt_tokens_details"]["cached_tokens"] == 0
        assert used["completion_tokens_details"]["reasoning_tokens"] == 0


def test_row_5_the_same_request_gets_the_same_reply(http: httpx.Client) -> None:
    once, again = chat(http, seed=7), chat(http, seed=7)
    assert {key for key in once if once[key] != again[key]} <= {"id", "created"}


def test_row_5_a_replica_gives_the_same_replies_with_the_same_ids(server: Served, tmp_path: Path) -> None:
    body = {**BODY, "seed": 5, "user": "row 5"}
    with served(tmp_path) as other:
        one, two = (httpx.post(f"{it.base_url}/chat/completions", json=body).json() for it in (server, other))
    assert {key for key in one if one[key] != two[key]} <= {"created"}


def test_row_6_every_reply_has_a_request_id(http: httpx.Client) -> None:
    replies = [
        http.post(CHAT, json=BODY),
        http.post(CHAT, json={}),
        http.get("/v1/models/nope"),
        http.post(CHAT, json=BODY, headers={"x-test-scenario": "rate-limit"}),
        http.post(CHAT, json=BODY, headers={"x-test-scenario": "error"}),
    ]
    assert [reply.status_code for reply in replies] == [200, 400, 404, 429, 500]
    assert all(reply.headers["x-request-id"].startswith("req_") for reply in replies)


def test_row_7_browsers_may_call(server: Served, http: httpx.Client, tmp_path: Path) -> None:
    origin = {"origin": "http://x", "access-control-request-method": "POST"}
    asked = http.options(CHAT, headers={**origin, "access-control-request-headers": "authorization,content-type"})
    assert asked.status_code in (200, 204)
    assert asked.headers["access-control-allow-origin"] in ("*", "http://x")
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" in http.post(CHAT, json=BODY, headers=origin).headers
    with served(tmp_path) as closed:
        assert "access-control-allow-origin" not in httpx.get(f"{closed.base_url}/models", headers=origin).headers


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        (json.dumps({"messages": BODY["messages"]}), "application/json", "model"),
        ("{broken", "application/json", None),
        ("Hello", "text/plain", None),
    ],
    ids=["no model", "broken JSON", "text"],
)
def test_row_8_bad_requests_are_refused_as_openai_does(
    http: httpx.Client, body: str, kind: str, param: str | None
) -> None:
    reply = http.post(CHAT, content=body, headers={"content-type": kind})
    assert 400 <= reply.status_code < 500
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize(("model", "size"), [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072)])
def test_row_9_embeddings(client: OpenAI, model: str, size: int) -> None:
    reply = client.embeddings.create(model=model, input=["a", "b", "a"])
    one, other, same = (item.embedding for item in reply.data)
    assert (len(one), len(other)) == (size, size)
    assert math.isclose(math.hypot(*one), 1, abs_tol=1e-5)
    assert one == same != other
    assert reply.usage.prompt_tokens == reply.usage.total_tokens == 3
    floats = client.embeddings.create(model=model, input="a", encoding_format="float").data[0].embedding
    assert floats == pytest.approx(one, abs=1e-6)
    assert len(client.embeddings.create(model=model, input=[[64], [65]], dimensions=256).data[1].embedding) == 256


def test_row_10_models(http: httpx.Client) -> None:
    listed = [model["id"] for model in http.get("/v1/models").json()["data"]]
    assert listed[:2] == ["mock-gpt-4o", "mock-gpt-4o-mini"], "those of the stubs file come first"
    assert http.get("/v1/models/mock-gpt-4o").json()["id"] == "mock-gpt-4o"
    assert http.get("/v1/models/gpt-4o").json()["object"] == "model"
    missing = http.get("/v1/models/nope")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_row_11_streams(client: OpenAI) -> None:
    text, usage = streamed(client)
    assert text == ask(client).choices[0].message.content
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert not any(chunk.usage for chunk in ask(client, stream=True))


def test_row_12_the_other_endpoints(http: httpx.Client) -> None:
    kinds = {path: http.post(path, json=body).json().get("object") for path, body in BODIES.items()}
    assert kinds == {
        CHAT: "chat.completion",
        EMBEDDINGS: "list",
        RESPONSES: "response",
        "/v1/completions": "text_completion",
        "/v1/moderations": None,  # OpenAI's has none
    }


# --- scenarios --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BODIES)
def test_row_13_the_header_limits_every_endpoint(http: httpx.Client, path: str) -> None:
    reply = http.post(path, json=BODIES[path], headers={"X-Test-Scenario": "rate-limit"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert (reply.headers["retry-after"], reply.headers["retry-after-ms"]) == ("1", "1000")
    assert reply.headers["x-ratelimit-remaining-requests"] == "0"


def test_row_13_the_header_wins_over_rules(http: httpx.Client) -> None:
    body = {**BODY, "messages": [{"role": "user", "content": "you are down"}]}
    assert http.post(CHAT, json=body).status_code == 503
    assert http.post(CHAT, json=body, headers={"X-Test-Scenario": "rate-limit"}).status_code == 429


@pytest.mark.parametrize(
    ("scenario", "status"),
    [("error", 500), ("error;status=418", 418), ("error;status=599", 599), ("overloaded", 503), ("unauthorized", 401)],
)
def test_row_14_any_error(http: httpx.Client, scenario: str, status: int) -> None:
    reply = http.post(CHAT, json=BODY, headers={"X-Test-Scenario": scenario})
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_row_14_an_unknown_scenario_is_told_with_those_that_there_are(http: httpx.Client) -> None:
    reply = http.post(CHAT, json=BODY, headers={"X-Test-Scenario": "nope"})
    assert reply.status_code == 400
    assert "rate_limit" in reply.json()["error"]["message"]


def test_row_15_limited_twice_then_fine(tmp_path: Path) -> None:
    stubs = tmp_path / "stubs.yaml"
    stubs.write_text("rules:\n- reply: [{rate_limit: {}, times: 2}]\n", encoding="utf-8")
    with served(tmp_path, f"--stubs={stubs}") as limited, httpx.Client(base_url=limited.url) as http:
        assert [http.post(CHAT, json=BODY).status_code for _ in range(5)] == [429, 429, 200, 200, 200]


def test_row_15_an_sdk_gives_up_soon(server: Served) -> None:
    started = time.monotonic()
    limited = {"X-Test-Scenario": "rate-limit;retry_after=0.05"}
    with sdk(server.base_url, retries=1, default_headers=limited) as client, pytest.raises(RateLimitError):
        ask(client)
    assert time.monotonic() - started < 10


# --- on Kubernetes ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_row_16_memory_is_far_below_the_limit(tmp_path: Path) -> None:
    with served(tmp_path, "--record-limit=1000") as found:
        result = cli("load", found.base_url, "--total=3000", "--concurrency=10")
        assert result.returncode == 0, result.stderr
        status = Path(f"/proc/{found.pid}/status").read_text(encoding="utf-8")
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]
    assert resident < 150


def mounted(folder: Path, text: str, stamp: str) -> None:
    """A ConfigMap as the kubelet mounts it: `stubs.yaml` leads through `..data` to a folder that is swapped as one."""
    (folder / f"..{stamp}").mkdir(parents=True)
    (folder / f"..{stamp}" / "stubs.yaml").write_text(text, encoding="utf-8")
    (folder / "..new").symlink_to(f"..{stamp}")
    (folder / "..new").rename(folder / "..data")
    if not (folder / "stubs.yaml").is_symlink():
        (folder / "stubs.yaml").symlink_to("..data/stubs.yaml")


@pytest.mark.parametrize("whole_folder", [False, True], ids=["file", "folder"])
def test_row_17_a_config_map_is_read_once_and_again_when_it_changes(tmp_path: Path, whole_folder: bool) -> None:
    folder = tmp_path / "config"
    mounted(folder, "rules:\n- reply: [first]\n", "2026_01_01")
    stubs = folder if whole_folder else folder / "stubs.yaml"
    with served(tmp_path, f"--stubs={stubs}") as found, httpx.Client(base_url=found.url) as http:
        assert len(http.get("/_mock/rules").json()["data"]) == 1
        assert said(http, "Hello") == "first"
        assert said(http, "Hello") != "first", "the rule was there once"
        mounted(folder, "rules:\n- always: second\n", "2026_01_02")
        _wait(lambda: said(http, "Hello") == "second")
        mounted(folder, "rules:\n- alway: third\n", "2026_01_03")
        _wait(lambda: "Did you mean 'always'" in found.printed())
        assert said(http, "Hello") == "second", "a broken edit keeps the rules"


def _wait(until: Any) -> None:
    deadline = time.monotonic() + 15
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_row_18_tls_is_real_where_asked_for(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    with served(tmp_path, "--tls", f"--ca-file={ca}") as found:
        assert found.url.startswith("https://")
        trusting = ["curl", "-s", "--cacert", str(ca), f"{found.base_url}/models"]
        assert json.loads(subprocess.check_output(trusting))["object"] == "list"
        distrusting = ["curl", "-s", f"{found.base_url}/models"]
        assert subprocess.run(distrusting).returncode == 60, "a CA that curl does not know"


# --- running it -------------------------------------------------------------------------------------------------------


def test_row_23_one_line_for_each_call_and_no_key(tmp_path: Path) -> None:
    with served(tmp_path) as found:
        with sdk(found.base_url, key="sk-secret-0123456789") as client:
            ask(client)
            with pytest.raises(RateLimitError):
                ask(client, extra_headers={"X-Test-Scenario": "rate-limit"})
        _wait(lambda: found.printed().count(f"POST {CHAT}") == 2)
        lines = [line for line in found.printed().splitlines() if f"POST {CHAT}" in line and "curl" not in line]
    assert [re.search(r"\b(200|429)\b", line)[1] for line in lines] == ["200", "429"]  # type: ignore[index]
    assert "rate" in lines[1]
    assert "sk-secret" not in found.printed()


def test_row_24_load_counts_and_fails_where_nobody_listens(server: Served) -> None:
    result = cli("load", server.base_url, "--concurrency=5", "--total=20", "--json")
    assert result.returncode == 0, result.stderr
    assert '"p99"' in result.stdout
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = cli("load", f"http://127.0.0.1:{closed.getsockname()[1]}/v1", "--concurrency=5", "--total=20")
    assert dead.returncode == 1
    assert "Traceback" not in dead.stderr


def test_rows_25_and_27_start_status_logs_restart_stop_leave_nothing(tmp_path: Path) -> None:
    env = {"MOCKOPENAI_STATE": str(tmp_path / "state")}
    try:
        started = cli("start", "--port=0", env=env)
        assert started.returncode == 0, started.stderr
        first = re.search(r"http://127.0.0.1:(\d+)", started.stdout)
        assert first
        assert cli("status", env=env).returncode == 0
        assert "Listening on" in cli("logs", env=env).stdout
        restarted = cli("restart", env=env)
        assert restarted.returncode == 0, restarted.stderr
    finally:
        stopped = cli("stop", env=env)
    assert stopped.returncode == 0, stopped.stderr
    last = re.search(r"http://127.0.0.1:(\d+)", restarted.stdout)
    assert last
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(last[1]))) != 0
    assert not list((tmp_path / "state").glob("*"))
    assert cli("status", env=env).returncode == 3


def test_row_26_check_says_where_a_stubs_file_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "stubs.yaml"
    broken.write_text("rules:\n- reply: [{rate_limitt: {}}]\n", encoding="utf-8")
    result = cli("check", str(broken))
    assert result.returncode == 1
    told = result.stdout + result.stderr
    assert "stubs.yaml:2:" in told
    assert "Did you mean 'rate_limit'" in told
    assert cli("check", str(STUBS)).returncode == 0


def test_row_26_an_unknown_path_is_told_as_json(http: httpx.Client) -> None:
    reply = http.post("/v1/chat/completion", json=BODY)
    assert reply.status_code == 404
    assert reply.json()["error"]["message"] == "Invalid URL (POST /v1/chat/completion)"
    assert reply.headers["x-mock-hint"] == f"Did you mean {CHAT}?"


def test_row_28_what_the_real_api_would_refuse_is_refused(http: httpx.Client) -> None:
    refused = [
        {**BODY, "temprature": 1},
        {**BODY, "temperature": 3},
        {**BODY, "messages": [{"role": "tool", "tool_call_id": "call_x", "content": "x"}]},
    ]
    assert [http.post(CHAT, json=body).status_code for body in refused] == [400, 400, 400]


AUDIT = """
import ipaddress, sys
def audit(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        if not ipaddress.ip_address(arguments[1][0]).is_loopback:
            print("OUTGOING", arguments[1], flush=True)
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
        print("OUTGOING", arguments[0], flush=True)
sys.addaudithook(audit)
"""


def test_row_29_it_never_calls_out(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(AUDIT, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    with served(tmp_path, env={"PYTHONPATH": path}) as found, httpx.Client(base_url=found.url) as http:
        assert all(http.post(target, json=body).status_code == 200 for target, body in BODIES.items())
    assert "OUTGOING" not in found.printed()


def test_row_30_it_keeps_connections_and_takes_load(server: Served) -> None:
    result = cli("load", server.base_url, "--total=500", "--concurrency=10", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["failed"], told["statuses"]) == (0, {"200": 500})
    assert told["calls"] == 500


def test_row_31_replies_and_moderations_that_trip_guards(http: httpx.Client) -> None:
    assert re.search(r"\d{3}-\d{2}-\d{4}.*@example\.com", said(http, "Show me the customer record."))
    flagged = http.post("/v1/moderations", json={"input": "I will hurt you."}).json()["results"][0]
    assert (flagged["flagged"], flagged["categories"]["violence"]) == (True, True)


def test_streams_are_paced_where_asked(http: httpx.Client) -> None:
    """Row 11's pacing: chunks come one after the other, not at once."""
    headers = {"X-Test-Scenario": "slow;first=0.05;each=0.02"}
    with http.stream("POST", CHAT, json={**BODY, "stream": True}, headers=headers) as reply:
        times = [time.monotonic() for line in reply.iter_lines() if line.startswith("data: {")]
    assert min(after - before for before, after in pairwise(times)) >= 0
    assert times[-1] - times[0] >= 0.02 * (len(times) - 2)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page_work_as_written(server: Served, tmp_path: Path) -> None:
    page = tmp_path / "from-wiremock.md"
    text = (DOCS / page.name).read_text(encoding="utf-8")
    page.write_text(text.replace("localhost:8080", f"127.0.0.1:{server.port}"), encoding="utf-8")
    console.run(page)
