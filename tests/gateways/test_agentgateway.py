"""What AgentGateway demands of a provider, each need by its name, asked of the mock as the gateway asks.

The gateway itself has no package for Python or node, so it does not run here. The needs are read from its sources at
75b4e6ce6 (206 commits after v1.4.1); file names are of that tree, below `crates/agentgateway/src`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from pytest_mockopenai import MockOpenAI, flags, rate_limit, server_error, thinks, tool_call, usage
from tests.gateways.calling import BODY, MESSAGES, WEATHER
from tests.gateways.mocks import mock_server

SENT = {
    "host": "localhost:3000",  # the client's: it is passed on as it came
    "user-agent": "OpenAI/Python 3.57.0",
    "x-forwarded-for": "10.0.0.7",
    "x-request-id": "8f0c6d4e",
    "x-retry-attempt": "1",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
BUFFER = 2 * 2**20  # bytes of a reply that it reads at most, unless told otherwise (lib.rs)
UNSIGNED = 2**32


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockOpenAI]:
    with mock_server(tmp_path_factory.mktemp("mock")) as mock:
        yield mock


@pytest.fixture
def mock(served: MockOpenAI) -> MockOpenAI:
    served.reset()
    return served


@pytest.fixture
def gateway(mock: MockOpenAI) -> Iterator[httpx.Client]:
    """Sends what the gateway would: the client's own Host, its headers, and those it adds."""
    with httpx.Client(base_url=mock.url, headers=SENT) as client:
        yield client


def chat(gateway: httpx.Client, **more: Any) -> httpx.Response:
    return gateway.post("/v1/chat/completions", json={**BODY, **more})


