"""POST /responses, whole, streamed and in the background; `stored` has the endpoints of responses that were stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import author, checks, errors
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.dialogue import upgrade_only
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished, Service
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.responses import background, container, counting, events, file_search, stored
from pytest_mockopenai.endpoints.responses.demand import demand_of
from pytest_mockopenai.endpoints.responses.history import items_before, keep
from pytest_mockopenai.endpoints.responses.object import response_object
from pytest_mockopenai.endpoints.responses.output import Output, output_of
from pytest_mockopenai.endpoints.responses.rules import RULES
from pytest_mockopenai.endpoints.responses.socket import Socket
from pytest_mockopenai.endpoints.responses.turn import Turn, count_input, turn_of
from pytest_mockopenai.rendering.caching import cached_tokens


def create(context: Context) -> Finished:
    """The whole response, stored unless the request says otherwise; its stream is cut from it."""
    turn = turn_of(context)
    demand = demand_of(context, turn.items)
    answer = author.written(context.answer, demand, context.draw.child("answer"), param="text.format")
    output = output_of(context, turn, answer)
    usage = context.billed(_prompt_usage(context, turn) + output.usage)
    response = _finished(context, answer, output, usage)
    if not response["background"]:
        keep(context, response, turn.given)
        return Finished(response, usage)
    line = background.timeline_of(context, response)
    keep(context, response, turn.given, line)
    context.announce("response", response["id"], line)
    return background.shown(background.begun(response, "queued"), streamed=response, usage=usage)


def prepare(context: Context) -> Finished:
    """A response that generates nothing, to be continued later (`generate: false` on a WebSocket)."""
    turn = turn_of(context)
    response = response_object(context, output=[], status="completed", usage=Usage())
    keep(context, response, turn.given)
    return Finished(response)


def _connect(context: Context, service: Service) -> Socket:
    return Socket(context, service, _CREATE, prepare)


def _prompt_usage(context: Context, turn: Turn) -> Usage:
    head = [context.body.get(name) for name in ("instructions", "tools", "text")]
    parts = [{**item, "id": None} for item in turn.items]  # an item sent again may have another id

    def count(size: int) -> int:
        return count_input(context, turn.items[:size], turn.counter).tokens

    cached = cached_tokens(context, head, parts, count)
    return Usage(turn.input.tokens, cached_tokens=cached, prompt_method=turn.input.method)


def _finished(context: Context, answer: Answer, output: Output, usage: Usage) -> JSON:
    """The response as it is in the end: completed, incomplete, or failed after what was said."""
    if answer.failure:
        error = {"code": answer.failure.code, "message": answer.failure.message}
        return {**response_object(context, output=output.items, status="failed", usage=None), "error": error}
    status = "incomplete" if output.incomplete else "completed"
    response = response_object(context, output=output.items, status=status, usage=usage)
    return {**response, "incomplete_details": {"reason": output.incomplete}} if output.incomplete else response


_KNOWN = frozenset(
    {
        *("background", "context_management", "conversation", "include", "input", "instructions", "max_output_tokens"),
        *("max_tool_calls", "metadata", "model", "parallel_tool_calls", "previous_response_id", "prompt"),
        *("prompt_cache_key", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "store"),
        *("stream", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p"),
        *("truncation", "user"),
    }
)

_BOUNDS: dict[str, Length | Range] = {
    "model": Length(1, None),
    "max_output_tokens": Range(16, None),
    "max_tool_calls": Range(0, None),
    "temperature": Range(0.0, 2.0),
    "top_p": Range(0.0, 1.0),
    "top_logprobs": Range(0, 20),
    "tools": Length(0, 128),
    "tools[].name": checks.NAME_LENGTH,
    "text.format.name": checks.NAME_LENGTH,
    "safety_identifier": Length(0, 64),
    **file_search.BOUNDS,
    **checks.METADATA_BOUNDS,
}


def _repeatable(body: Mapping[str, Any]) -> bool:
    """Nothing that was stored is gone on from, searched or run code in."""
    return (
        not any(body.get(name) for name in _STATEFUL)
        and not any(file_search.is_search(tool) or container.runs_code(tool) for tool in body.get("tools") or ())
        and _is_complete(body.get("input"))
    )


_STATEFUL = ("background", "conversation", "previous_response_id", "prompt_cache_key")


def _is_complete(given: str | list[JSON] | None) -> bool:
    """Whether the input refers to no item that was stored."""
    return isinstance(given, str) or all("role" in item for item in given or ())


_CREATE = Endpoint(
    "POST",
    "/responses",
    "responses",
    create,
    events=events.events,
    failure=events.failure,
    params="openai.types.responses.response_create_params:ResponseCreateParams",
    known=_KNOWN,
    bounds=_BOUNDS,
    rules=RULES,
    history=items_before,
    errors={"context_length_exceeded": errors.input_too_long()},
    kinds=frozenset({"text", "failure"}),
    repeatable=_repeatable,
)

ENDPOINTS = (
    _CREATE,
    Endpoint("GET", "/responses", "responses", upgrade_only, dialogue=_connect),
    *stored.ENDPOINTS,
    *counting.ENDPOINTS,
)
