"""Recording from a standalone mock in a process of its own, and replaying it without: the same to the byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from pytest_mockopenai import MockOpenAI, Unmet, isolation
from pytest_mockopenai.admin.front import Own
from pytest_mockopenai.app import App
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Cut, Request, Send, Stream, Whole
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.hosts.aio import ThreadedAioHost
from pytest_mockopenai.isolation import guard
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.recordings import CassetteDeck, deck, files
from pytest_mockopenai.recordings.cassette import Cassette
from pytest_mockopenai.recordings.interaction import RecordedReply
from pytest_mockopenai.recordings.upstream import Upstream
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.taping import BadRecording
from tests.serving import Served, served

KEY = "sk-real-0123456789abcdefghij"
CLIENT_KEY = "sk-proj-of-the-client-0123456789"
ADMIN = "Bearer opaque-but-secret"

STUBS = f"""
rules:
- when: {{contains: limit}}
  always: {{rate-limit: {{retry-after: 20}}}}
- when: {{contains: slowly}}
  always: {{says: "a b c", slow: {{first: 0.05, each: 0.03}}}}
- when: {{contains: cut}}
  always: {{says: "a b c", cut: {{after: 2}}}}
- when: {{contains: reset}}
  always: {{says: "a b c", reset: {{after: 0}}}}
- when: {{contains: leak}}
  always: "Your key is {KEY}, and of org-AbCdEfGhIjKlMnOp"
