"""Envoy before the mock: active health checks, retries on the next priority, kept connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from openai import OpenAI, RateLimitError

from pytest_mockopenai import rate_limit, reset, server_error
from tests.gateways.calling import BODY, ask, calls_tools, sdk, streams_with_usage
from tests.gateways.configs import config, port_of, run_page
from tests.gateways.conftest import Mocks
from tests.processes import free_port, running

pytestmark = pytest.mark.gateway


@dataclass(frozen=True)
class Envoy:
    """Where it listens, and where it tells what it counted."""

    base_url: str
    admin: str

    def both_are_healthy(self) -> bool:
        """Whether it listens, and both mocks have passed a health check."""
        try:
            return self.counted("membership_healthy") == 2
        except httpx.TransportError:
            return False

    def counted(self, name: str) -> int:
        """A counter of the cluster of mocks; 0 before the first count."""
        stats = httpx.get(f"{self.admin}/stats", params={"format": "json", "filter": f"^cluster.mocks.{name}$"}).json()
        return sum(stat["value"] for stat in stats["stats"] if stat.get("name") == f"cluster.mocks.{name}")


@pytest.fixture(scope="module")
def started(served: Mocks, installed: Callable[[str], list[str]], folder: Path) -> Iterator[Envoy]:
    command = installed("envoy")
    port, admin = free_port(), free_port()
    path = folder / "envoy.yaml"
    path.write_text(config("envoy.yaml", {**served.ports, 10000: port, 10001: admin}), encoding="utf-8")
    envoy = Envoy(f"http://127.0.0.1:{port}/v1", f"http://127.0.0.1:{admin}")
    arguments = ["-c", str(path), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warn"]
    with running([*command, *arguments], ready=envoy.both_are_healthy, log=folder / "envoy.log"):
        yield envoy


@pytest.fixture
def envoy(started: Envoy, mocks: Mocks) -> Envoy:
    return started


@pytest.fixture
def client(envoy: Envoy) -> Iterator[OpenAI]:
    with sdk(envoy.base_url) as client:
        yield client


def test_plain(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    assert ask(client).choices[0].message.content == "Paris"
    (call,) = mocks.first.calls.to("chat.completions")
    assert call.header("x-request-id"), "Envoy numbers requests"


def test_stream(client: OpenAI, mocks: Mocks) -> None:
    streams_with_usage(client, mocks.first)


def test_tools(client: OpenAI, mocks: Mocks) -> None:
    calls_tools(client, mocks.first)


@pytest.mark.parametrize("word", [rate_limit(), server_error(), reset(after=0)], ids=str)
def test_the_second_mock_takes_over(client: OpenAI, mocks: Mocks, word: object) -> None:
    mocks.first.reply(word)
    mocks.second.reply("Lyon")
    assert ask(client).choices[0].message.content == "Lyon"


def test_a_429_of_all_reaches_the_client(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.always(rate_limit(retry_after=20))
    mocks.second.always(rate_limit(retry_after=30))
    with pytest.raises(RateLimitError) as caught:
        ask(client)
    assert caught.value.response.headers["retry-after"] == "30"


def test_health_checks_pass_without_a_key_and_with_the_name_of_the_cluster_as_host(envoy: Envoy) -> None:
    assert envoy.counted("health_check.success") >= 2
    assert envoy.counted("health_check.failure") == envoy.counted("health_check.network_failure") == 0


def test_no_connection_breaks_under_load(envoy: Envoy, client: OpenAI, mocks: Mocks) -> None:
    before = envoy.counted("upstream_cx_destroy_remote_with_active_rq")

    def call(_: int) -> int:
        return httpx.post(f"{envoy.base_url}/chat/completions", json=BODY).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(call, range(60)))
    assert statuses == [200] * 60
    assert envoy.counted("upstream_cx_destroy_remote_with_active_rq") == before
    assert len(mocks.first.calls.to("chat.completions")) == 60


def test_its_page(envoy: Envoy, mocks: Mocks, tmp_path: Path) -> None:
    ports = {10000: port_of(envoy.base_url.removesuffix("/v1")), 10001: port_of(envoy.admin)}
    run_page("envoy.md", {**mocks.ports, **ports}, tmp_path)
