"""The tools of a request: what it offers, what it forces. One reading for chat's nested form and the flat one.

Chat writes `{"type": "function", "function": {"name": ...}}`; the Responses and Realtime APIs write
`{"type": "function", "name": ...}`, and have tools that OpenAI runs itself (openai/types/responses/tool_param.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from pytest_mockopenai.core.author import Tool

_ANYTHING: Mapping[str, Any] = {"type": "object", "properties": {}}


def offered_tools(body: Mapping[str, Any]) -> tuple[Tool, ...]:
    """The function and custom tools of a request, those in namespaces and the deprecated `functions` included."""
    modern = (_tool(tool) for tool in _flattened(body.get("tools") or ()) if tool["type"] in ("function", "custom"))
    return (*modern, *(_function(function) for function in body.get("functions") or ()))


def _flattened(tools: Any) -> Iterator[Mapping[str, Any]]:
    for tool in tools:
        yield from tool["tools"] if tool["type"] == "namespace" else (tool,)


def _tool(tool: Mapping[str, Any]) -> Tool:
    definition = _definition(tool)
    return Tool(definition["name"], None, "custom") if tool["type"] == "custom" else _function(definition)


def _definition(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tool.get("function") or tool.get("custom") or tool
    return found


def _function(function: Mapping[str, Any]) -> Tool:
    return Tool(function["name"], function.get("parameters") or _ANYTHING)


def named_tool(body: Mapping[str, Any]) -> str | None:
    """The name of the one function or custom tool that the request forces, if it does."""
    for choice in (body.get("tool_choice"), body.get("function_call")):
        if isinstance(choice, Mapping) and choice.get("type", "function") in ("function", "custom"):
            return str(_definition(choice)["name"])
    return None


def must_call(body: Mapping[str, Any]) -> tuple[Tool, ...]:
    """The function and custom tools of which the answer has to call one; empty if it need not."""
    tools, name = offered_tools(body), named_tool(body)
    if name is not None:
        return tuple(tool for tool in tools if tool.name == name)
    allowed = allowed_tools(body)
    if allowed is not None:
        names = {_definition(tool).get("name") for tool in allowed.get("tools", ())}
        return tuple(tool for tool in tools if tool.name in names) if allowed.get("mode") == "required" else ()
    return tools if body.get("tool_choice") == "required" else ()


def next_tools(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> tuple[Tool, ...]:
    """The tools of `must_call`, those first that were called least since the user last spoke.

    So a client that demands a call each time, until one of some tool ends its loop, comes to that tool.
    """
    called = Counter(_called(messages))
    return tuple(sorted(must_call(body), key=lambda tool: called[tool.name]))


def _called(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The names of what the model has called since the user last spoke."""
    for message in takewhile(lambda message: message.get("role") != "user", reversed(messages)):
        if message.get("type") in ("function_call", "custom_tool_call"):
            yield message["name"]
        yield from (_definition(call)["name"] for call in message.get("tool_calls") or ())


def allowed_tools(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The `mode` and `tools` of a choice of the type `allowed_tools`; None for any other choice."""
    choice = body.get("tool_choice")
    if not isinstance(choice, Mapping) or choice.get("type") != "allowed_tools":
        return None
    found: Mapping[str, Any] = choice.get("allowed_tools") or choice
    return found
