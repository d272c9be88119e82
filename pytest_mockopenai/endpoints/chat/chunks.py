"""The stream of a chat completion, cut from the finished object.

Order and form of the chunks are those of recorded streams: the role first, one chunk for each token, tool calls opened
with index, id and name once, the finish reason last, then usage if asked for. Choices are interleaved token by token.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from pytest_mockopenai import tokens
from pytest_mockopenai.core import sse
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.rendering.streaming import scored_pieces
from pytest_mockopenai.tokens import Encoding

_AUDIO_BYTES = 24_000  # half a second of 16-bit PCM at 24 kHz in each chunk


def events(context: Context, finished: Finished) -> Iterator[bytes]:
    """The bytes of each event, without the closing `[DONE]`."""
    completion = finished.object
    encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
    options = context.body.get("stream_options") or {}
    head = {name: completion[name] for name in ("id", "created", "model", "service_tier", "system_fingerprint")}
    head = {"id": head.pop("id"), "object": "chat.completion.chunk", **head}
    tail: JSON = {"usage": None} if options.get("include_usage") else {}
    noise = context.serial.child("obfuscation") if options.get("include_obfuscation") else None
    for choice in sse.interleaved(_deltas(encoding, choice) for choice in completion["choices"]):
        padding = {"obfuscation": noise.alphanumeric(noise.integer(4, 16))} if noise else {}
        yield sse.event({**head, "choices": [choice], **tail, **padding})
    if "moderation" in completion:
        yield sse.event({**head, "choices": [], "moderation": completion["moderation"], **tail})
    if tail:
        yield sse.event({**head, "choices": [], "usage": completion["usage"]})


def _deltas(encoding: Encoding, choice: JSON) -> Iterator[JSON]:
    """The chunks' choices of one finished choice."""
    message, scores = choice["message"], choice["logprobs"]

    def chunk(delta: JSON, logprobs: JSON | None = None) -> JSON:
        return {"index": choice["index"], "delta": delta, "logprobs": logprobs, "finish_reason": None}

    calls = message.get("tool_calls") or []
    yield chunk(_opening(message, calls))
    for name in ("content", "refusal"):
        for piece, entries in scored_pieces(encoding, message[name], (scores or {}).get(name)):
            yield chunk({name: piece}, {"content": None, "refusal": None, name: entries} if entries else None)
    for delta in (
        *_tool_deltas(encoding, message, calls),
        *_function_deltas(encoding, message),
        *_audio_deltas(encoding, message),
    ):
        yield chunk(delta)
    yield {**chunk({}), "finish_reason": choice["finish_reason"]}


def _opening(message: JSON, calls: list[JSON]) -> JSON:
    """The first delta of a choice: the role, and how the content begins."""
    role = {"role": "assistant"}
    if "function_call" in message:
        return {
            **role,
            "content": None,
            "function_call": {**message["function_call"], "arguments": ""},
            "refusal": None,
        }
    if _opens_at_once(message, calls):
        return {**role, "content": None, "tool_calls": [_opened(0, calls[0])], "refusal": None}
    if message["refusal"] is not None:
        return {**role, "content": None, "refusal": ""}
    return {**role, "content": None if calls and message["content"] is None else "", "refusal": None}


def _opens_at_once(message: JSON, calls: list[JSON]) -> bool:
    """Whether the first chunk opens the tool call: if there is one, and nothing else is said."""
    return len(calls) == 1 and message["content"] is None


def _opened(index: int, call: JSON) -> JSON:
    """A tool call's first delta: id, type and name, with nothing in it yet."""
    kind = call["type"]
    return {"index": index, "id": call["id"], "type": kind, kind: {"name": call[kind]["name"], _text_key(kind): ""}}


def _text_key(kind: str) -> str:
    return "input" if kind == "custom" else "arguments"


def _tool_deltas(encoding: Encoding, message: JSON, calls: list[JSON]) -> Iterator[JSON]:
    for index, call in enumerate(calls):
        kind, key = call["type"], _text_key(call["type"])
        if not _opens_at_once(message, calls):
            yield {"tool_calls": [_opened(index, call)]}
        for piece in tokens.stream_pieces(encoding, call[kind][key]):
            yield {"tool_calls": [{"index": index, kind: {key: piece}}]}


def _function_deltas(encoding: Encoding, message: JSON) -> Iterator[JSON]:
    arguments = message.get("function_call", {}).get("arguments", "")
    return ({"function_call": {"arguments": piece}} for piece in tokens.stream_pieces(encoding, arguments))


def _audio_deltas(encoding: Encoding, message: JSON) -> Iterator[JSON]:
    """Transcript by token, then the sound in pieces, then how long it is kept."""
    audio = message.get("audio")
    if not audio:
        return
    for piece in tokens.stream_pieces(encoding, audio["transcript"]):
        yield {"audio": {"id": audio["id"], "transcript": piece}}
    data = base64.b64decode(audio["data"])
    for start in range(0, len(data), _AUDIO_BYTES):
        yield {"audio": {"id": audio["id"], "data": base64.b64encode(data[start : start + _AUDIO_BYTES]).decode()}}
    yield {"audio": {"id": audio["id"], "expires_at": audio["expires_at"]}}
