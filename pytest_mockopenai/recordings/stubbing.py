"""Recordings as the rules of a stubs file: who is asked what, and the words that answer it."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core import jsontext, words
from pytest_mockopenai.core.answer import BUILT_IN_TOOLS
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.wire import Cut, Send
from pytest_mockopenai.core.word import BadWord, plain
from pytest_mockopenai.recordings import reading
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply

JSON = dict[str, Any]

_LONGEST = 200  # characters of a message that a rule asks for
_LEAST = 0.02  # seconds that are worth telling


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a rule tells calls apart by."""

    endpoint: str
    model: str
    contains: str
    turn: int


def stubs_of(
    interactions: Iterable[Interaction], inquire: Callable[[Interaction], Inquiry], *, timing: bool = False
) -> tuple[JSON, list[str]]:
    """The values of a stubs file, and the calls that no word answers. With `timing` replies take as long as they took.

    Calls that a rule cannot tell apart share one: their replies follow each other, and the last one stands.
    """
    replies: dict[_Asked, list[Any]] = {}
    left_out = []
    for interaction in interactions:
        inquiry = inquire(interaction)
        word = _word(inquiry.endpoint, interaction.reply, timing=timing)
        if word is None:
            left_out.append(f"{interaction.request.method} {interaction.request.path}")
        else:
            replies.setdefault(_asked(inquiry), []).append(word)
    turns: dict[tuple[str, str, str], set[int]] = {}
    for asked in replies:
        turns.setdefault((asked.endpoint, asked.model, asked.contains), set()).add(asked.turn)
    listed = sorted(replies.items(), key=lambda pair: -len(pair[0].contains))  # what holds another text comes before it
    rules = [
        {"when": _when(asked, tells_turn=len(turns[asked.endpoint, asked.model, asked.contains]) > 1), **_answers(said)}
        for asked, said in listed
    ]
    return {"rules": rules}, left_out


def _asked(inquiry: Inquiry) -> _Asked:
    return _Asked(inquiry.endpoint, inquiry.model, inquiry.last_message[:_LONGEST], inquiry.turn)


def _when(asked: _Asked, *, tells_turn: bool) -> JSON:
    told = {"endpoint": asked.endpoint, "model": asked.model, "contains": asked.contains}
    turn = {"turn": asked.turn} if tells_turn else {}
    return {**{name: value for name, value in told.items() if value}, **turn}


def _answers(said: Sequence[Any]) -> JSON:
    if all(word == said[0] for word in said):
        return {"always": said[0]}
    return {"reply": list(said[:-1]), "always": said[-1]}


# --- words ------------------------------------------------------------------------------------------------------------


def _word(endpoint: str, reply: RecordedReply, *, timing: bool) -> Any:
    """What answers like this, as a stubs file has it; None if no word does."""
    parts = _said(endpoint, reply)
    if parts is None:
        return None
    parts = {**parts, **_fault(reply), **(_slow(reply) if timing else {})}
    return _shortest(parts)


def _shortest(parts: JSON) -> Any:
    """A text that is nothing but said is written as it is, unless it would be read as a word."""
    if list(parts) != ["says"] or not isinstance(parts["says"], str):
        return parts
    try:
        return parts["says"] if plain(parts["says"]) == words.says(parts["says"]) else parts
    except BadWord:
        return parts


def _said(endpoint: str, reply: RecordedReply) -> JSON | None:
    if reply.broken and not reply.status:
        return {}
    response = reading.response_of(reply)
    if reply.status >= 400:
        return _error(reply, response)
    say = _ENDPOINTS.get(endpoint)
    if say is None or not isinstance(response, Mapping):
        return {} if say is not None and reply.broken else None
    return say(response)


def _error(reply: RecordedReply, response: Any) -> JSON:
    told = response.get("error") if isinstance(response, Mapping) else None
    found = told if isinstance(told, Mapping) else {}
    kept = {name: found[name] for name in ("message", "type", "param", "code") if isinstance(found.get(name), str)}
    wait = dict(reply.headers).get("retry-after", "")
    return {"error": {"status": reply.status, **kept, **({"retry_after": int(wait)} if wait.isdecimal() else {})}}


def _chat(response: Mapping[str, Any]) -> JSON:
    choice = _first(response.get("choices"))
    message = choice.get("message") or {}
    details = (response.get("usage") or {}).get("completion_tokens_details") or {}
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, Mapping)]
    return {
        **({"thinks": {"tokens": details["reasoning_tokens"]}} if details.get("reasoning_tokens") else {}),
        **_text(message.get("content"), choice.get("finish_reason"), refusal=message.get("refusal")),
        **_calls([_function(call.get("function") or {}) for call in calls if call.get("type") != "custom"]),
        **_listed(
            "custom_tool_call", [_custom(call.get("custom") or {}) for call in calls if call.get("type") == "custom"]
        ),
    }


def _completion(response: Mapping[str, Any]) -> JSON:
    choice = _first(response.get("choices"))
    return _text(choice.get("text"), choice.get("finish_reason"))


def _responses(response: Mapping[str, Any]) -> JSON:
    items = [item for item in response.get("output") or () if isinstance(item, Mapping)]
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        by_type.setdefault(str(item.get("type")), []).append(item)
    parts = [part for item in by_type.get("message", ()) for part in item.get("content") or ()]
    texts = [str(part.get("text", "")) for part in parts if part.get("type") == "output_text"]
    refusals = [str(part.get("refusal", "")) for part in parts if part.get("type") == "refusal"]
    cut = {"max_output_tokens": "length", "content_filter": "content_filter"}
    reason = cut.get((response.get("incomplete_details") or {}).get("reason", ""))
    failure = response.get("error") if response.get("status") == "failed" else None
    return {
        **_listed("built_in_call", [_built_in(item) for item in items if _tool(item)]),
        **_thought(response, by_type.get("reasoning", [])),
        **_text("".join(texts) if texts else None, reason, refusal="".join(refusals) if refusals else None),
        **_calls([_function(item) for item in by_type.get("function_call", ())]),
        **_listed("custom_tool_call", [_custom(item) for item in by_type.get("custom_tool_call", ())]),
        **({"fails": {"message": failure.get("message"), "code": failure.get("code")}} if failure else {}),
    }


