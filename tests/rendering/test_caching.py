"""Simulated prompt caching, as chat and responses report it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endpoints.conftest import Api

LONG = "word " * 1500
QUESTION = {"role": "user", "content": "And?"}


def chat(api: Api, *contents: str, **more: Any) -> int:
    messages = [{"role": "user", "content": content} for content in contents]
    usage = api.chat(messages=messages, **more).json["usage"]
    return int(usage["prompt_tokens_details"]["cached_tokens"])


def test_a_long_prefix_is_cached_the_second_time(api: Api) -> None:
    assert [chat(api, LONG, text, prompt_cache_key="k") for text in "ab"] == [0, 1408]
    assert chat(api, LONG, "b", prompt_cache_key="k") == 1408


def test_the_whole_prompt_may_be_cached(api: Api) -> None:
    assert [chat(api, LONG, prompt_cache_key="k") for _ in range(2)] == [0, 1408]


def test_a_short_one_is_not(api: Api) -> None:
    assert [chat(api, "word " * 900, prompt_cache_key="k") for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"prompt_cache_key": "k"}, {"prompt_cache_key": "l"}),
        ({"prompt_cache_key": "k", "model": "gpt-4o"}, {"prompt_cache_key": "k", "model": "gpt-4o-mini"}),
        (
            {"prompt_cache_key": "k"},
            {"prompt_cache_key": "k", "tools": [{"type": "function", "function": {"name": "f"}}]},
        ),
    ],
)
def test_another_key_model_or_head_shares_nothing(api: Api, first: dict[str, Any], second: dict[str, Any]) -> None:
    assert [chat(api, LONG, **more) for more in (first, second)] == [0, 0]


def test_a_change_at_the_beginning_loses_all(api: Api) -> None:
    assert [chat(api, start, LONG, prompt_cache_key="k") for start in "ab"] == [0, 0]


def test_responses_cache_what_they_go_on_from(api: Api) -> None:
    first = api.respond(input=LONG, prompt_cache_key="k").json
    second = api.respond(input="And?", previous_response_id=first["id"], prompt_cache_key="k").json
    assert first["usage"]["input_tokens_details"]["cached_tokens"] == 0
    assert second["usage"]["input_tokens_details"]["cached_tokens"] == 1408
    sent = [{"role": "user", "content": LONG}, *first["output"], QUESTION]
    assert api.respond(input=sent, prompt_cache_key="k").json["usage"]["input_tokens_details"]["cached_tokens"] >= 1408