def events(reply: httpx.Response) -> list[Any]:
    """The data of a stream's events; the last is `[DONE]`, if there is one."""
    lines = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def is_count(value: object) -> bool:
    """What Rust reads as a u32."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < UNSIGNED


# --- what it sends ----------------------------------------------------------------------------------------------------


def test_any_host_and_the_headers_it_adds_are_taken(gateway: httpx.Client, mock: MockOpenAI) -> None:
    assert chat(gateway).status_code == 200
    assert {name: mock.calls[-1].header(name) for name in SENT} == SENT


def test_no_key_is_needed_where_it_holds_none(gateway: httpx.Client) -> None:
    assert gateway.get("/v1/models").status_code == 200
    assert chat(gateway).status_code == 200


def test_a_query_is_passed_over(gateway: httpx.Client) -> None:
    assert gateway.post("/v1/chat/completions?api-version=1&user=a%20b", json=BODY).status_code == 200


def test_the_model_it_puts_in_is_served(gateway: httpx.Client) -> None:
    assert chat(gateway, model="mock-gpt-4o").json()["model"] == "mock-gpt-4o"


def test_max_tokens_renamed_by_it_hold(gateway: httpx.Client) -> None:
    assert chat(gateway, max_completion_tokens=5).json()["usage"]["completion_tokens"] == 5


def test_a_request_without_a_model_is_refused_in_openais_form(gateway: httpx.Client) -> None:
    error = gateway.post("/v1/chat/completions", json={"messages": MESSAGES}).json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", "model")


# --- chat: types/completions.rs ---------------------------------------------------------------------------------------


def test_a_chat_reply_has_what_it_parses(gateway: httpx.Client) -> None:
    reply = chat(gateway)
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert isinstance(body["model"], str)
    assert isinstance(body["created"], int)
    assert [choice["message"]["role"] for choice in body["choices"]] == ["assistant"]
    assert all(is_count(body["usage"][name]) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))


def test_tool_calls_have_what_it_parses(gateway: httpx.Client, mock: MockOpenAI) -> None:
    mock.reply(tool_call("get_weather", city="Paris"))
    (called,) = chat(gateway, tools=[WEATHER]).json()["choices"][0]["message"]["tool_calls"]
    assert called["type"] == "function"
    assert called["id"].startswith("call_")
    assert json.loads(called["function"]["arguments"]) == {"city": "Paris"}


@pytest.mark.parametrize("count", [1, 3, 200])
def test_usage_adds_up(gateway: httpx.Client, count: int) -> None:
    """`localRateLimit` of the type `tokens` charges it: a wrong sum limits wrongly."""
    used = chat(gateway, messages=MESSAGES * count).json()["usage"]
    assert used["prompt_tokens"] + used["completion_tokens"] == used["total_tokens"]
    assert used["completion_tokens"] > 0


def test_its_estimate_of_the_prompt_is_what_is_charged(gateway: httpx.Client) -> None:
    """With `tokenize: true` it charges 3 and 1 for each message, its text, and 3, before the reply corrects it."""
    text = 4  # tokens of "Capital of France?"
    assert chat(gateway).json()["usage"]["prompt_tokens"] == 3 + 1 + text + 3


# --- chat, streamed ---------------------------------------------------------------------------------------------------


def test_a_stream_is_events(gateway: httpx.Client) -> None:
    reply = chat(gateway, stream=True)
    assert reply.headers["content-type"].split(";")[0] == "text/event-stream"
    assert events(reply)[-1] == "[DONE]"


def test_every_chunk_has_what_it_parses(gateway: httpx.Client) -> None:
    *chunks, _ = events(chat(gateway, stream=True))
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["model"] for chunk in chunks} == {"gpt-4o"}
    assert all("delta" in choice for chunk in chunks for choice in chunk["choices"])


def test_the_usage_that_it_injects_a_wish_for_comes_last(gateway: httpx.Client, mock: MockOpenAI) -> None:
    """llm/mod.rs puts `include_usage` into each stream that says nothing of it; the chunk has no choices."""
    *_, last, _ = events(chat(gateway, stream=True, stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == mock.usage.total_tokens


def test_usage_comes_only_if_asked_for(gateway: httpx.Client) -> None:
    *chunks, _ = events(chat(gateway, stream=True, stream_options={"include_usage": False}))
    assert not any(chunk.get("usage") for chunk in chunks)


def test_an_error_before_a_stream_is_a_whole_reply(gateway: httpx.Client, mock: MockOpenAI) -> None:
    mock.reply(server_error())
    reply = chat(gateway, stream=True)
    assert (reply.status_code, reply.headers["content-type"]) == (500, "application/json")
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


# --- embeddings, responses, moderations, realtime ---------------------------------------------------------------------


def test_embeddings_have_what_it_parses(gateway: httpx.Client) -> None:
    body = {"model": "text-embedding-3-small", "input": ["a", "b"], "encoding_format": "float", "dimensions": 256}
    reply = gateway.post("/v1/embeddings", json=body).json()
    assert (reply["object"], reply["model"]) == ("list", "text-embedding-3-small")
    assert [len(item["embedding"]) for item in reply["data"]] == [256, 256]
    assert reply["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_a_hundred_vectors_as_the_sdk_asks_for_them_fit_its_buffer(gateway: httpx.Client) -> None:
    body = {"model": "text-embedding-3-small", "input": ["a"] * 100, "encoding_format": "base64"}
    assert len(gateway.post("/v1/embeddings", json=body).content) < BUFFER


def test_responses_have_what_it_parses(gateway: httpx.Client) -> None:
    reply = gateway.post("/v1/responses", json={"model": "gpt-4o", "input": "Hi"}).json()
    assert reply["id"].startswith("resp_")
    assert (reply["status"], reply["model"]) == ("completed", "gpt-4o")
    assert [item["type"] for item in reply["output"]] == ["message"]
    _assert_usage_of_responses(reply["usage"])


def test_streams_of_responses_have_the_events_it_reads(gateway: httpx.Client) -> None:
    reply = gateway.post("/v1/responses", json={"model": "gpt-4o", "input": "Hi", "stream": True})
    found = {event["type"]: event for event in events(reply)}
    assert found["response.created"]["response"]["model"] == "gpt-4o"
    assert isinstance(found["response.output_text.delta"]["delta"], str)
    _assert_usage_of_responses(found["response.completed"]["response"]["usage"])


def _assert_usage_of_responses(used: Any) -> None:
    """The details are required by the type that reads the event."""
    assert is_count(used["input_tokens"])
    assert is_count(used["output_tokens"])
    assert is_count(used["input_tokens_details"]["cached_tokens"])
    assert is_count(used["output_tokens_details"]["reasoning_tokens"])


@pytest.mark.parametrize(("words", "flagged"), [([], False), ([flags(violence=True)], True)])
def test_its_guard_reads_moderations(gateway: httpx.Client, mock: MockOpenAI, words: list[Any], flagged: bool) -> None:
    """policy/moderation.rs; it asks api.openai.com itself, which only a name server and a certificate can change."""
    for word in words:
        mock.reply(word)
    body = {"input": ["Hi"], "model": "omni-moderation-latest"}
    reply = gateway.post("/v1/moderations", json=body).json()
    assert [result["flagged"] for result in reply["results"]] == [flagged]
    assert set(reply["results"][0]) >= {"categories", "category_scores", "category_applied_input_types"}


def test_realtime_names_its_usage_when_done(mock: MockOpenAI) -> None:
    """parse/websocket.rs reads the model from the query and the usage from `response.done`."""
    url = f"ws{mock.url.removeprefix('http')}/v1/realtime?model=gpt-realtime"
    with connect(url, additional_headers={"authorization": "Bearer sk-test"}, proxy=None) as socket:
        socket.send(json.dumps({"type": "response.create", "response": {"output_modalities": ["text"]}}))
        done = next(event for event in map(json.loads, socket) if event["type"] == "response.done")
    assert is_count(done["response"]["usage"]["input_tokens"])
    assert is_count(done["response"]["usage"]["output_tokens"])


# --- what it tells of a call: telemetry/log.rs ------------------------------------------------------------------------


def test_every_field_of_its_telemetry_is_in_the_reply(gateway: httpx.Client, mock: MockOpenAI) -> None:
    mock.reply(thinks(tokens=64) | usage(prompt_tokens=100, cached_tokens=30))
    reply = chat(gateway, model="o3").json()
    used = reply["usage"]
    told = {
        "gen_ai.response.model": reply["model"],
        "gen_ai.usage.input_tokens": used["prompt_tokens"],
        "gen_ai.usage.cache_read.input_tokens": used["prompt_tokens_details"]["cached_tokens"],
        "agw.ai.usage.reasoning_tokens": used["completion_tokens_details"]["reasoning_tokens"],
        "agw.ai.usage.input_audio_tokens": used["prompt_tokens_details"]["audio_tokens"],
        "agw.ai.usage.output_audio_tokens": used["completion_tokens_details"]["audio_tokens"],
    }
    assert told == {
        "gen_ai.response.model": "o3",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 30,
        "agw.ai.usage.reasoning_tokens": 64,
        "agw.ai.usage.input_audio_tokens": 0,
        "agw.ai.usage.output_audio_tokens": 0,
    }
    assert used["completion_tokens"] >= 64  # gen_ai.usage.output_tokens


def test_what_its_telemetry_tells_of_a_request_is_recorded_too(gateway: httpx.Client, mock: MockOpenAI) -> None:
    asked = {"temperature": 0.5, "top_p": 0.9, "frequency_penalty": 0.1, "presence_penalty": 0.2, "seed": 7}
    chat(gateway, **asked)
    assert {name: mock.calls[-1].body[name] for name in asked} == asked


# --- errors, health, failover: outlierdetection.rs --------------------------------------------------------------------

DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")


def seconds(text: str) -> float:
    """A duration as Go writes it."""
    found = DURATION.fullmatch(text)
    assert found, text
    hours, minutes, rest, thousandths = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest + thousandths / 1000


@pytest.mark.parametrize("scope", ["requests", "tokens"])
def test_a_429_says_for_how_long_to_evict(gateway: httpx.Client, mock: MockOpenAI, scope: Any) -> None:
    """It reads Retry-After, then retry-after-ms, then the smaller of the two x-ratelimit-reset headers."""
    mock.reply(rate_limit(retry_after=20, scope=scope))
    reply = chat(gateway)
    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "20"
    assert reply.headers["retry-after-ms"] == "20000"
    assert seconds(reply.headers[f"x-ratelimit-reset-{scope}"]) == 20
    assert all(seconds(reply.headers[f"x-ratelimit-reset-{one}"]) <= 20 for one in ("requests", "tokens"))


def test_its_rule_for_what_is_unhealthy_can_be_met_and_unmet(gateway: httpx.Client, mock: MockOpenAI) -> None:
    """`response.code >= 500 || response.code == 429` of docs/gateways/agentgateway.yaml."""
    mock.reply(server_error(), rate_limit(), "Paris")
    codes = [chat(gateway).status_code for _ in range(3)]
    assert [code >= 500 or code == 429 for code in codes] == [True, True, False]


def test_errors_keep_their_form_through_it(gateway: httpx.Client, mock: MockOpenAI) -> None:
    """They are passed on as they are, and read as OpenAI's for clients that speak Anthropic's API."""
    mock.reply(rate_limit())
    error = chat(gateway).json()["error"]
    assert (error["type"], error["code"]) == ("requests", "rate_limit_exceeded")
    assert isinstance(error["message"], str)


def test_kept_connections_are_not_closed(gateway: httpx.Client, mock: MockOpenAI) -> None:
    assert all("close" not in chat(gateway).headers.get("connection", "") for _ in range(20))
