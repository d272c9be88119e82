"""What a request demands of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pytest_mockopenai.core import catalog
from pytest_mockopenai.core.author import Demand
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.tools import next_tools
from pytest_mockopenai.endpoints.responses.tools import built_in_tools


def demand_of(context: Context, items: Sequence[JSON]) -> Demand:
    """The demand of one request, `items` being all that the model is given."""
    body = context.body
    return Demand(
        model=context.model,
        last_message=context.inquiry.last_message,
        must_call=next_tools(body, items),
        json=json_schema(body),
        reasoning_tokens=catalog.reasoning_tokens(context.model, asked_effort(body)),
        built_in=built_in_tools(body, items),
    )


def asked_effort(body: Mapping[str, Any]) -> Any:
    """The `reasoning.effort` of a request."""
    return (body.get("reasoning") or {}).get("effort")


def text_format(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `text.format` of a request; empty for plain text that it does not name."""
    return (body.get("text") or {}).get("format") or {}


def json_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | Literal[True] | None:
    """The schema that the text has to conform to; True for any JSON object, None for text."""
    wanted = text_format(body)
    if wanted.get("type") == "json_schema":
        return wanted.get("schema") or True
    return True if wanted.get("type") == "json_object" else None
