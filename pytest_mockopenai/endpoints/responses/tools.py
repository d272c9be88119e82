"""The tools of a request that OpenAI itself defines (`web_search`, `mcp`, ...), and which of them an answer uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_mockopenai.core.answer import WAITING
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.tools import allowed_tools, must_call

Definition = Mapping[str, Any]

_SAME = {
    "web_search_2025_08_26": "web_search",
    "web_search_preview": "web_search",
    "web_search_preview_2025_03_11": "web_search",
    "computer_use": "computer",
    "computer_use_preview": "computer",
}
_NOT_USED = frozenset({"function", "custom", "namespace", "tool_search", "programmatic_tool_calling"})
_CONTAINERS = ("container_auto", "container_reference")


def built_in_tool(definition: Definition, items: Sequence[JSON] = ()) -> str | None:
    """What a tool of a request does, of `core.answer.BUILT_IN_TOOLS`; None for the client's functions and the like.

    `items` tell whether the client has approved a call of an MCP server (openai/types/responses/tool_param.py, `Mcp`).
    """
    kind = definition["type"]
    if kind in _NOT_USED:
        return None
    if kind == "mcp":
        return "mcp" if definition.get("require_approval") == "never" or approval_of(items) else "mcp_approval"
    if kind == "shell":
        environment = (definition.get("environment") or {}).get("type")
        return "hosted_shell" if environment in _CONTAINERS else "shell"
    return _SAME.get(kind, kind)


def approval_of(items: Sequence[JSON]) -> JSON | None:
    """The client's approval of an MCP call, if that is the last item."""
    last = items[-1] if items else {}
    return last if last.get("type") == "mcp_approval_response" and last.get("approve") else None


def built_in_tools(body: Definition, items: Sequence[JSON]) -> tuple[str, ...]:
    """The built-in tools that a made-up answer uses, in the order of the request's `tools`.

    What the request forces is used. Otherwise those that OpenAI runs are, once each, when the user has just spoken;
    those that the client would have to carry out are not: it might never stop doing so.
    """
    if must_call(body):
        return ()
    limit = body.get("max_tool_calls")
    return tuple(_wanted(body, items))[: len(body.get("tools") or ()) if limit is None else limit]


def _wanted(body: Definition, items: Sequence[JSON]) -> Iterator[str]:
    choice = body.get("tool_choice") or "auto"
    offered = [(tool, kind) for tool in body.get("tools") or () if (kind := built_in_tool(tool, items))]
    if choice == "none":
        return
    allowed = allowed_tools(body)
    if isinstance(choice, Mapping) and allowed is None:
        yield from [kind for tool, kind in offered if _is_meant(tool, choice)][:1]
        return
    if allowed is not None:
        offered = [(tool, kind) for tool, kind in offered if any(_is_meant(tool, meant) for meant in allowed["tools"])]
    kinds = [kind for _, kind in offered]
    yield from _required(kinds) if "required" in (choice, (allowed or {}).get("mode")) else _usual(kinds, items)


def _required(kinds: list[str]) -> Iterable[str]:
    run_by_openai = [kind for kind in kinds if kind not in WAITING]
    return run_by_openai or kinds[:1]


def _usual(kinds: list[str], items: Sequence[JSON]) -> Iterable[str]:
    last = items[-1] if items else {"role": "user"}
    asked = last.get("role") == "user" or last.get("type") == "mcp_approval_response"
    refused = last.get("type") == "mcp_approval_response" and not last.get("approve")
    usual = (kind for kind in kinds if kind not in WAITING or (kind == "mcp_approval" and not refused))
    return usual if asked else ()


def _is_meant(tool: Definition, choice: Definition) -> bool:
    """Whether a choice (or an allowed tool) names this tool."""
    same = _SAME.get(tool["type"], tool["type"]) == _SAME.get(choice["type"], choice["type"])
    labels = (choice.get("server_label"), tool.get("server_label"))
    return same and (labels[0] is None or labels[0] == labels[1])


def definition_of(body: Definition, kind: str, place: int) -> Definition:
    """How the request configures the tool of this kind that is used for the `place`th time; empty if it does not."""
    family = {"mcp_approval": "mcp", "hosted_shell": "shell"}.get(kind, kind)
    offered = [tool for tool in body.get("tools") or () if _SAME.get(tool["type"], tool["type"]) == family]
    return offered[min(place, len(offered) - 1)] if offered else {}
