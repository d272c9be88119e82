"""What a chat request demands of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pytest_mockopenai.core import catalog
from pytest_mockopenai.core.author import Demand, Tool
from pytest_mockopenai.core.endpoint import Context


def demand_of(context: Context) -> Demand:
    """The demand of one chat request."""
    body = context.body
    return Demand(
        model=context.model,
        last_message=context.inquiry.last_message,
        must_call=must_call(body),
        json=json_schema(body),
        reasoning_tokens=catalog.reasoning_tokens(context.model, body.get("reasoning_effort")),
    )


def offered_tools(body: Mapping[str, Any]) -> tuple[Tool, ...]:
    """The tools of a request, the deprecated `functions` included."""
    modern = tuple(_tool(tool) for tool in body.get("tools") or ())
    return modern + tuple(_function(function) for function in body.get("functions") or ())


def _tool(tool: Mapping[str, Any]) -> Tool:
    return Tool(tool["custom"]["name"], None, "custom") if tool["type"] == "custom" else _function(tool["function"])


def _function(function: Mapping[str, Any]) -> Tool:
    return Tool(function["name"], function.get("parameters") or {"type": "object", "properties": {}})


def named_tool(body: Mapping[str, Any]) -> str | None:
    """The name of the one tool that the request forces, if it does."""
    for choice in (body.get("tool_choice"), body.get("function_call")):
        if isinstance(choice, Mapping) and choice.get("type") != "allowed_tools":
            holder = choice.get("function") or choice.get("custom") or choice
            return str(holder["name"])
    return None


def must_call(body: Mapping[str, Any]) -> tuple[Tool, ...]:
    """The tools of which the answer has to call one; empty if it need not."""
    tools, choice, name = offered_tools(body), body.get("tool_choice"), named_tool(body)
    if name is not None:
        return tuple(tool for tool in tools if tool.name == name)
    if isinstance(choice, Mapping):
        return _allowed(tools, choice["allowed_tools"])
    return tools if choice == "required" else ()


def _allowed(tools: tuple[Tool, ...], allowed: Mapping[str, Any]) -> tuple[Tool, ...]:
    if allowed.get("mode") != "required":
        return ()
    names = {(tool.get("function") or tool.get("custom") or tool).get("name") for tool in allowed.get("tools", ())}
    return tuple(tool for tool in tools if tool.name in names)


def json_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | Literal[True] | None:
    """The schema that the content has to conform to; True for any JSON object, None for text."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"].get("schema") or True
    return True if wanted.get("type") == "json_object" else None