"""


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("upstream")
    stubs = folder / "stubs.yaml"
    stubs.write_text(STUBS, encoding="utf-8")
    with served(folder, f"--stubs={stubs}") as server:
        yield server


def chat(content: str, **more: object) -> tuple[str, Any]:
    return "/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **more}


CALLS: dict[str, tuple[str, Any]] = {
    "chat": chat("Hi"),
    "chat, streamed": chat("Hi", stream=True, stream_options={"include_usage": True}),
    "chat, in its own time": chat("slowly", stream=True),
    "chat, cut": chat("cut", stream=True),
    "chat, reset": chat("reset"),
    "chat, cut whole": chat("cut"),
    "responses": ("/responses", {"model": "gpt-4o", "input": "Hi"}),
    "responses, streamed": ("/responses", {"model": "gpt-4o", "input": "Hi", "stream": True}),
    "embeddings": ("/embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8}),
    "an error with Retry-After": chat("limit"),
    "a refusal of the mock's own": ("/chat/completions", {"model": "gpt-4o", "messages": "none"}),
    "an unknown path": ("/not/there", {"a": 1}),
    "models": ("/models", None),
    "a secret in the body": chat(f"My key is {CLIENT_KEY}"),
}


def call(base_url: str, path: str, body: Any) -> tuple[int, str | None, bytes, str]:
    """Status, content type and bytes of a reply, and how it ended."""
    got = b""
    headers = {"authorization": f"Bearer {CLIENT_KEY}", "x-admin": "1", "cookie": ADMIN}
    try:
        with httpx.stream("GET" if body is None else "POST", base_url + path, json=body, headers=headers) as reply:
            for data in reply.iter_raw():
                got += data
        return reply.status_code, reply.headers.get("content-type"), got, "done"
    except httpx.TransportError as error:
        return 0, None, got, "reset" if isinstance(error, httpx.ReadError) else "cut"


def test_what_is_replayed_is_what_was_recorded_to_the_byte(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "recordings" / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        recorded = {name: call(mock.base_url, *asked) for name, asked in CALLS.items()}
        assert {made.source for made in mock.calls} == {"upstream"}
        calls = mock.calls
    direct = {name: call(upstream.base_url, *asked) for name, asked in CALLS.items()}
    assert {name: reply[:2] for name, reply in recorded.items()} == {name: reply[:2] for name, reply in direct.items()}
    assert_no_secret(tmp_path)
    with MockOpenAI(record="none", recording=file, upstream="http://127.0.0.1:1", strict=True) as mock:
        replayed = {name: call(mock.base_url, *asked) for name, asked in CALLS.items()}
        assert {made.source for made in mock.calls} == {"recording"}
        told = [(made.status, made.endpoint, made.model, made.usage, made.stream, made.ended) for made in mock.calls]
        assert told == [(made.status, made.endpoint, made.model, made.usage, made.stream, made.ended) for made in calls]
        assert [made.response for made in mock.calls][:-1] == [made.response for made in calls][:-1]
    assert replayed.pop("a secret in the body")[2] != recorded.pop("a secret in the body")[2]
    assert replayed == recorded
    assert {name: reply[3] for name, reply in recorded.items() if reply[3] != "done"} == {
        "chat, cut": "cut",
        "chat, reset": "reset",
        "chat, cut whole": "cut",
    }


def assert_no_secret(folder: Path) -> None:
    found = [file for file in folder.rglob("*") if file.is_file()]
    assert found
    for file in found:
        data = file.read_bytes()
        for secret in (KEY, CLIENT_KEY, "opaque-but-secret", "org-AbCdEfGhIjKlMnOp"):
            assert secret.encode() not in data, f"{secret} is in {file}"


def test_no_secret_is_in_any_file(upstream: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    file = tmp_path / "it.json"
    with MockOpenAI(record="all", recording=file, upstream=upstream.base_url) as mock:
        for stream in (False, True):
            mock.client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "user", "content": f"leak {KEY}"}],
                stream=stream,  # type: ignore[call-overload]
                extra_headers={"api-key": CLIENT_KEY, "cookie": ADMIN},
            )
        call(mock.base_url, *chat(f"leak {CLIENT_KEY}"))
    assert "[redacted]" in file.read_text(encoding="utf-8")
    assert_no_secret(tmp_path)


def test_the_placeholder_becomes_the_key_of_the_environment_and_a_clients_own_key_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with MockOpenAI(invalid_keys=[CLIENT_KEY]) as api:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        with MockOpenAI(record="all", recording=tmp_path / "a.json", upstream=api.base_url) as mock:
            mock.client.models.list()
            assert call(mock.base_url, "/models", None)[0] == 401
        assert [made.status for made in api.calls] == [200, 401]


def limited(mock: MockOpenAI) -> httpx.Response:
    return httpx.post(f"{mock.base_url}/chat/completions", json=chat("limit")[1], headers={"authorization": "Bearer x"})


def test_an_error_is_retried_at_once_and_says_what_it_said(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        reply = limited(mock)
        assert (reply.headers["retry-after"], reply.headers["retry-after-ms"]) == ("20", "20000")
    with MockOpenAI(record="none", recording=file) as mock:
        reply = limited(mock)
        assert (reply.headers["retry-after"], reply.headers["retry-after-ms"]) == ("20", "1")
        assert reply.headers["x-mock-source"] == "recording"


class Binary:
    """An API that answers with bytes that are no text."""

    def exchange(self, request: Request) -> Own:
        return Own(Whole(200, (("content-type", "audio/mpeg"),), bytes(range(256))))


def test_a_binary_reply_is_replayed_to_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    asked = ("/audio/speech", {"model": "tts-1", "input": "Hi", "voice": "alloy"})
    with ThreadedAioHost(Binary()) as host, MockOpenAI(record="once", recording=file, upstream=host.url) as mock:
        assert call(mock.base_url, *asked) == (200, "audio/mpeg", bytes(range(256)), "done")
    assert len(json.loads(file.read_text())["interactions"][0]["response"]["base64"]) == 4
    with MockOpenAI(record="none", recording=file) as mock:
        assert call(mock.base_url, *asked) == (200, "audio/mpeg", bytes(range(256)), "done")


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_stream_is_passed_on_while_it_comes_and_keeps_its_times(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        began, arrived = monotonic(), []
        with httpx.stream("POST", mock.base_url + "/chat/completions", json=chat("slowly", stream=True)[1]) as reply:
            for _ in reply.iter_raw():
                arrived.append(monotonic() - began)
    assert len(arrived) >= 4
    assert arrived[-1] - arrived[0] >= 0.06, "not passed on at once, in the end"
    (interaction,) = files.read(file)
    waits = [step.after for step in interaction.reply.steps]
    assert waits[0] >= 0.04
    assert all(wait >= 0.005 for wait in waits[1:4])
    assert [step.after for step in _played(file, rhythm=True)] == waits
    assert [step.after for step in _played(file, rhythm=False)] == [0.0] * len(waits)


def _played(file: Path, *, rhythm: bool) -> tuple[Send | Cut, ...]:
    """The steps of a replayed stream, as the host gets them."""
    app = App(Routes(all_endpoints()), KnownModels(), Settings())
    app.deck = CassetteDeck(Cassette("none", files.read(file)), None, where=file, rhythm=rhythm)
    path, body = chat("slowly", stream=True)
    head = (("authorization", "Bearer x"), ("content-type", "application/json"))
    reply = app.exchange(Request("POST", f"/v1{path}", head, json.dumps(body).encode())).reply
    assert isinstance(reply, Stream)
    return reply.steps


def test_the_recorded_rhythm_is_what_the_host_waits(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        call(mock.base_url, *chat("slowly", stream=True))
    slept: list[float] = []
    with MockOpenAI(record="none", recording=file, record_rhythm=True) as mock:
        host: Any = mock._stage
        host.host.sleep = slept.append
        call(mock.base_url, *chat("slowly", stream=True))
    (interaction,) = files.read(file)
    assert slept == [step.after for step in interaction.reply.steps if step.after > 0]


# --- who is there, and who is not -------------------------------------------------------------------------------------


def test_a_request_that_was_edited_says_how(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        call(mock.base_url, *chat("Capital of France?", temperature=0))
    mock = MockOpenAI(record="once", recording=file)
    with pytest.raises(Unmet) as unmet, mock:
        status, _, body, _ = call(mock.base_url, *chat("Capital of Spain?", temperature=0))
    error = json.loads(body)["error"]
    assert (status, error["type"], error["code"]) == (400, "mock_error", "unrecorded_call")
    assert error["message"].startswith("No recording answers POST /v1/chat/completions with model 'gpt-4o'")
    lines = [line.strip() for line in str(unmet.value).splitlines()]
    at = lines.index("messages[0].content differs:")
    assert lines[at : at + 3] == ["messages[0].content differs:", "- 'Capital of France?'", "+ 'Capital of Spain?'"]
    assert "temperature" not in str(unmet.value)


def test_a_client_that_leaves_early_does_not_cut_the_recording(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        body = chat("slowly", stream=True)[1]
        with httpx.stream("POST", mock.base_url + "/chat/completions", json=body) as reply:
            next(reply.iter_raw())
    (interaction,) = files.read(file)
    assert interaction.reply.events[-1] == b"data: [DONE]\n\n"
    assert not interaction.reply.broken


def test_calls_at_the_same_time_are_all_recorded_and_all_replayed(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    asked = [chat(f"Hi {number % 3}", stream=number % 2 == 0) for number in range(12)]

    def all_at_once(mock: MockOpenAI) -> list[bytes]:
        found: list[bytes] = [b""] * len(asked)

        def one(at: int) -> None:
            found[at] = call(mock.base_url, *asked[at])[2]

        threads = [threading.Thread(target=one, args=(at,)) for at in range(len(asked))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        recorded = all_at_once(mock)
    with MockOpenAI(record="none", recording=file, strict=True) as mock:
        assert sorted(all_at_once(mock)) == sorted(recorded)


def test_a_reset_rewinds(upstream: Served, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        call(mock.base_url, *CALLS["chat"])
    with MockOpenAI(record="none", recording=file) as mock:
        first = call(mock.base_url, *CALLS["chat"])
        mock.reset()
        assert call(mock.base_url, *CALLS["chat"]) == first
        assert [made.source for made in mock.calls] == ["recording"]


def test_a_recorded_response_may_be_gone_on_from(upstream: Served, tmp_path: Path) -> None:
    """The mock itself knows nothing of the response that the request names."""
    file = tmp_path / "it.json"

    def talk(mock: MockOpenAI) -> str:
        first = mock.client.responses.create(model="gpt-4o", input="Hi")
        return mock.client.responses.create(model="gpt-4o", input="More", previous_response_id=first.id).output_text

    with MockOpenAI(record="once", recording=file, upstream=upstream.base_url) as mock:
        said = talk(mock)
    with MockOpenAI(record="none", recording=file) as mock:
        assert talk(mock) == said
        mock.reset()
        mock.when(contains="More").reply("Scripted")
        assert talk(mock) == "Scripted"


def test_only_the_recorder_gets_past_the_guard(
    upstream: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upstream is called a real host of OpenAI here, and known by a name that nobody else asks for."""
    monkeypatch.setattr(guard, "is_real_host", lambda host: host in ("localhost", b"localhost"))
    url = upstream.base_url.replace("127.0.0.1", "localhost")
    with MockOpenAI(record="once", recording=tmp_path / "it.json", upstream=url) as mock:
        with pytest.raises(isolation.RealHostRefused):
            httpx.get(f"{url}/models")
        assert call(mock.base_url, "/models", None)[0] == 200
        with isolation.permitted():
            assert httpx.get(f"{url}/models").status_code == 200
            with ThreadPoolExecutor(1) as threads, pytest.raises(isolation.RealHostRefused):
                threads.submit(httpx.get, f"{url}/models").result()
        assert len(mock.refusals) == 2


