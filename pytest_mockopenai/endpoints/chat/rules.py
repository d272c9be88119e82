"""What OpenAI refuses in a chat request beyond types and bounds: messages out of order, tools, combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mockopenai.core import catalog, checks, errors
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.tools import named_tool, offered_tools


def combinations(context: Context) -> None:
    """Parameters that go only with others, or not with this model."""
    body = context.body
    checks.metadata_keys(body)
    refused = catalog.refused_parameter(body, context.model)
    if refused:
        raise Refused(refused)
    checks.only_enabled(body, "stream_options", "stream")
    checks.only_enabled(body, "top_logprobs", "logprobs")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        _refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens")


def tools(context: Context) -> None:
    """Tools: names, schemas, and a choice that exists."""
    body = context.body
    checks.only_with(body, ("tool_choice", "parallel_tool_calls"), "tools", phrase="'tools' are specified")
    for place, tool in enumerate(body.get("tools") or ()):
        if tool["type"] == "function":
            checks.function_schema(tool["function"], f"tools[{place}].function")
    for place, function in enumerate(body.get("functions") or ()):
        checks.function_schema(function, f"functions[{place}]")
    name = named_tool(body)
    if name is not None and name not in {tool.name for tool in offered_tools(body)}:
        _refuse(f"Invalid value for 'tool_choice': tool '{name}' not found in 'tools' parameter.", "tool_choice")


def response_format(context: Context) -> None:
    """Structured output: strict schemas; `json_object` wants the word JSON in the messages."""
    wanted = context.body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        described = wanted["json_schema"]
        checks.named(described["name"], "response_format.json_schema.name")
        checks.output_schema(
            described["name"],
            described.get("schema"),
            is_strict=bool(described.get("strict")),
            param="response_format",
        )
    if wanted.get("type") == "json_object" and "json" not in str(context.body["messages"]).lower():
        _refuse(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            "messages",
        )


def audio(context: Context) -> None:
    """Spoken output needs to know its voice and format; streamed, it is raw PCM."""
    body = context.body
    speaks = "audio" in (body.get("modalities") or ())
    if speaks and not body.get("audio"):
        raise Refused(errors.missing_parameter("audio"))
    if speaks and body.get("stream") and body["audio"]["format"] != "pcm16":
        raise Refused(errors.invalid_value("audio.format", body["audio"]["format"], ["pcm16"]))


def message_order(context: Context) -> None:
    """Tool results follow the assistant message that called the tools, and every call gets its result."""
    open_calls: list[str] = []
    messages = context.body["messages"]
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            _close(open_calls, messages, place)
            continue
        _check_closed(open_calls, place)
        open_calls = [call["id"] for call in message.get("tool_calls") or ()] if message["role"] == "assistant" else []
    _check_closed(open_calls, len(messages))


def _close(open_calls: list[str], messages: Sequence[Mapping[str, Any]], place: int) -> None:
    previous = messages[place - 1] if place else {}
    if previous.get("role") != "tool" and not previous.get("tool_calls"):
        _refuse(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
            "with 'tool_calls'.",
            f"messages.[{place}].role",
        )
    answered = messages[place]["tool_call_id"]
    if answered not in open_calls:
        _refuse(
            f"Invalid parameter: 'tool_call_id' of '{answered}' not found in 'tool_calls' of previous message.",
            f"messages.[{place}].tool_call_id",
        )
    open_calls.remove(answered)


def _check_closed(open_calls: list[str], place: int) -> None:
    if open_calls:
        _refuse(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}",
            f"messages.[{place}].role",
        )


def script(context: Context) -> None:
    """What is scripted can be said in chat."""
    checks.unbroken(context.answer)
    if context.answer and context.answer.built_in_calls:
        message = "OpenAI's own tools are used on the Responses API only: script built_in_call() for /v1/responses."
        raise Refused(errors.script_mistake(message))


def _refuse(message: str, param: str) -> None:
    raise Refused(errors.invalid(message, param=param))


RULES = (combinations, tools, response_format, audio, message_order, script)
