"""POST /completions, the legacy endpoint that goes on with a prompt, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import add

from pytest_mockopenai import tokens
from pytest_mockopenai.core import author, catalog, sse
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.author import Demand
from pytest_mockopenai.core.bounds import Items, Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.completions.choices import Choice, choice_of
from pytest_mockopenai.endpoints.completions.prompts import prompts_of
from pytest_mockopenai.endpoints.completions.rules import RULES, candidates, choices_per_prompt


def create(context: Context) -> Finished:
    """The whole completion; its stream is cut from the same choices.

    All `best_of` candidates are counted, the first `n` are shown: made-up ones are none better than another.
    """
    counter = tokens.tokenizer(context.model, context.models.encodings)
    made, shown = candidates(context), choices_per_prompt(context)
    prompts = prompts_of(context, counter)
    asked = [prompt.text for prompt in prompts for _ in range(made)]
    chosen = [choice_of(context, prompt, _answer(context, prompt, place), place) for place, prompt in enumerate(asked)]
    counted = reduce(add, (prompt.count for prompt in prompts))
    given = Usage(counted.tokens, prompt_method=counted.method)
    usage = context.billed(reduce(add, (choice.usage for choice in chosen), given))
    kept = [choice for place, choice in enumerate(chosen) if place % made < shown]
    choices = [replace(choice, index=index) for index, choice in enumerate(kept)]
    return Finished(_completion(context, [choice.object for choice in choices], usage), usage, choices)


def _answer(context: Context, prompt: str, place: int) -> Answer:
    """What the candidate says: the scripted answer with its open parts made up, or one made up whole."""
    demand = Demand(model=context.model, last_message=prompt)
    return author.completed(context.answer or Answer(), demand, context.draw.child(f"answer {place}"))


def _completion(context: Context, choices: list[JSON], usage: Usage) -> JSON:
    return {
        "id": "cmpl-" + context.serial.token("id", 29),
        "object": "text_completion",
        "created": context.now,
        "model": context.model,
        "system_fingerprint": catalog.system_fingerprint(context.model),
        "choices": choices,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
        },
    }


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The bytes of each event, without the closing `[DONE]`: choices in turn, then usage if asked for."""
    options = context.body.get("stream_options") or {}
    head = {name: value for name, value in finished.object.items() if name not in ("choices", "usage")}
    tail: JSON = {"usage": None} if options.get("include_usage") else {}
    choices: list[Choice] = finished.detail
    for chunk in sse.interleaved(choice.chunks() for choice in choices):
        yield sse.event({**head, "choices": [chunk], **tail})
    if tail:
        yield sse.event({**head, "choices": [], "usage": finished.object["usage"]})


_KNOWN = frozenset(
    {
        *("best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "model", "n"),
        *("presence_penalty", "prompt", "seed", "stop", "stream", "stream_options", "suffix", "temperature"),
        *("top_p", "user"),
    }
)

# openai/types/completion_create_params.py; the greatest `n` and `best_of` are those of OpenAI's OpenAPI document.
_BOUNDS: dict[str, Length | Range] = {
    "model": Length(1, None),
    "prompt": Items(1, None),
    "best_of": Range(0, 20),
    "frequency_penalty": Range(-2.0, 2.0),
    "logit_bias.*": Range(-100, 100),
    "logprobs": Range(0, 5),
    "max_tokens": Range(0, None),
    "n": Range(1, 128),
    "presence_penalty": Range(-2.0, 2.0),
    "seed": Range(-(2**63), 2**63 - 1),
    "stop": Items(1, 4),
    "temperature": Range(0.0, 2.0),
    "top_p": Range(0.0, 1.0),
}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/completions",
        "completions",
        create,
        events=events,
        end=sse.DONE,
        params="openai.types.completion_create_params:CompletionCreateParams",
        known=_KNOWN,
        bounds=_BOUNDS,
        rules=RULES,
        kinds=frozenset({"text", "failure"}),
        repeatable=lambda _: True,
    ),
)