def _thought(response: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> JSON:
    details = (response.get("usage") or {}).get("output_tokens_details") or {}
    summary = " ".join(str(part.get("text", "")) for item in items for part in item.get("summary") or ())
    told = {
        **({"text": summary} if summary else {}),
        **({"tokens": details["reasoning_tokens"]} if details.get("reasoning_tokens") else {}),
    }
    return {"thinks": told} if told else {}


def _tool(item: Mapping[str, Any]) -> str | None:
    """The tool of OpenAI's own that an item is a use of."""
    name = str(item.get("type")).removesuffix("_call")
    return name if name in BUILT_IN_TOOLS and name != "mcp_approval" else None


def _built_in(item: Mapping[str, Any]) -> JSON:
    kept = {name: value for name, value in item.items() if name not in ("id", "type", "status") and value is not None}
    return {"tool": _tool(item), **kept}


def _text(text: Any, finish_reason: Any, *, refusal: Any = None) -> JSON:
    if isinstance(refusal, str):
        return {"refuses": refusal}
    if not isinstance(text, str):
        return {}
    return {"says": {"text": text, "finish_reason": finish_reason} if finish_reason in _UNUSUAL else text}


_UNUSUAL = ("length", "content_filter")


def _calls(calls: Sequence[tuple[str, Any]]) -> JSON:
    """Calls of functions: arguments as a mapping, or as text where they are none."""
    named = [name for name, _ in calls]
    if not calls:
        return {}
    if any(not isinstance(given, Mapping) or {"name", "times"} & given.keys() for _, given in calls):
        texts = [given if isinstance(given, str) else jsontext.text(given) for _, given in calls]
        pairs = zip(named, texts, strict=True)
        return _listed("raw_tool_call", [{"name": name, "arguments": text} for name, text in pairs])
    return _listed("tool_call", [{"name": name, **given} for name, given in calls])


def _function(call: Mapping[str, Any]) -> tuple[str, Any]:
    text = str(call.get("arguments", ""))
    try:
        return str(call.get("name", "")), jsontext.loads(text)
    except jsontext.BadJSON:
        return str(call.get("name", "")), text


def _custom(call: Mapping[str, Any]) -> JSON:
    return {"name": str(call.get("name", "")), "input": str(call.get("input", ""))}


def _listed(name: str, values: Sequence[JSON]) -> JSON:
    """One value as it is, several as a list: parallel calls."""
    return {name: values[0] if len(values) == 1 else list(values)} if values else {}


def _embeddings(response: Mapping[str, Any]) -> JSON | None:
    vectors = [_vector(item.get("embedding")) for item in response.get("data") or () if isinstance(item, Mapping)]
    if not vectors or any(vector is None for vector in vectors):
        return None
    return {"embeds": vectors[0] if len(vectors) == 1 else vectors}


def _vector(value: Any) -> list[float] | None:
    if isinstance(value, list):
        return value
    try:
        data = base64.b64decode(value, validate=True)
        return [round(number, 7) for number in struct.unpack(f"<{len(data) // 4}f", data)]
    except (binascii.Error, TypeError, ValueError, struct.error):
        return None


def _moderation(response: Mapping[str, Any]) -> JSON | None:
    result = _first(response.get("results"))
    scores, flagged = result.get("category_scores"), result.get("categories")
    if not isinstance(scores, Mapping) or not isinstance(flagged, Mapping):
        return None
    return {"flags": {re.sub(r"\W", "_", name): scores.get(name, True) for name, said in flagged.items() if said}}


def _transcript(response: Mapping[str, Any]) -> JSON | None:
    return {"says": response["text"]} if isinstance(response.get("text"), str) else None


def _first(items: Any) -> Mapping[str, Any]:
    found = items[0] if isinstance(items, list) and items else {}
    return found if isinstance(found, Mapping) else {}


_ENDPOINTS: Mapping[str, Callable[[Mapping[str, Any]], JSON | None]] = {
    "chat.completions": _chat,
    "completions": _completion,
    "responses": _responses,
    "embeddings": _embeddings,
    "moderations": _moderation,
    "audio.transcriptions": _transcript,
    "audio.translations": _transcript,
}


# --- timing and faults ------------------------------------------------------------------------------------------------


def _fault(reply: RecordedReply) -> JSON:
    cut = next((step for step in reply.steps if isinstance(step, Cut)), None)
    if cut is None:
        return {}
    if not reply.streamed and reply.status:
        is_there = cut.how == "close" and reading.response_of(reply) is not None
        return {"short_body" if is_there else _HOWS.get(cut.how, "cut"): {}}
    return {_HOWS.get(cut.how, "cut"): {"after": sum(isinstance(step, Send) for step in reply.steps)}}


_HOWS = {"reset": "reset", "stall": "stall"}


def _slow(reply: RecordedReply) -> JSON:
    waits = [step.after for step in reply.steps if isinstance(step, Send)]
    first, rest = (waits[0], waits[1:]) if waits else (0.0, [])
    each = round(sum(rest) / len(rest), 3) if rest else 0.0
    if max(first, each) < _LEAST:
        return {}
    return {"slow": {"first": round(first, 3), **({"each": each} if each else {})}}
