"""The LiteLLM proxy before the mock, as docs/gateways/litellm.yaml sets it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openai import OpenAI, RateLimitError

from pytest_mockopenai import cut, rate_limit, server_error
from tests.gateways.calling import MESSAGES, ask, calls_tools, embeds, sdk, streams_with_usage
from tests.gateways.configs import DOCS, config, port_of, run_page
from tests.gateways.conftest import Mocks
from tests.processes import answers, free_port, running

pytestmark = pytest.mark.gateway

KEY = yaml.safe_load((DOCS / "litellm.yaml").read_text(encoding="utf-8"))["general_settings"]["master_key"]
OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # else it tries to fetch prices, and waits for that
PROMPT, COMPLETION = 2.5e-6, 1e-5  # dollars a token, of gpt-4o and of the models in litellm.yaml


@pytest.fixture(scope="module")
def started(served: Mocks, installed: Callable[[str], list[str]], folder: Path) -> Iterator[str]:
    command = installed("litellm")
    port = free_port()
    path = folder / "litellm.yaml"
    path.write_text(config("litellm.yaml", served.ports), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    arguments = ["--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
    ready = answers(f"{url}/health/readiness")
    with running([*command, *arguments], ready=ready, log=folder / "litellm.log", env=OFFLINE):
        yield url


@pytest.fixture
def url(started: str, mocks: Mocks) -> str:
    return started


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with sdk(f"{url}/v1", key=KEY) as client:
        yield client


def headers_of(client: OpenAI, **more: Any) -> Any:
    """The headers of the reply to a question."""
    reply = client.chat.completions.with_raw_response.create(**{"model": "gpt-4o", "messages": MESSAGES, **more})
    return reply.headers


def test_plain(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    reply = ask(client)
    assert reply.choices[0].message.content == "Paris"
    assert reply.model == "gpt-4o"
    used = mocks.first.usage
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (used.prompt_tokens, used.completion_tokens)
    assert used.total_tokens == 12


def test_stream_with_usage(client: OpenAI, mocks: Mocks) -> None:
    streams_with_usage(client, mocks.first)


def test_it_asks_for_the_usage_of_every_stream(client: OpenAI, mocks: Mocks) -> None:
    chunks = list(ask(client, stream=True))
    assert not any(chunk.usage for chunk in chunks)
    assert mocks.first.calls[-1].body["stream_options"] == {"include_usage": True}


def test_tools(client: OpenAI, mocks: Mocks) -> None:
    calls_tools(client, mocks.first)


def test_embeddings(client: OpenAI, mocks: Mocks) -> None:
    embeds(client, mocks.first)


def test_cost_is_usage_times_price(client: OpenAI, mocks: Mocks) -> None:
    headers = headers_of(client)
    used = mocks.first.usage
    cost = used.prompt_tokens * PROMPT + used.completion_tokens * COMPLETION
    assert float(headers["x-litellm-response-cost"]) == pytest.approx(cost, abs=1e-9)
    assert headers["llm_provider-x-request-id"] == mocks.first.calls[-1].request_id


def test_a_429_tells_the_client_how_long_to_wait(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply(rate_limit(retry_after=20))
    with pytest.raises(RateLimitError, match="Please try again in 20s") as caught:
        ask(client)
    assert caught.value.response.headers["llm_provider-retry-after"] == "20"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"


def test_it_retries_where_it_is_told_to(client: OpenAI, mocks: Mocks) -> None:
    mocks.first.reply(server_error(), "Paris")
    reply = ask(client, extra_body={"num_retries": 2})
    assert reply.choices[0].message.content == "Paris"
    assert [call.status for call in mocks.first.calls] == [500, 200]


def test_the_client_retries_through_it(url: str, mocks: Mocks) -> None:
    mocks.first.reply(rate_limit(retry_after=0.01), "Paris")
    with sdk(f"{url}/v1", key=KEY, retries=1) as client:
        assert ask(client).choices[0].message.content == "Paris"
    assert [call.status for call in mocks.first.calls] == [429, 200]


@pytest.mark.parametrize("word", [rate_limit(retry_after=20), server_error(), cut(after=0)], ids=str)
def test_the_second_mock_takes_over(client: OpenAI, mocks: Mocks, word: object) -> None:
    mocks.first.always(word)
    mocks.second.reply("Lyon", "Nice")
    assert ask(client, model="resilient").choices[0].message.content == "Lyon"
    assert headers_of(client, model="resilient")["x-litellm-attempted-fallbacks"] == "1"
    assert [call.model for call in mocks.second.calls] == ["mock-gpt-4o"] * 2


def test_the_scenario_header_reaches_the_mock(client: OpenAI, mocks: Mocks) -> None:
    with pytest.raises(RateLimitError):
        ask(client, extra_headers={"X-Test-Scenario": "rate-limit"})
    (call,) = mocks.first.calls
    assert (call.status, call.header("x-test-scenario")) == (429, "rate-limit")


def test_messages_of_anthropic_become_responses(url: str, mocks: Mocks) -> None:
    mocks.first.reply("Paris")
    body = {"model": "gpt-4o", "max_tokens": 50, "messages": MESSAGES}
    reply = httpx.post(f"{url}/v1/messages", headers={"authorization": f"Bearer {KEY}"}, json=body).json()
    assert reply["content"] == [{"type": "text", "text": "Paris"}]
    (call,) = mocks.first.calls.to("responses")
    used = mocks.first.usage
    assert reply["usage"]["input_tokens"] == used.prompt_tokens
    assert reply["usage"]["output_tokens"] == used.completion_tokens
    assert call.path == "/v1/responses"


def test_its_health_check_finds_the_mocks_well(url: str, mocks: Mocks) -> None:
    health = httpx.get(f"{url}/health", headers={"authorization": f"Bearer {KEY}"}, timeout=30).json()
    assert (health["healthy_count"], health["unhealthy_count"]) == (3, 0)


def test_its_page(url: str, mocks: Mocks, tmp_path: Path) -> None:
    run_page("litellm.md", {**mocks.ports, 4000: port_of(url)}, tmp_path)
