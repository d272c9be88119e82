"""POST /responses/input_tokens, which counts, and POST /responses/compact, which shortens a conversation."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.responses.compaction import compaction_of
from pytest_mockopenai.endpoints.responses.history import items_before
from pytest_mockopenai.endpoints.responses.object import response_id, usage_json
from pytest_mockopenai.endpoints.responses.rules import mates
from pytest_mockopenai.endpoints.responses.turn import turn_of

_COMPACTED_TO = 16  # the tokens of a compaction, as a share of what was compacted: one in so many


def count(context: Context) -> Finished:
    """The tokens of what the request would send to the model."""
    return Finished({"object": "response.input_tokens", "input_tokens": turn_of(context).input.tokens})


def compact(context: Context) -> Finished:
    """The user's messages as they are, and all else in one item that only the API can read."""
    turn = turn_of(context)
    kept = [item for item in turn.items if item.get("role") == "user"]
    output = [*kept, compaction_of(context, turn)]
    usage = context.billed(
        Usage(turn.input.tokens, max(1, turn.input.tokens // _COMPACTED_TO), prompt_method=turn.input.method)
    )
    compacted = {
        "id": response_id(context),
        "object": "response.compaction",
        "created_at": context.now,
        "output": output,
        "usage": usage_json(usage),
    }
    return Finished(compacted, usage)


def _there(context: Context) -> None:
    """Refuse to shorten a conversation that is not there, also where unknown ids are forgiven."""
    previous = context.body.get("previous_response_id")
    if previous and not context.history:
        raise Refused(errors.previous_response_not_found(previous))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/responses/input_tokens",
        "responses.input_tokens",
        count,
        params="openai.types.responses.input_token_count_params:InputTokenCountParams",
        rules=(mates,),
        history=items_before,
    ),
    Endpoint(
        "POST",
        "/responses/compact",
        "responses",
        compact,
        params="openai.types.responses.response_compact_params:ResponseCompactParams",
        rules=(mates, _there),
        history=items_before,
    ),
)
