"""The Portkey gateway before the mock; how it is to answer is said in each request's headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from openai import OpenAI, RateLimitError

from pytest_mockopenai import cut, rate_limit, server_error
from tests.gateways.calling import MESSAGES, ask, calls_tools, embeds, sdk, streams_with_usage
from tests.gateways.configs import FIRST, config, port_of, run_page
from tests.gateways.conftest import Mocks
from tests.processes import answers, free_port, running

pytestmark = pytest.mark.gateway


@pytest.fixture(scope="module")
def started(served: Mocks, installed: Callable[[str], list[str]], folder: Path) -> Iterator[str]:
    command = installed("portkey")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([*command, "--headless", f"--port={port}"], ready=answers(url), log=folder / "portkey.log"):
        yield url


@pytest.fixture
def url(started: str, mocks: Mocks) -> str:
    return f"{started}/v1"


def direct(mocks: Mocks) -> Mapping[str, str]:
    """The headers that send a request to the first mock."""
    return {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": mocks.first.base_url,
        "x-portkey-forward-headers": "x-test-scenario",
    }


@pytest.fixture
def client(url: str, mocks: Mocks) -> Iterator[OpenAI]:
    with sdk(url, default_headers=direct(mocks)) as client:
        yield client


@pytest.fixture
def failing_over(url: str, mocks: Mocks) -> Iterator[OpenAI]:
    """A client of the configuration failover.json."""
    with sdk(url, default_headers=configured("failover", mocks.ports)) as client:
        yield client


def configured(name: str, ports: Mapping[int, int]) -> Mapping[str, str]:
    return {"x-portkey-config": json.dumps(json.loads(config(f"portkey/{name}.json", ports)))}


def test_plain(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    reply = ask(client)
    assert reply.choices[0].message.content == "Paris"
    used = mocks.first.usage
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (used.prompt_tokens, used.completion_tokens)
    assert used.total_tokens == 12


def test_stream_with_usage(client: OpenAI, mocks: Mocks) -> None:
    streams_with_usage(client, mocks.first)


def test_it_asks_for_the_usage_of_a_stream_only_if_the_client_does(client: OpenAI, mocks: Mocks) -> None:
    assert not any(chunk.usage for chunk in ask(client, stream=True))
    assert "stream_options" not in mocks.first.calls[-1].body


def test_tools(client: OpenAI, mocks: Mocks) -> None:
    calls_tools(client, mocks.first)


def test_embeddings(client: OpenAI, mocks: Mocks) -> None:
    embeds(client, mocks.first)


def test_responses_and_models(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    assert client.responses.create(model="gpt-4o", input="Capital of France?").output_text == "Paris"
    assert "gpt-4o" in [model.id for model in client.models.list()]


def test_a_429_tells_the_client_how_long_to_wait(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply(rate_limit(retry_after=20))
    with pytest.raises(RateLimitError, match="Please try again in 20s") as caught:
        ask(client)
    assert caught.value.response.headers["retry-after"] == "20"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert [call.status for call in mocks.first.calls] == [429], "it retries only where it is told to"


def test_it_retries_where_it_is_told_to(url: str, mocks: Mocks) -> None:
    mocks.first.reply(server_error(), "Paris")
    with sdk(url, default_headers=configured("retry", {FIRST: mocks.ports[FIRST]})) as client:
        reply = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
    assert reply.headers["x-portkey-retry-attempt-count"] == "1"
    assert [call.status for call in mocks.first.calls] == [500, 200]


def test_the_client_retries_through_it(url: str, mocks: Mocks) -> None:
    mocks.first.reply(rate_limit(retry_after=0.01), "Paris")
    with sdk(url, default_headers=direct(mocks), retries=1) as client:
        assert ask(client).choices[0].message.content == "Paris"
    assert [call.status for call in mocks.first.calls] == [429, 200]


@pytest.mark.parametrize("word", [rate_limit(retry_after=20), server_error(), cut(after=0)], ids=str)
def test_the_second_mock_takes_over(failing_over: OpenAI, mocks: Mocks, word: object) -> None:
    mocks.first.reply(word)
    mocks.second.reply("Lyon")
    reply = failing_over.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
    assert reply.parse().choices[0].message.content == "Lyon"
    assert reply.headers["x-portkey-last-used-option-index"] == "config.targets[1]"


def test_the_scenario_header_reaches_the_mock(client: OpenAI, mocks: Mocks) -> None:
    with pytest.raises(RateLimitError):
        ask(client, extra_headers={"X-Test-Scenario": "rate-limit"})
    (call,) = mocks.first.calls
    assert (call.status, call.header("x-test-scenario")) == (429, "rate-limit")


def test_messages_of_anthropic_are_refused_by_it(url: str, mocks: Mocks) -> None:
    """What docs/gateways/portkey.md says: this version translates them for no provider with OpenAI's API."""
    body = {"model": "gpt-4o", "max_tokens": 50, "messages": MESSAGES}
    reply = httpx.post(f"{url}/messages", headers={**direct(mocks), "authorization": "Bearer sk-test"}, json=body)
    assert reply.json() == {"status": "failure", "message": "messages is not supported by openai"}
    assert len(mocks.first.calls) == 0


def test_its_page(started: str, mocks: Mocks, tmp_path: Path) -> None:
    run_page("portkey.md", {**mocks.ports, 8787: port_of(started)}, tmp_path)
