"""POST /chat/completions, whole and streamed; `stored` has the endpoints of completions that were stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import author, catalog, checks, moderation, sse
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.author import Demand
from pytest_mockopenai.core.bounds import Items, Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.chat import chunks, stored
from pytest_mockopenai.endpoints.chat.choices import choice_of
from pytest_mockopenai.endpoints.chat.demand import demand_of
from pytest_mockopenai.endpoints.chat.rules import RULES
from pytest_mockopenai.rendering.caching import cached_tokens


def create(context: Context) -> Finished:
    """The whole completion; its stream is cut from it."""
    prompt = _prompt_usage(context)
    demand = demand_of(context)
    chosen = [choice_of(context, _answer(context, demand, index), index) for index in range(context.body.get("n") or 1)]
    usage = context.billed(reduce(add, (choice.usage for choice in chosen), prompt))
    completion = _completion(context, [choice.object for choice in chosen], usage)
    if context.body.get("store"):
        stored.keep(context, completion)
    return Finished(completion, usage)


def _answer(context: Context, demand: Demand, index: int) -> Answer:
    """What the choice says."""
    draw = context.draw.child(f"answer {index}")
    return author.written(context.answer, demand, draw, param="response_format")


def _prompt_usage(context: Context) -> Usage:
    """The prompt's tokens; raises `Refused` if they are more than the model's context holds."""
    counter = tokens.tokenizer(context.model, context.models.encodings)
    counted = tokens.chat_prompt(context.body, counter)
    refused = catalog.too_many_tokens(context.body, context.model, counted.tokens)
    if refused:
        raise Refused(refused)
    return Usage(counted.tokens, cached_tokens=_cached(context, counter), prompt_method=counted.method)


def _cached(context: Context, counter: tokens.Tokenizer) -> int:
    body, messages = context.body, context.body["messages"]
    head = [body.get(name) for name in ("tools", "functions", "response_format")]
    return cached_tokens(
        context, head, messages, lambda size: tokens.chat_prompt({**body, "messages": messages[:size]}, counter).tokens
    )


_TIERS = {"auto": "default", None: "default", "fast": "priority"}  # ChatCompletion.service_tier of the SDK


def _completion(context: Context, choices: list[JSON], usage: Usage) -> JSON:
    tier = context.body.get("service_tier")
    return {
        "id": "chatcmpl-" + context.serial.token("id", 29),
        "object": "chat.completion",
        "created": context.now,
        "model": context.model,
        "choices": choices,
        **({"moderation": _moderation(context, choices)} if context.body.get("moderation") else {}),
        "usage": usage_json(usage),
        "service_tier": _TIERS.get(tier, tier),
        "system_fingerprint": catalog.system_fingerprint(context.model),
    }


def _moderation(context: Context, choices: list[JSON]) -> JSON:
    """What was asked and each choice, moderated (openai/types/chat/chat_completion.py)."""
    model = context.body["moderation"]["model"]
    draw = context.draw.child("moderation")
    said = [choice["message"]["content"] or "" for choice in choices]

    def results(label: str, texts: list[str]) -> JSON:
        each = [moderation.of_completion(model, text, draw.child(f"{label} {i}")) for i, text in enumerate(texts)]
        return {"type": "moderation_results", "model": model, "results": each}

    asked = moderation.input_text(context.inquiry.messages)
    return {"input": results("input", [asked]), "output": results("output", said)}


def usage_json(usage: Usage) -> JSON:
    """The `usage` object of a completion (openai/types/completion_usage.py)."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_tokens,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


_KNOWN = frozenset(
    {
        *("messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "metadata", "modalities", "n", "parallel_tool_calls", "prediction"),
        *("presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "response_format"),
        *("safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options", "temperature"),
        *("tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
    }
)

_BOUNDS: dict[str, Length | Range] = {
    "model": Length(1, None),
    "messages": Length(1, None),
    "temperature": Range(0.0, 2.0),
    "top_p": Range(0.0, 1.0),
    "frequency_penalty": Range(-2.0, 2.0),
    "presence_penalty": Range(-2.0, 2.0),
    "n": Range(1, 128),
    "top_logprobs": Range(0, 20),
    "max_tokens": Range(1, None),
    "max_completion_tokens": Range(1, None),
    "stop": Items(1, 4),
    "tools": Length(1, 128),
    "functions": Length(1, 128),
    "tools[].function.name": checks.NAME_LENGTH,
    "functions[].name": checks.NAME_LENGTH,
    "response_format.json_schema.name": checks.NAME_LENGTH,
    "safety_identifier": Length(0, 64),
    **checks.METADATA_BOUNDS,
    "logit_bias.*": Range(-100, 100),
    "seed": Range(-(2**63), 2**63 - 1),
}


def _repeatable(body: Mapping[str, Any]) -> bool:
    return not body.get("prompt_cache_key")


ENDPOINTS = (
    Endpoint(
        "POST",
        "/chat/completions",
        "chat.completions",
        create,
        events=chunks.events,
        end=sse.DONE,
        params="openai.types.chat.completion_create_params:CompletionCreateParams",
        known=_KNOWN,
        bounds=_BOUNDS,
        rules=RULES,
        kinds=frozenset({"text", "failure"}),
        repeatable=_repeatable,
    ),
    *stored.ENDPOINTS,
)
