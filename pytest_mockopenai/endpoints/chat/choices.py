"""One choice of a chat completion: the answer cut at stop sequences and token limits, with its log probabilities."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from pytest_mockopenai import tokens
from pytest_mockopenai.core import sound, stopping
from pytest_mockopenai.core.answer import Answer, FinishReason, ToolCall
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.tools import named_tool
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.rendering.cutting import limited
from pytest_mockopenai.rendering.logprobs import entries
from pytest_mockopenai.tokens import Encoding, Tokenizer
from pytest_mockopenai.tokens.audio import output_tokens

_AUDIO_LIFETIME = 3600  # seconds that the API keeps generated audio for the next turn


@dataclass(frozen=True, slots=True)
class Choice:
    """A finished choice: its JSON, its part of the usage, and the seconds of speech in it."""

    object: JSON
    usage: Usage


def choice_of(context: Context, answer: Answer, index: int) -> Choice:
    """The choice number `index` that says this answer."""
    counter = tokens.tokenizer(context.model, context.models.encodings)
    stopped = _stopped(answer, context.body.get("stop"))
    fitting = limited(stopped, counter, _limit(context))
    said, reasoning, cut = fitting.answer, fitting.reasoning_tokens, fitting.cut
    serial = context.serial.child(f"choice {index}")
    message = _message(context, said, serial)
    choice = {
        "index": index,
        "message": message,
        "logprobs": _logprobs(context, counter.encoding, said, context.draw.child(f"logprobs {index}")),
        "finish_reason": said.finish_reason or ("length" if cut else _natural_finish(context, said)),
    }
    return Choice(choice, _usage(context, counter, message, reasoning, cut))


# --- cutting ----------------------------------------------------------------------------------------------------------


def _stopped(answer: Answer, stop: str | list[str] | None) -> Answer:
    """The answer up to the first stop sequence, which is not part of it."""
    return answer if answer.text is None or not stop else replace(answer, text=stopping.until(answer.text, stop))


def _limit(context: Context) -> int | None:
    limit: int | None = context.body.get("max_completion_tokens") or context.body.get("max_tokens")
    return limit


def _natural_finish(context: Context, answer: Answer) -> FinishReason:
    if not answer.tool_calls:
        return "stop"
    if context.body.get("functions"):
        return "function_call"
    return "stop" if named_tool(context.body) else "tool_calls"  # a forced call ends with `stop`


def _logprobs(context: Context, encoding: Encoding, answer: Answer, draw: Draw) -> JSON | None:
    """The `logprobs` of a choice, or None if the request does not ask for them."""
    if not context.body.get("logprobs"):
        return None
    top = context.body.get("top_logprobs") or 0
    return {
        "content": entries(encoding, answer.text, top, draw) if answer.text is not None else None,
        "refusal": entries(encoding, answer.refusal, top, draw) if answer.refusal is not None else None,
    }


# --- the message ------------------------------------------------------------------------------------------------------


def _message(context: Context, answer: Answer, serial: Draw) -> JSON:
    message: JSON = {
        "role": "assistant",
        "content": answer.text,
        "refusal": answer.refusal,
        "annotations": [],
    }
    if answer.tool_calls and context.body.get("functions"):
        call = answer.tool_calls[0]
        message["function_call"] = {"name": call.name, "arguments": call.arguments}
    elif answer.tool_calls:
        message["tool_calls"] = [_tool_call(call, serial.child(place)) for place, call in enumerate(answer.tool_calls)]
    if "audio" in (context.body.get("modalities") or ()) and answer.text:
        message["audio"] = _audio(context, answer.text, serial)
        message["content"] = None
    return message


def _tool_call(call: ToolCall, serial: Draw) -> JSON:
    id_ = "call_" + serial.alphanumeric(24)
    if call.kind == "custom":
        return {"id": id_, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": id_, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _audio(context: Context, transcript: str, serial: Draw) -> JSON:
    data = sound.synthesize(sound.seconds_for(transcript), context.body["audio"]["format"])
    return {
        "id": "audio_" + serial.child("audio").hex(32),
        "data": base64.b64encode(data).decode(),
        "expires_at": context.now + _AUDIO_LIFETIME,
        "transcript": transcript,
    }


# --- counting ---------------------------------------------------------------------------------------------------------


def _usage(context: Context, counter: Tokenizer, message: JSON, reasoning: int, cut: bool) -> Usage:
    """The completion side of one choice; a cut answer has exactly the tokens of the limit."""
    limit = _limit(context)
    audio = _audio_tokens(message)
    if cut and limit is not None:
        return Usage(completion_tokens=limit, reasoning_tokens=reasoning, audio_tokens=audio)
    sent = bool(context.body.get("tools"))
    written = {**message, "content": message["audio"]["transcript"], "audio": None} if audio else message
    counted = tokens.chat_completion(written, counter, tools_sent=sent, reasoning_tokens=reasoning)
    total = counted.tokens + audio if limit is None else min(counted.tokens + audio, limit)
    return Usage(
        completion_tokens=total, reasoning_tokens=reasoning, audio_tokens=audio, completion_method=counted.method
    )


def _audio_tokens(message: JSON) -> int:
    audio = message.get("audio")
    return output_tokens(sound.seconds_for(audio["transcript"])).tokens if audio else 0
