"""Laws of legacy completions, over many requests, and what their parameters do one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import Completion

from pytest_mockopenai import tokens
from pytest_mockopenai.core import words
from pytest_mockopenai.core.word import Word
from tests.endpoints.conftest import Answered, Api

MODEL = "gpt-3.5-turbo-instruct"
ENCODING = tokens.tokenizer(MODEL).encoding
LISTS = ("tokens", "token_logprobs", "top_logprobs", "text_offset")

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
IDS = st.lists(st.integers(0, 100_000), min_size=1, max_size=5)
SAID = st.one_of(
    TEXT.map(words.says),
    st.integers(0, 80).map(lambda tokens: words.says(tokens=tokens)),
    st.just(words.says()),
    st.dictionaries(TEXT, TEXT, max_size=2).map(words.says_json),
)
REQUESTS = st.fixed_dictionaries(
    {"prompt": st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=3), IDS, st.lists(IDS, min_size=1, max_size=2))},
    optional={
        "n": st.integers(1, 3),
        "max_tokens": st.integers(0, 60),
        "stop": st.one_of(
            st.sampled_from([" ", "e", "."]), st.lists(st.sampled_from(["a", "\n"]), min_size=1, max_size=4)
        ),
        "echo": st.booleans(),
        "logprobs": st.integers(0, 5),
        "seed": st.integers(-5, 5),
        "model": st.sampled_from([MODEL, "davinci-002", "my-own"]),
        "logit_bias": st.just({"50256": -100}),
        "temperature": st.floats(0, 2),
        "user": st.just("user-1"),
        "stream_options": st.just({"include_usage": True}),
    },
)


def complete(api: Api, **more: Any) -> Answered:
    return api.send("POST", "/v1/completions", {"model": MODEL, "prompt": "Once", **more})


def asked(said: Word | None, request: dict[str, Any], *, stream: bool) -> Answered:
    api = Api()
    if said is not None:
        api.reply(said)
    if not stream:
        request = {name: value for name, value in request.items() if name != "stream_options"}
    answered = complete(api, **request, stream=stream)
    assert answered.status == 200, answered.json
    assert api.app.problems == []
    return answered


def folded(chunks: list[Any]) -> list[dict[str, Any]]:
    """The choices that the chunks add up to."""
    choices: dict[int, dict[str, Any]] = {}
    for part in (part for chunk in chunks for part in chunk["choices"]):
        choice = choices.setdefault(part["index"], {"text": "", "index": part["index"], "logprobs": {}})
        choice["text"] += part["text"]
        choice["finish_reason"] = part["finish_reason"]
        for name, values in (part["logprobs"] or {}).items():
            choice["logprobs"][name] = choice["logprobs"].get(name, []) + (values or [])
    return [choices[index] for index in sorted(choices)]


def comparable(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice in which no log probabilities are the same as empty lists of them."""
    return choice | {"logprobs": {name: (choice["logprobs"] or {}).get(name) or [] for name in LISTS}}


@given(st.none() | SAID, REQUESTS)
def test_folding_the_stream_gives_the_whole(said: Word | None, request: dict[str, Any]) -> None:
    whole = asked(said, request, stream=False).json
    chunks = asked(said, request, stream=True).chunks()
    assert list(map(comparable, folded(chunks))) == list(map(comparable, whole["choices"]))
    same = {name: value for name, value in whole.items() if name not in ("choices", "usage")}
    assert all(chunk.items() >= same.items() for chunk in chunks)
    assert all(len(chunk["choices"]) == 1 for chunk in chunks if chunk.get("usage") is None)
    if "stream_options" in request:
        assert chunks[-1] == {**same, "choices": [], "usage": whole["usage"]}
        assert all(chunk["usage"] is None for chunk in chunks[:-1])
    else:
        assert not any("usage" in chunk for chunk in chunks)


@given(st.none() | SAID, REQUESTS)
def test_every_reply_parses_in_the_sdk_types_and_adds_up(said: Word | None, request: dict[str, Any]) -> None:
    if request.get("echo"):
        request = request | {"logprobs": None}  # the first one is null, which the SDK's type does not say
    whole = Completion.model_validate(asked(said, request, stream=False).json)
    for chunk in asked(said, request, stream=True).chunks():
        for part in chunk["choices"]:  # null until the last one, which the SDK's type does not say
            part["finish_reason"] = part["finish_reason"] or "stop"
        Completion.model_validate(chunk)
    usage, prompt = whole.usage, request["prompt"]
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    prompts = prompt if isinstance(prompt, list) and not isinstance(prompt[0], int) else [prompt]
    assert [choice.index for choice in whole.choices] == list(range(len(prompts) * request.get("n", 1)))
    counter = tokens.tokenizer(request.get("model", MODEL)).encoding
    assert usage.prompt_tokens == sum(len(p) if isinstance(p, list) else counter.count(p) for p in prompts)
    assert usage.completion_tokens <= request.get("max_tokens", 16) * len(whole.choices)