def test_a_target_that_is_no_path_leads_to_no_other_host(upstream: Served, tmp_path: Path) -> None:
    """A proxy's form of a target, and one that would make the upstream's host a user name."""
    asked = Upstream(upstream.url, keys={}, placeholder=None)
    for target in ("@localhost:1/v1/models", "http://localhost:1/v1/models", "//localhost:1/v1/models"):
        came = asked.ask(Request("GET", target))
        assert isinstance(came, RecordedReply)
        assert came.status == 404
    asked.close()


def test_a_file_that_cannot_be_written_is_said(upstream: Served, tmp_path: Path) -> None:
    mock = MockOpenAI(record="once", recording=tmp_path / "new" / "it.json", upstream=upstream.base_url)
    mock.start()
    call(mock.base_url, "/models", None)
    (tmp_path / "new").write_text("in the way")
    with pytest.raises(BadRecording, match=r"it\.json: the file cannot be written: "):
        mock.stop()


def test_a_mode_goes_with_a_file() -> None:
    with pytest.raises(TypeError, match="record= goes with recording="):
        MockOpenAI(record="once")
    with pytest.raises(TypeError, match="record= is for a mock in this process"):
        MockOpenAI.connect("http://127.0.0.1:1", record="once", recording="x.json")


def test_the_upstreams_key_is_never_forgotten(
    upstream: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deck, "_SECRETS", 2)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    file = tmp_path / "it.json"
    with MockOpenAI(record="all", recording=file, upstream=upstream.base_url) as mock:
        for number in range(4):
            headers = {"authorization": f"Bearer opaque-key-of-client-{number}"}
            body = chat(f"leak opaque-key-of-client-{number}")[1]
            assert httpx.post(f"{mock.base_url}/chat/completions", json=body, headers=headers).status_code == 200
    assert_no_secret(tmp_path)
    assert "opaque-key-of-client" not in file.read_text(encoding="utf-8")
