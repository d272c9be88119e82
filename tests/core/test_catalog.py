"""What a model's name tells: its window, whether it reasons, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.catalog import (
    effort,
    family,
    is_chat_only,
    reasoning_tokens,
    refused_parameter,
    system_fingerprint,
)


@pytest.mark.parametrize(
    ("model", "window", "reasons"),
    [
        ("gpt-3.5-turbo", 16_385, False),
        ("gpt-3.5-turbo-instruct", 4_096, False),
        ("gpt-4", 8_192, False),
        ("gpt-4-0613", 8_192, False),
        ("gpt-4-turbo-2024-04-09", 128_000, False),
        ("gpt-4o-mini", 128_000, False),
        ("gpt-4.1-nano", 1_047_576, False),
        ("gpt-5-mini", 400_000, True),
        ("gpt-5-chat-latest", 128_000, False),
        ("gpt-5.1-chat-latest", 128_000, False),
        ("gpt-5.5", 400_000, True),
        ("o1-mini", 128_000, True),
        ("o3-pro", 200_000, True),
        ("claude", None, False),
        ("", None, False),
    ],
)
@pytest.mark.parametrize("form", ["{}", "ft:{}:acme::id", "openai/{}", "openrouter/openai/{}", "openai/ft:{}:acme"])
def test_family(form: str, model: str, window: int | None, reasons: bool) -> None:
    found = family(form.format(model))
    assert (found.window, found.reasons) == (window, reasons)


@given(st.text())
def test_any_name_has_a_family(model: str) -> None:
    assert model.rpartition("/")[2].removeprefix("ft:").startswith(family(model).prefix)


@pytest.mark.parametrize(
    ("model", "asked", "in_force"),
    [
        ("gpt-4o", "high", "none"),
        ("gpt-5", None, "medium"),
        ("gpt-5", "low", "low"),
        ("gpt-5.1", None, "none"),
        ("gpt-5.1", "high", "high"),
        ("o3", 5, "medium"),
    ],
)
def test_effort(model: str, asked: object, in_force: str) -> None:
    assert effort(model, asked) == in_force


@given(st.sampled_from(["gpt-4o", "gpt-5", "gpt-5.1", "o3"]), st.none() | st.text() | st.sampled_from(["low", "xhigh"]))
def test_reasoning_tokens_come_in_steps(model: str, asked: object) -> None:
    tokens = reasoning_tokens(model, asked)
    assert tokens >= 0
    assert tokens % 64 == 0
    assert tokens == 0 or family(model).reasons


def test_more_effort_takes_more() -> None:
    efforts = ["none", "low", "medium", "high", "xhigh"]
    tokens = [reasoning_tokens("gpt-5", asked) for asked in efforts]
    assert tokens == sorted(set(tokens))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"max_completion_tokens": 5},
        {"max_tokens": None, "temperature": None, "logprobs": False},
        {"temperature": 1, "top_p": 1.0, "presence_penalty": 0, "frequency_penalty": 0.0},
    ],
)
@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.1", "o3", "gpt-4o"])
def test_taken(model: str, body: dict[str, Any]) -> None:
    assert refused_parameter(body, model) is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("max_tokens", 5, "unsupported_parameter"),
        ("temperature", 0.5, "unsupported_value"),
        ("top_p", 0, "unsupported_value"),
        ("presence_penalty", 1, "unsupported_value"),
        ("frequency_penalty", -1, "unsupported_value"),
        ("logprobs", True, "unsupported_parameter"),
        ("top_logprobs", 2, "unsupported_parameter"),
        ("logit_bias", {"1": 5}, "unsupported_parameter"),
    ],
)
def test_refused_by_models_that_reason(name: str, value: Any, code: str) -> None:
    error = refused_parameter({name: value}, "o3")
    assert error is not None
    assert (error.status, error.param, error.code) == (400, name, code)
    assert refused_parameter({name: value}, "gpt-4o") is None
    assert (refused_parameter({name: value}, "gpt-5.1") is None) == (name != "max_tokens")
    assert refused_parameter({name: value, "reasoning_effort": "low"}, "gpt-5.1") is not None


@pytest.mark.parametrize(
    ("model", "is_so"),
    [
        ("gpt-4o", True),
        ("gpt-3.5-turbo", True),
        ("ft:gpt-3.5-turbo-0125:acme::id", True),
        ("gpt-3.5-turbo-instruct-0914", False),
        ("davinci-002", False),
        ("ft:babbage-002:acme::id", False),
        ("claude", False),
        ("", False),
    ],
)
def test_is_chat_only(model: str, is_so: bool) -> None:
    assert is_chat_only(model) is is_so


def test_system_fingerprint_is_the_model_s() -> None:
    assert system_fingerprint("gpt-4o") == system_fingerprint("gpt-4o") != system_fingerprint("gpt-4")
