"""What OpenAI refuses in a Responses request beyond types and bounds: combinations, tools, items without mates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pytest_mockopenai.core import catalog, checks, errors
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import is_models
from pytest_mockopenai.core.tools import named_tool, offered_tools
from pytest_mockopenai.endpoints.responses import container, file_search, history
from pytest_mockopenai.endpoints.responses.demand import asked_effort, text_format

_SOURCES = ("input", "previous_response_id", "prompt", "conversation")


def required(context: Context) -> None:
    """A model, unless a prompt brings its own, and something to answer."""
    body = context.body
    if not body.get("model") and not body.get("prompt"):
        raise Refused(errors.missing_parameter("model"))
    if all(body.get(name) in (None, []) for name in _SOURCES):
        message = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided."
        raise Refused(errors.invalid(message, param="input", code="missing_required_parameter"))


def combinations(context: Context) -> None:
    """Parameters that go only with others, or not with this model."""
    body = context.body
    checks.metadata_keys(body)
    checks.only_enabled(body, "stream_options", "stream")
    if body.get("background") and body.get("store") is False:
        message = "Background mode requires 'store' to be true."
        raise Refused(errors.invalid(message, param="background"))
    most, asked = catalog.family(context.model).output, body.get("max_output_tokens") or 0
    if most is not None and asked > most:
        raise Refused(errors.limit_too_large("max_output_tokens", asked, most))
    _reasoning(context)


def _reasoning(context: Context) -> None:
    """Sampling is not for models that reason, an effort not for those that do not."""
    body, model = context.body, context.model
    if asked_effort(body) is not None and catalog.never_reasons(model):
        raise Refused(errors.unsupported_parameter("reasoning.effort"))
    if catalog.effort(model, asked_effort(body)) == "none":
        return
    refused = next((name for name in ("temperature", "top_p") if body.get(name) not in (None, 1)), None)
    if refused or body.get("top_logprobs"):
        raise Refused(errors.unsupported_parameter(refused or "top_logprobs"))


def tools(context: Context) -> None:
    """Tools: names, schemas, and a choice that exists."""
    body = context.body
    for place, tool in enumerate(body.get("tools") or ()):
        if tool["type"] == "function":
            checks.function_schema({"strict": False, **tool}, f"tools[{place}]")
    name = named_tool(body)
    if name is not None and name not in {tool.name for tool in offered_tools(body)}:
        message = f"Tool choice '{name}' not found in 'tools' parameter."
        raise Refused(errors.invalid(message, param="tool_choice"))
    if body.get("tool_choice") == "required" and not body.get("tools"):
        message = "Tool choice 'required' must be specified with 'tools' parameter."
        raise Refused(errors.invalid(message, param="tool_choice"))


def structured_output(context: Context) -> None:
    """Strict schemas; `json_object` wants the word JSON in the input."""
    wanted = text_format(context.body)
    if wanted.get("type") == "json_schema":
        checks.named(wanted["name"], "text.format.name")
        is_strict = wanted.get("strict") is not False
        checks.output_schema(wanted["name"], wanted.get("schema"), is_strict=is_strict, param="text.format.schema")
    said = (context.body.get("input"), context.body.get("instructions"), context.history)
    if wanted.get("type") == "json_object" and "json" not in str(said).lower():
        message = (
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'."
        )
        raise Refused(errors.invalid(message, param="input"))


_SAID = ("output_text", "refusal")


def said_by_the_model(context: Context) -> None:
    """What an assistant's message holds is output (wording: SwiftOpenAI#136); the SDK's types allow input too."""
    given = context.body.get("input")
    for place, item in enumerate(given if isinstance(given, list) else ()):
        content = item.get("content")
        parts = content if item.get("role") == "assistant" and isinstance(content, list) else ()
        for index, part in enumerate(parts):
            if part["type"] not in _SAID:
                raise Refused(errors.invalid_value(f"input[{place}].content[{index}].type", part["type"], _SAID))


_OUTPUTS = {
    "function_call": ("function_call_output", "function call"),
    "custom_tool_call": ("custom_tool_call_output", "custom tool call"),
    "computer_call": ("computer_call_output", "computer call"),
}


def mates(context: Context) -> None:
    """Every call has its output and every output its call; reasoning is followed by what it led to."""
    if not context.history and isinstance(context.body.get("input"), str):
        return
    items = (*context.history, *history.given(context))
    if any(item["type"] == "compaction" for item in items):
        return  # calls may be inside of what was compacted
    for kind, (output, phrase) in _OUTPUTS.items():
        _check_mates(items, kind, output, phrase)
    for item, after in pairwise((*items, {})):
        if item["type"] == "reasoning" and not is_models(after):
            message = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            raise Refused(errors.invalid(message, param="input"))


def _check_mates(items: Sequence[JSON], kind: str, output: str, phrase: str) -> None:
    called = {item["call_id"] for item in items if item["type"] == kind}
    answered = {item["call_id"] for item in items if item["type"] == output and item.get("call_id")}
    for call_id in (item["call_id"] for item in items if item.get("call_id") in called ^ answered):
        message = (
            f"No tool output found for {phrase} {call_id}."
            if call_id in called
            else f"No tool call found for {phrase} output with call_id {call_id}."
        )
        raise Refused(errors.invalid(message, param="input"))


RULES = (required, combinations, tools, file_search.check, container.check, structured_output, said_by_the_model, mates)
