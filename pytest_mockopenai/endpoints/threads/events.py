"""The stream of a run, cut from what it has come to (openai/types/beta/assistant_stream_event.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mockopenai import tokens
from pytest_mockopenai.core import sse
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.endpoints.threads import file_search, runs_kept
from pytest_mockopenai.rendering.streaming import scored_pieces
from pytest_mockopenai.tokens import Encoding

END = b"event: done\ndata: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a stream tells: the entry of a run, the first of its steps that are new, the message; a thread that is new.

    `answered` is a step that the request has ended with the outputs of its calls.
    """

    entry: JSON
    new_steps: int = 0
    message: JSON | None = None
    thread: JSON | None = None
    answered: JSON | None = None


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The bytes of each event, without the closing one."""
    told: Streamed = finished.detail
    encoding = tokens.tokenizer(told.entry["run"]["model"], context.models.encodings).encoding
    for name, data in _events(context, told, encoding):
        yield sse.event(data, f"thread.{name}" if name else "thread.created")


def failure(error: Error, _: int) -> bytes:
    """The event of an error."""
    return sse.event(error.envelope(), "error")


def _events(context: Context, told: Streamed, encoding: Encoding) -> Iterator[tuple[str, JSON]]:
    entry, time = told.entry, context.time
    run = runs_kept.seen(entry, time)
    begun = {**run, "completed_at": None, "failed_at": None, "required_action": None, "usage": None}
    begun |= {"last_error": None, "incomplete_details": None, "expires_at": run["created_at"] + runs_kept.LIFETIME}
    queued = {**begun, "status": "queued", "started_at": None}
    if told.thread is not None:
        yield "", told.thread
    if told.answered is not None:
        yield "run.step.completed", told.answered
    else:
        yield "run.created", queued
    yield "run.queued", queued
    yield "run.in_progress", {**begun, "status": "in_progress"}
    for kept in entry["steps"][told.new_steps :]:
        step = file_search.shown(context, runs_kept.step_seen(entry, kept, time))
        yield from _step(step, told.message, encoding)
    yield f"run.{run['status']}", run


def _step(step: JSON, message: JSON | None, encoding: Encoding) -> Iterator[tuple[str, JSON]]:
    begun = {**step, "status": "in_progress", "completed_at": None, "usage": None}
    yield "run.step.created", begun
    yield "run.step.in_progress", begun
    if message is None or step["type"] == "tool_calls":
        yield from (("run.step.delta", _delta("run.step", step["id"], each)) for each in _calls(step, encoding))
        yield from [("run.step.completed", step)] if step["status"] == "completed" else []
        return
    unsaid = {**message, "content": [], "status": "in_progress", "completed_at": None, "incomplete_at": None}
    unsaid |= {"incomplete_details": None}
    yield "message.created", unsaid
    yield "message.in_progress", unsaid
    for content in _content(message["content"][0], encoding):
        yield "message.delta", _delta("message", message["id"], {"content": [content]})
    yield f"message.{message['status']}", message
    yield "run.step.completed", step


def _delta(kind: str, id_: str, delta: JSON) -> JSON:
    return {"id": id_, "object": f"thread.{kind}.delta", "delta": delta}


def _content(block: JSON, encoding: Encoding) -> Iterator[JSON]:
    """The pieces of a message's text, or of its refusal."""
    if block["type"] == "refusal":
        yield from ({"index": 0, "type": "refusal", "refusal": piece} for piece in _pieces(encoding, block["refusal"]))
        return
    for place, piece in enumerate(_pieces(encoding, block["text"]["value"])):
        annotations: JSON = {} if place else {"annotations": []}
        yield {"index": 0, "type": "text", "text": {"value": piece, **annotations}}
    for place, annotation in enumerate(block["text"]["annotations"]):
        yield {"index": 0, "type": "text", "text": {"annotations": [{"index": place, **annotation}]}}


def _calls(step: JSON, encoding: Encoding) -> Iterator[JSON]:
    """The calls of a step, each opened with its name, then its arguments piece by piece."""
    for index, call in enumerate(step["step_details"]["tool_calls"]):
        if call["type"] == "file_search":
            opened = {"index": index, "id": call["id"], "type": "file_search", "file_search": {}}
            yield {"step_details": {"type": "tool_calls", "tool_calls": [opened]}}
            continue
        head = {"index": index, "type": "function"}
        function = call["function"]
        opened = {**head, "id": call["id"], "function": {"name": function["name"], "arguments": "", "output": None}}
        pieces = ({**head, "function": {"arguments": piece}} for piece in _pieces(encoding, function["arguments"]))
        for each in (opened, *pieces):
            yield {"step_details": {"type": "tool_calls", "tool_calls": [each]}}


def _pieces(encoding: Encoding, text: str) -> Iterator[str]:
    return (piece for piece, _ in scored_pieces(encoding, text, None))
