"""The `response` object (openai/types/responses/response.py): what was asked, echoed, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import catalog, conversations, moderation, strict
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.inquiry import text_of
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.responses.demand import asked_effort

_TIERS = {"auto": "default", None: "default", "fast": "priority"}


def response_object(context: Context, *, output: list[JSON], status: str, usage: Usage | None) -> JSON:
    """A response with these items, its fields in the order in which the API sends them; unset ones are null."""
    body = context.body
    tier = body.get("service_tier")
    return {
        "id": response_id(context),
        "object": "response",
        "created_at": context.now,
        "status": status,
        "background": bool(body.get("background")),
        "completed_at": context.now if status == "completed" else None,
        **({"conversation": {"id": conversations.id_of(body["conversation"])}} if body.get("conversation") else {}),
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": context.model,
        "moderation": _moderation(context, output),
        "output": output,
        "parallel_tool_calls": _or(body.get("parallel_tool_calls"), True),
        "presence_penalty": 0.0,
        "previous_response_id": body.get("previous_response_id"),
        **({"prompt": body["prompt"]} if body.get("prompt") else {}),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention"),
        "reasoning": _reasoning(context),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": _TIERS.get(tier, tier),
        "store": _or(body.get("store"), True),
        "temperature": _or(body.get("temperature"), 1.0),
        "text": _text(body),
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in body.get("tools") or ()],
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": _or(body.get("top_p"), 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": usage_json(usage) if usage else None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def response_id(context: Context) -> str:
    """The id of the response that this call makes: the same one wherever it is asked for."""
    return "resp_" + context.serial.hex_token("id", 50)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _moderation(context: Context, output: list[JSON]) -> JSON | None:
    """What was asked and what is said, moderated; None if that was not asked for."""
    asked = context.body.get("moderation")
    if not asked:
        return None
    model, draw = asked["model"], context.draw.child("moderation")
    given = moderation.input_text(context.inquiry.messages)
    said = "\n".join(text_of(item["content"]) for item in output if item["type"] == "message")
    return {
        "input": moderation.of_completion(model, given, draw.child("input")),
        "output": moderation.of_completion(model, said, draw.child("output")),
    }


def _reasoning(context: Context) -> JSON:
    asked = context.body.get("reasoning") or {}
    effort = catalog.effort(context.model, asked_effort(context.body))
    reasons = effort != "none" or catalog.family(context.model).reasons
    return {"effort": effort if reasons else None, "summary": asked.get("summary") or asked.get("generate_summary")}


def _text(body: Mapping[str, Any]) -> JSON:
    given = body.get("text") or {}
    wanted = given.get("format") or {"type": "text"}
    if wanted["type"] == "json_schema":
        wanted = {"description": None, "strict": True, **wanted}
    return {"format": wanted, "verbosity": given.get("verbosity") or "medium"}


def _tool(tool: Mapping[str, Any]) -> JSON:
    """A tool as it is echoed: what the request leaves out is filled in."""
    if tool["type"] == "function":
        return _function(tool)
    return {**_DEFAULTS.get(tool["type"], {}), **tool}


_DEFAULTS: Mapping[str, JSON] = {
    "custom": {"description": None, "format": {"type": "text"}},
    "web_search": {
        "filters": None,
        "search_context_size": "medium",
        "user_location": {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None},
    },
    "file_search": {
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
    },
}


def _function(tool: Mapping[str, Any]) -> JSON:
    """Functions are strict unless the request says otherwise, or their parameters cannot be (as recorded)."""
    given = tool.get("parameters")
    closed = {**given, "additionalProperties": False} if isinstance(given, Mapping) else given
    is_strict = tool.get("strict")
    if is_strict is None:
        is_strict = strict.function_problem(closed, name=tool["name"], strict=True) is None
    return {"description": None, **tool, "parameters": closed if is_strict else given, "strict": is_strict}


def usage_json(usage: Usage) -> JSON:
    """The `usage` object (openai/types/responses/response_usage.py)."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }
