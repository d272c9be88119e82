"""What a chat request demands of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pytest_mockopenai.core import catalog
from pytest_mockopenai.core.author import Demand
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.tools import next_tools


def demand_of(context: Context) -> Demand:
    """The demand of one chat request."""
    body = context.body
    return Demand(
        model=context.model,
        last_message=context.inquiry.last_message,
        must_call=next_tools(body, body["messages"]),
        json=json_schema(body),
        reasoning_tokens=catalog.reasoning_tokens(context.model, body.get("reasoning_effort")),
    )


def json_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | Literal[True] | None:
    """The schema that the content has to conform to; True for any JSON object, None for text."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"].get("schema") or True
    return True if wanted.get("type") == "json_object" else None
