"""A model's name tells its encoding and its family."""

from __future__ import annotations

from typing import get_args

import pytest
from openai.types import ChatModel

from pytest_mockopenai.tokens import ModelEncoding, encoding_name, is_reasoning
from pytest_mockopenai.tokens.models import bare_name, family


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("gpt-35-turbo-16k", "cl100k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base"),
        ("ft:gpt-4:acme::abc", "cl100k_base"),
        ("ft:davinci-002:acme", "cl100k_base"),
        ("babbage-002", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("gpt-5", "o200k_base"),
        ("gpt-5.4-mini-2026-03-17", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("o4-mini-deep-research", "o200k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme:name:id", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("openrouter/openai/GPT-4", "cl100k_base"),
        ("openai/gpt-4o:free", "o200k_base"),
        ("gpt-oss-120b", "o200k_harmony"),
        ("openai.gpt-oss-20b-1:0", "o200k_harmony"),
    ],
)
def test_known_models(model: str, encoding: str) -> None:
    assert encoding_name(model) == ModelEncoding(encoding, assumed=False)


@pytest.mark.parametrize("model", ["gpt-6-sol", "gpt-6.2-astra", "gpt-audio-mini", "gpt-4.2", "gpt-50", "my-model", ""])
def test_an_unknown_model_is_assumed_to_have_the_newest(model: str) -> None:
    assert encoding_name(model) == ModelEncoding("o200k_base", assumed=True)


def test_overrides_go_first() -> None:
    overrides = {"my-model": "cl100k_base", "gpt-4o": "cl100k_base"}
    assert encoding_name("my-model", overrides) == ModelEncoding("cl100k_base", assumed=False)
    assert encoding_name("openai/gpt-4o", overrides) == ModelEncoding("cl100k_base", assumed=False)
    assert encoding_name("gpt-4.1", overrides) == ModelEncoding("o200k_base", assumed=False)


@pytest.mark.parametrize(
    "model",
    ["o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-nano", "gpt-5.6-sol", "gpt-6-luna", "gpt-oss-20b", "openai/o3"],
)
def test_reasoning_models(model: str) -> None:
    assert is_reasoning(model)
    assert family(model).reply_primer == 2


@pytest.mark.parametrize(
    "model",
    ["gpt-4o", "gpt-4.1", "gpt-35-turbo", "gpt-5-chat-latest", "gpt-5.2-chat-latest", "my-model", "omni-moderation"],
)
def test_other_models(model: str) -> None:
    assert not is_reasoning(model)
    assert family(model).reply_primer == 3


def test_every_chat_model_of_the_sdk_before_gpt_6_is_known() -> None:
    unsure = {model for model in get_args(ChatModel) if encoding_name(model).assumed}
    assert {model for model in unsure if not model.startswith("gpt-6")} <= {
        "codex-mini-latest",
        "gpt-audio-mini",
        "gpt-audio-mini-2025-12-15",
    }


def test_bare_names() -> None:
    assert bare_name(" openai/ft:GPT-4o-mini:acme::id ") == "gpt-4o-mini"
