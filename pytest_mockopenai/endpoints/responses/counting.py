"""POST /responses/input_tokens, which counts, and POST /responses/compact, which shortens a conversation."""

from __future__ import annotations

import base64

from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.items import new_id
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.responses.history import history
from pytest_mockopenai.endpoints.responses.object import response_id, usage_json
from pytest_mockopenai.endpoints.responses.rules import mates
from pytest_mockopenai.endpoints.responses.turn import Turn, turn_of

_BYTES_A_TOKEN = 2  # of what is compacted, encrypted
_MOST_BYTES = 4096
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


def compaction_of(context: Context, turn: Turn) -> JSON:
    """The item that stands for a conversation; the longer that is, the longer its `encrypted_content`."""
    serial = context.serial.child("compaction")
    size = min(_MOST_BYTES, 64 + _BYTES_A_TOKEN * turn.input.tokens)
    content = base64.urlsafe_b64encode(bytes.fromhex(serial.child("content").hex(2 * size))).decode()
    return {"id": new_id("compaction", serial), "type": "compaction", "encrypted_content": content}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/responses/input_tokens",
        "responses.input_tokens",
        count,
        params="openai.types.responses.input_token_count_params:InputTokenCountParams",
        rules=(mates,),
        history=history,
    ),
    Endpoint(
        "POST",
        "/responses/compact",
        "responses",
        compact,
        params="openai.types.responses.response_compact_params:ResponseCompactParams",
        rules=(mates,),
        history=history,
    ),
)