@given(REQUESTS)
def test_logprobs_lie_side_by_side_and_spell_the_text(request: dict[str, Any]) -> None:
    request = {"logprobs": 3, **request}
    for choice in asked(None, request, stream=False).json["choices"]:
        scores = choice["logprobs"]
        assert len(scores["tokens"]) == len(scores["token_logprobs"]) == len(scores["text_offset"])
        if not any(token.startswith("bytes:") for token in scores["tokens"]):
            assert "".join(scores["tokens"]) == choice["text"]
            start = min(scores["text_offset"], default=0)
            for token, offset in zip(scores["tokens"], scores["text_offset"], strict=True):
                assert choice["text"][offset - start :].startswith(token)
        for token, score, top in zip(
            scores["tokens"], scores["token_logprobs"], scores["top_logprobs"] or (), strict=request["logprobs"] > 0
        ):
            assert top is None or (len(top) == request["logprobs"] and top[token] == score == max(top.values()))


@given(REQUESTS, st.integers(0, 3))
def test_same_seed_same_bytes(request: dict[str, Any], seed: int) -> None:
    request.pop("stream_options", None)
    first, second = (complete(Api(seed=seed), **request) for _ in range(2))
    assert first.reply == second.reply


def test_form(api: Api) -> None:
    api.reply("Paris")
    reply = complete(api).json
    assert reply["object"] == "text_completion"
    assert reply["id"].startswith("cmpl-")
    assert reply["choices"] == [{"text": "Paris", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert reply["usage"] == {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def test_a_stream_has_a_chunk_for_each_token_and_one_for_the_end(api: Api) -> None:
    api.reply("one two three")
    parts = [chunk["choices"][0] for chunk in complete(api, stream=True).chunks()]
    assert [part["text"] for part in parts] == ["one", " two", " three", ""]
    assert [part["finish_reason"] for part in parts] == [None, None, None, "stop"]


@pytest.mark.parametrize(("asked_for", "limit"), [({}, 16), ({"max_tokens": None}, 16), ({"max_tokens": 40}, 40)])
def test_the_limit_cuts_exactly_there(api: Api, asked_for: dict[str, Any], limit: int) -> None:
    api.reply(words.says(tokens=limit), words.says(tokens=limit + 1))
    for finish_reason in ("stop", "length"):
        reply = complete(api, **asked_for).json
        assert reply["usage"]["completion_tokens"] == limit
        assert ENCODING.count(reply["choices"][0]["text"]) == limit
        assert reply["choices"][0]["finish_reason"] == finish_reason


def test_stop(api: Api) -> None:
    api.reply("one, two; three")
    reply = complete(api, stop=[";", ","]).json
    assert (reply["choices"][0]["text"], reply["choices"][0]["finish_reason"]) == ("one", "stop")
    assert reply["usage"]["completion_tokens"] == 1


def test_each_prompt_has_its_choices(api: Api) -> None:
    reply = complete(api, prompt=["Red", "Blue"], n=2, max_tokens=60).json
    texts = [choice["text"] for choice in reply["choices"]]
    assert [("Red" in text, "Blue" in text) for text in texts] == [(True, False)] * 2 + [(False, True)] * 2
    assert len(set(texts)) == 4
    assert reply["usage"]["completion_tokens"] == sum(map(ENCODING.count, texts))


def test_token_ids_are_prompts(api: Api) -> None:
    ids = ENCODING.encode("Once upon a time")
    assert complete(api, prompt=ids, echo=True, max_tokens=0).json["choices"][0]["text"] == "Once upon a time"
    assert [
        choice["text"] for choice in complete(api, prompt=[ids, ids[:1]], echo=True, max_tokens=0).json["choices"]
    ] == [
        "Once upon a time",
        "Once",
    ]


def test_a_null_prompt_starts_a_new_document(api: Api) -> None:
    assert complete(api, prompt=None).json["usage"]["prompt_tokens"] == 0


def test_best_of_counts_candidates_that_are_not_shown(api: Api) -> None:
    api.reply("one two three")
    reply = complete(api, best_of=4, n=2).json
    assert [choice["index"] for choice in reply["choices"]] == [0, 1]
    assert reply["usage"]["completion_tokens"] == 4 * 3


def test_echo_scores_all_but_the_first_token(api: Api) -> None:
    api.reply(" upon")
    choice = complete(api, prompt="Once more", echo=True, logprobs=2).json["choices"][0]
    scores = choice["logprobs"]
    assert choice["text"] == "Once more upon"
    assert (scores["tokens"], scores["text_offset"]) == (["Once", " more", " upon"], [0, 4, 9])
    assert [score is None for score in scores["token_logprobs"]] == [True, False, False]
    assert [top and len(top) for top in scores["top_logprobs"]] == [None, 2, 2]


def test_offsets_count_from_the_start_of_the_prompt(api: Api) -> None:
    api.reply("🦉 x")
    scores = complete(api, prompt="Once", logprobs=0).json["choices"][0]["logprobs"]
    assert scores["top_logprobs"] is None
    assert scores["text_offset"][0] == len("Once")
    assert scores["text_offset"][-1] == len("Once🦉")
    assert scores["tokens"][0].startswith("bytes:\\xf0")


def test_scripted_usage(api: Api) -> None:
    api.reply(words.says("Hi") | words.usage(prompt_tokens=100, completion_tokens=7))
    assert complete(api).json["usage"] == {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}


def test_scripted_finish_reason(api: Api) -> None:
    api.reply(words.says("Hi", finish_reason="content_filter"))
    assert complete(api).json["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (words.tool_call("f"), "cannot call tools"),
        (words.says("Hi") | words.tool_call("f"), "cannot call tools"),
        (words.refuses("No"), "cannot hold a refusal"),
        (words.thinks("Hm") | words.says("Hi"), "cannot show reasoning"),
        (words.says("Hi", finish_reason="tool_calls"), "cannot end with finish_reason 'tool_calls'"),
    ],
)
def test_only_text_can_be_said(word: Word, reason: str) -> None:
    api = Api()
    api.reply(word)
    answered = complete(api)
    assert (answered.status, answered.error["code"]) == (400, "script_mistake")
    assert reason in answered.error["message"]
    assert len(api.app.problems) == 1


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "gpt-3.5-turbo", "gpt-5-mini", "o3", "ft:gpt-4o-mini:acme::id"])
def test_chat_models_are_not_served(api: Api, model: str) -> None:
    answered = complete(api, model=model)
    assert answered.status == 404
    assert answered.error == {
        "message": "This is a chat model and not supported in the v1/completions endpoint. "
        "Did you mean to use v1/chat/completions?",
        "type": "invalid_request_error",
        "param": "model",
        "code": None,
    }


@pytest.mark.parametrize("model", [MODEL, f"{MODEL}-0914", "ft:davinci-002:acme::id", "babbage-002", "my-own"])
def test_other_models_are_served(api: Api, model: str) -> None:
    assert complete(api, model=model).json["model"] == model


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"best_of": 1, "n": 2}, None, "'n' (currently 2) to be at most 'best_of' (currently 1)"),
        ({"best_of": 0}, None, "'best_of' (currently 0)"),
        ({"best_of": 21}, "best_of", "above maximum"),
        ({"best_of": 2, "stream": True}, "best_of", "cannot be streamed"),
        ({"logprobs": 6}, "logprobs", "<= 5"),
        ({"logprobs": True}, "logprobs", "Invalid type"),
        ({"max_tokens": -1}, "max_tokens", ">= 0"),
        ({"n": 129}, "n", "<= 128"),
        ({"temperature": 2.5}, "temperature", "<= 2"),
        ({"logit_bias": {"1": 101}}, "logit_bias.1", "<= 100"),
        ({"stop": ["a"] * 5}, "stop", "maximum length 4"),
        ({"prompt": []}, "prompt", "empty array"),
        ({"prompt": [10**9]}, "prompt", "is not a token id"),
        ({"prompt": {"a": 1}}, "prompt", "Invalid type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "only allowed when 'stream'"),
        ({"suffix": "!", "model": "davinci-002"}, "suffix", "not supported with this model"),
        ({"messages": []}, "messages", "messages"),
        ({"max_tokens": 4096}, None, "requested 4097 tokens (1 in your prompt; 4096 for the completion)"),
    ],
)
def test_refusals(api: Api, body: dict[str, Any], param: str | None, message: str) -> None:
    answered = complete(api, **body)
    assert answered.status == 400
    assert answered.error["param"] == param
    assert message in answered.error["message"]


@pytest.mark.parametrize(
    "body", [{"suffix": "!"}, {"suffix": "!", "model": "my-own"}, {"best_of": 2, "n": 2, "stream": True}]
)
def test_accepted(api: Api, body: dict[str, Any]) -> None:
    assert complete(api, **body).status == 200


def test_prompt_is_required(api: Api) -> None:
    answered = api.send("POST", "/v1/completions", {"model": MODEL})
    assert (answered.status, answered.error["code"]) == (400, "missing_required_parameter")
