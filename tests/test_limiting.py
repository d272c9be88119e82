"""Rate limits as clients meet them: in the process, over HTTP, standalone, by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from pytest_mockopenai import MockOpenAI, server_error

CLIENTS = 32
MESSAGES: Any = [{"role": "user", "content": "Hi"}]


def ask(mock: MockOpenAI, model: str = "gpt-4o", **more: Any) -> Any:
    client = mock.client.with_options(max_retries=0)
    return client.chat.completions.with_raw_response.create(model=model, messages=MESSAGES, **more)


def refused(mock: MockOpenAI, **more: Any) -> openai.RateLimitError:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(mock, **more)
    return caught.value


def remaining(reply: Any) -> tuple[int, int]:
    return tuple(int(reply.headers[f"x-ratelimit-remaining-{scope}"]) for scope in ("requests", "tokens"))


def test_requests_are_limited_and_come_back(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.limits(rpm=2)
    assert [remaining(ask(mock_openai))[0] for _ in range(2)] == [1, 0]
    error = refused(mock_openai)
    assert (error.type, error.code) == ("requests", "rate_limit_exceeded")
    assert (error.response.headers["retry-after"], error.response.headers["retry-after-ms"]) == ("30", "30000")
    assert error.response.headers["x-ratelimit-reset-requests"] == "1m0s"
    mock_openai.clock.advance(29)
    refused(mock_openai)
    mock_openai.clock.advance(1)
    ask(mock_openai)
    assert [call.status for call in mock_openai.calls] == [200, 200, 429, 429, 200]


def test_tokens_are_charged_by_an_estimate_and_settled(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.limits(tpm=1000)
    mock_openai.reply("Hello")
    assert remaining(ask(mock_openai, max_tokens=400))[1] == 1000 - 402
    used = mock_openai.usage.total_tokens
    assert 0 < used < 100
    assert remaining(ask(mock_openai, max_tokens=400))[1] == 1000 - used - 402
    error = refused(mock_openai, max_tokens=1000)
    assert error.message.startswith("Error code: 429 - ")
    assert "Request too large for gpt-4o in organization org-mock on tokens per min (TPM)" in error.message
    assert "retry-after" not in error.response.headers
    assert error.type == "tokens"


def test_a_refused_call_uses_up_no_word_and_no_limit(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.limits(rpm=1)
    mock_openai.reply("first", "second")
    ask(mock_openai)
    for _ in range(3):
        refused(mock_openai)
    mock_openai.clock.advance(60)
    assert ask(mock_openai).parse().choices[0].message.content == "second"


def test_a_call_that_fails_counts_as_a_request_and_gives_its_tokens_back(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.limits(rpm=10, tpm=1000)
    mock_openai.reply(server_error())
    with pytest.raises(openai.InternalServerError) as caught:
        ask(mock_openai, max_tokens=500)
    assert remaining(caught.value.response) == (9, 498)
    assert remaining(ask(mock_openai)) == (8, 998)


@pytest.mark.parametrize("per", ["key", "model", "project"])
def test_who_shares_a_limit(mock_openai, per):
    mock_openai.limits(rpm=1, per=per)
    client = mock_openai.client.with_options(max_retries=0)

    def passes(key: str, model: str, project: str) -> bool:
        caller = client.with_options(api_key=key, default_headers={"OpenAI-Project": project})
        try:
            caller.chat.completions.create(model=model, messages=MESSAGES)
        except openai.RateLimitError:
            return False
        return True

    assert passes("sk-1", "gpt-4o", "proj_1")
    assert passes("sk-2", "gpt-4o", "proj_1") is (per == "key")
    assert passes("sk-1", "gpt-4o-mini", "proj_1") is (per == "model")
    assert passes("sk-1", "gpt-4o", "proj_2") is (per == "project")


def test_keys_are_not_kept(mock_openai):
    mock_openai.limits(rpm=5, per="key")
    ask(mock_openai)
    kept = mock_openai._stage.scene.app._state.store.collection("limits").all()
    assert len(kept) == 1
    assert mock_openai._stage.api_key not in str(kept)


def test_what_has_no_model_is_not_limited(mock_openai):
    mock_openai.limits(rpm=1, per="key")
    client = mock_openai.client.with_options(max_retries=0)
    for _ in range(3):
        client.models.list()
        client.conversations.create()


def test_limits_can_be_taken_off(mock_openai):
    mock_openai.limits(rpm=1)
    ask(mock_openai)
    mock_openai.limits()
    assert remaining(ask(mock_openai))[0] == 9999


@pytest.mark.mock_openai("a", "b", limits={"rpm": 2, "per": "key"})
def test_the_marker_takes_them(mock_openai):
    ask(mock_openai)
    ask(mock_openai, model="o3")
    refused(mock_openai)
    assert mock_openai.settings.limits.rpm == 2


def test_streams_and_responses_are_limited_too(mock_openai):
    mock_openai.limits(rpm=2)
    client = mock_openai.client.with_options(max_retries=0)
    list(client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    list(client.responses.create(model="gpt-4o", input="Hi", stream=True))
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model="gpt-4o", input="Hi", stream=True)


def test_an_sdk_that_retries_gets_through_by_the_true_wait(mock_openai):
    mock_openai.limits(rpm=6000)  # one comes back every 10 milliseconds
    empty = {"id": "model gpt-4o", "levels": {"rpm": [0.0, mock_openai.clock.now]}}
    mock_openai._stage.scene.app._state.store.collection("limits").put("model gpt-4o", empty)
    mock_openai.client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert [call.status for call in mock_openai.calls] in ([429, 200], [429, 429, 200], [200])
    assert mock_openai.calls[-1].status == 200


# --- by many at once --------------------------------------------------------------------------------------------------


def test_no_more_than_the_limit_gets_through_however_many_ask(mock_openai):
    mock_openai.clock.freeze()
    mock_openai.limits(rpm=50)
    body = {"model": "gpt-4o", "messages": MESSAGES}

    def post(_: int) -> int:
        return client.post("/v1/chat/completions", json=body).status_code

    head = {"authorization": "Bearer sk-1"}
    with httpx.Client(base_url=mock_openai.url, headers=head) as client, ThreadPoolExecutor(CLIENTS) as pool:
        for passes in (50, 0, 25):
            statuses = list(pool.map(post, range(80)))
            assert statuses.count(200) == passes
            assert statuses.count(429) == 80 - passes
            mock_openai.clock.advance(0 if passes == 50 else 30)


def test_through_the_admin_api_and_from_a_mock_elsewhere(mock_openai):
    there = MockOpenAI.connect(mock_openai.url)
    there.limits(rpm=1, per="key")
    assert httpx.get(f"{mock_openai.url}/_mock/config").json()["limits"] == "rpm=1;per=key"
    ask(mock_openai)
    refused(mock_openai)
    reply = httpx.patch(f"{mock_openai.url}/_mock/config", json={"limits": {"rpm": "many"}})
    assert reply.json()["error"]["param"] == "limits"
    assert "rpm is a whole number" in reply.json()["error"]["message"]


def test_a_stubs_file_has_them(tmp_path: Path) -> None:
    stubs = tmp_path / "stubs.yaml"
    stubs.write_text("settings:\n  limits: {rpm: 1}\nrules:\n  - always: Hi\n")
    with MockOpenAI(stubs=stubs) as mock:
        ask(mock)
        refused(mock)
