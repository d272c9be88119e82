"""The stream of a response, cut from the finished object: the lifecycle round the events of each output item.

Order, names and fields are those of recorded streams; every event has the next `sequence_number`, from 0, and there is
no `[DONE]` (openai/types/responses/response_stream_event.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from pytest_mockopenai import tokens
from pytest_mockopenai.core import sse
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.endpoints.responses.background import begun
from pytest_mockopenai.endpoints.responses.item_events import Cutting, events_of

_ENDS = {"completed": "response.completed", "incomplete": "response.incomplete", "failed": "response.failed"}


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The bytes of each event of a response just made; `detail` is the finished response if the object is not yet."""
    options = context.body.get("stream_options") or {}
    noise = context.serial.child("obfuscation") if options.get("include_obfuscation") else None
    return encoded(context, finished.detail or finished.object, noise)


def replayed(context: Context, finished: Finished) -> Iterator[bytes]:
    """The bytes of each event of a stored response after the one that the query names with `starting_after`."""
    query = dict(context.request.query)
    noise = context.serial.child("obfuscation") if query.get("include_obfuscation") == "true" else None
    after = int(query.get("starting_after") or -1)
    return (event for place, event in enumerate(encoded(context, finished.detail, noise)) if place > after)


def encoded(context: Context, response: JSON, noise: Draw | None) -> Iterator[bytes]:
    """The events of a finished response as they go over the wire."""
    numbers = count()
    for event in _events(response, _cutting(context, response)):
        padding = {"obfuscation": noise.alphanumeric(noise.integer(4, 16))} if noise and "delta" in event else {}
        yield sse.event({**event, **padding, "sequence_number": next(numbers)}, event["type"])


def _cutting(context: Context, response: JSON) -> Cutting:
    drawing = (tool for tool in response["tools"] if tool["type"] == "image_generation")
    partial_images = next((tool.get("partial_images") or 0 for tool in drawing), 0)
    return Cutting(tokens.tokenizer(response["model"], context.models.encodings).encoding, partial_images)


def _events(response: JSON, cut: Cutting) -> Iterator[JSON]:
    first = "queued" if response["background"] else "in_progress"
    yield {"type": "response.created", "response": begun(response, first)}
    if response["background"]:
        yield {"type": "response.queued", "response": begun(response, "queued")}
    yield {"type": "response.in_progress", "response": begun(response, "in_progress")}
    for index, item in enumerate(response["output"]):
        yield from events_of(item, index, cut)
    if response["status"] in _ENDS:
        yield {"type": _ENDS[response["status"]], "response": response}


def failure(error: Error, sent: int) -> bytes:
    """The event of an error after so many others, in the nested form that production sends (goai#88, sub2api#6631)."""
    event = {"type": "error", **error.envelope(), "sequence_number": sent}
    return sse.event(event, "error")
