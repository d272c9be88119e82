"""Where the API departs from the SDK's parameter types: what it lets one omit, what it calls things, and one rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error

CHAT = "openai.types.chat.completion_create_params:CompletionCreateParams"
RESPONSES = "openai.types.responses.response_create_params:ResponseCreateParams"

_OMITTABLE: Mapping[str, frozenset[str]] = {
    # `content` has a rule of its own, which comes after everything else: see `missing_content`.
    "ChatCompletionSystemMessageParam": frozenset({"content"}),
    "ChatCompletionUserMessageParam": frozenset({"content"}),
    "ChatCompletionToolMessageParam": frozenset({"content"}),
    "ChatCompletionFunctionMessageParam": frozenset({"content"}),
    # Clients send earlier output back without the ids and states that the server gave it (openai/codex does).
    "ResponseOutputMessageParam": frozenset({"id", "status", "type"}),
    "ResponseOutputTextParam": frozenset({"annotations"}),
    "ResponseReasoningItemParam": frozenset({"id"}),
    "ResponseFunctionWebSearchParam": frozenset({"id", "status"}),
    "LocalShellCall": frozenset({"id"}),
    # Its guide and openai-agents send the `call_id` alone, which the type does not have.
    "LocalShellCallOutput": frozenset({"id"}),
    # The guide to image generation names an earlier picture by its id alone, and so does LangChain.
    "ImageGenerationCall": frozenset({"result", "status"}),
    # `auto` is the default (the API reference's guide to images sends none).
    "ResponseInputImageParam": frozenset({"detail"}),
    "ResponseInputImageContentParam": frozenset({"detail"}),
}
_ALSO: Mapping[tuple[str, str], tuple[str, ...]] = {
    # The SDK lists the preview's names only; the tool without that is forced by its own.
    ("ToolChoiceTypesParam", "type"): ("web_search", "web_search_2025_08_26"),
    # The SDK's own description of it lists these, too; its type is that of new videos.
    ("VideoExtendParams", "seconds"): ("16", "20"),
}
_BY_NAME = frozenset({("MultiGraderParam", "graders")})
"""Where the API takes an object of such values by name, of which the SDK's types know the value alone."""

_NAMES: Mapping[tuple[str, str], str] = {
    (CHAT, "functions"): "an array of function definitions",
    (CHAT, "metadata"): "a metadata object",
    (RESPONSES, "input"): "one of a string or array of input items",
    (RESPONSES, "input[]"): "an input item",
    (RESPONSES, "metadata"): "a metadata object",
    (RESPONSES, "tools"): "an array of tools",
}
_INSTEAD_OF_CONTENT = ("tool_calls", "function_call", "refusal", "audio")


def omittable(typed_dict: str) -> frozenset[str]:
    """The keys that the SDK's TypedDict of this name requires and the API does not; the beta's twins are alike."""
    return _OMITTABLE.get(typed_dict.removeprefix("Beta"), frozenset())


def also(typed_dict: str, key: str) -> tuple[str, ...]:
    """The values that the API takes for a key beyond those of the SDK's TypedDict of this name."""
    return _ALSO.get((typed_dict.removeprefix("Beta"), key), ())


def by_name(typed_dict: str, key: str) -> bool:
    """Whether a key of the SDK's TypedDict of this name takes an object of such values, too."""
    return (typed_dict, key) in _BY_NAME


def expected(params: str, place: str, phrase: str) -> str:
    """What OpenAI says was expected at `place` (`input[]` for any item of `input`) where it says more than `phrase`."""
    return _NAMES.get((params, place), phrase)


def missing_content(params: str, body: Mapping[str, Any]) -> Error | None:
    """400 for the first chat message without `content`; only an assistant's may have something else instead.

    Messages of a developer are checked with their type, in other words.
    """
    messages = body["messages"] if params == CHAT else ()
    for index, message in enumerate(messages):
        if message.get("content") is None and not _says_otherwise(message):
            return errors.null_content(index)
    return None


def _says_otherwise(message: Mapping[str, Any]) -> bool:
    given = any(message.get(name) is not None for name in _INSTEAD_OF_CONTENT)
    return given and message["role"] == "assistant"
