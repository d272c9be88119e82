"""nginx before the mock: HTTP/1.0 without kept connections, as it comes, and HTTP/1.1 with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from openai import OpenAI, RateLimitError

from pytest_mockopenai import rate_limit, reset, server_error, slow
from tests.gateways.calling import BODY, ask, sdk, streamed
from tests.gateways.configs import config, port_of, run_page
from tests.gateways.conftest import Mocks
from tests.processes import answers, free_port, running

pytestmark = pytest.mark.gateway


@dataclass(frozen=True)
class Nginx:
    """The two servers of nginx.conf: `plain` speaks HTTP/1.0 to the mock, `kept` HTTP/1.1."""

    plain: str
    kept: str


@pytest.fixture(scope="module")
def started(served: Mocks, installed: Callable[[str], list[str]], folder: Path) -> Iterator[Nginx]:
    command = installed("nginx")
    plain, kept = free_port(), free_port()
    path = folder / "nginx.conf"
    path.write_text(config("nginx.conf", {**served.ports, 9000: plain, 9001: kept}), encoding="utf-8")
    arguments = ["-p", str(folder), "-c", str(path), "-g", "daemon off;"]
    nginx = Nginx(f"http://127.0.0.1:{plain}/v1", f"http://127.0.0.1:{kept}/v1")
    with running([*command, *arguments], ready=answers(f"{nginx.kept}/models"), log=folder / "nginx.log"):
        yield nginx


@pytest.fixture
def nginx(started: Nginx, mocks: Mocks) -> Nginx:
    return started


@pytest.fixture(params=["plain", "kept"])
def client(request: pytest.FixtureRequest, nginx: Nginx) -> Iterator[OpenAI]:
    with sdk(getattr(nginx, request.param)) as client:
        yield client


def test_plain(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    reply = ask(client)
    assert reply.choices[0].message.content == "Paris"
    assert reply.usage.total_tokens == mocks.first.usage.total_tokens == 12


def test_stream(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris, of course.")
    text, usage = streamed(client)
    assert text == "Paris, of course."
    assert usage.total_tokens == mocks.first.usage.total_tokens


def test_embeddings(client: OpenAI) -> None:
    reply = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    assert [len(item.embedding) for item in reply.data] == [1536, 1536]


def test_a_429_reaches_the_client(nginx: Nginx, mocks: Mocks) -> None:
    mocks.first.reply(rate_limit(retry_after=20))
    with sdk(nginx.plain) as client, pytest.raises(RateLimitError) as caught:
        ask(client)
    assert caught.value.response.headers["retry-after"] == "20"
    assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize("word", [rate_limit(), server_error(), reset(after=0)], ids=str)
def test_the_second_mock_takes_over(nginx: Nginx, mocks: Mocks, word: object) -> None:
    mocks.first.reply(word)
    mocks.second.reply("Lyon")
    reply = httpx.post(f"{nginx.kept}/chat/completions", json=BODY)
    assert reply.json()["choices"][0]["message"]["content"] == "Lyon"
    assert (len(mocks.first.calls), len(mocks.second.calls)) == (1, 1)


def test_events_are_passed_on_as_they_come(nginx: Nginx, mocks: Mocks) -> None:
    mocks.first.reply(slow(first=0, each=0.02))
    with httpx.stream("POST", f"{nginx.kept}/chat/completions", json={**BODY, "stream": True}) as reply:
        pieces = [piece for piece in reply.iter_raw() if piece]
    assert len(pieces) > 3
    assert pieces[-1].endswith(b"data: [DONE]\n\n")


def test_no_connection_breaks_under_load(nginx: Nginx, mocks: Mocks) -> None:
    def call(_: int) -> int:
        return httpx.post(f"{nginx.kept}/chat/completions", json=BODY).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(call, range(60)))
    assert statuses == [200] * 60
    assert (len(mocks.first.calls), len(mocks.second.calls)) == (60, 0)


def test_its_page(nginx: Nginx, mocks: Mocks, tmp_path: Path) -> None:
    plain, kept = (port_of(url.removesuffix("/v1")) for url in (nginx.plain, nginx.kept))
    run_page("nginx.md", {**mocks.ports, 9000: plain, 9001: kept}, tmp_path)
