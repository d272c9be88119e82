"""The beta form of events (openai/types/beta/realtime), translated into the GA form and out of it.

The beta has a flat session, `modalities` that hold text beside audio, other names for text and audio, and one event
where the GA form says that an item was added and that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.endpoints.realtime.wire import Wire, params_of

_TYPES = "openai.types.beta.realtime."
_SESSION = _TYPES + "session_update_event_param:Session"
_RESPONSE = _TYPES + "response_create_event_param:Response"

_FORMATS: Mapping[str, JSON] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_FORMAT_NAMES = {described["type"]: name for name, described in _FORMATS.items()}
_TEMPERATURE = 0.8  # the beta's default; GA has none

_PLACES: Mapping[str, tuple[str, ...]] = {
    "input_audio_format": ("audio", "input", "format"),
    "input_audio_transcription": ("audio", "input", "transcription"),
    "input_audio_noise_reduction": ("audio", "input", "noise_reduction"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "output_audio_format": ("audio", "output", "format"),
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
    "max_response_output_tokens": ("max_output_tokens",),
    "modalities": ("output_modalities",),
}
"""Where the GA form has what the beta form calls so; all else has the same name."""

_GA_PARTS = {"text": "output_text", "audio": "output_audio"}
_BETA_PARTS = {new: old for old, new in _GA_PARTS.items()}
_DROPPED = frozenset({"client_secret", "temperature"})


# --- into the GA form -------------------------------------------------------------------------------------------------


def understood(event: JSON) -> JSON:
    """A client event of the beta in the GA form."""
    if event["type"] == "session.update":
        return {**event, "session": settings(event["session"])}
    if event["type"] == "response.create" and event.get("response"):
        return {**event, "response": _overrides(event["response"])}
    if event["type"] == "conversation.item.create":
        return {**event, "item": _ga_item(event["item"])}
    return event


def settings(flat: Mapping[str, Any]) -> JSON:
    """The flat settings of a session or response, where the GA form has them."""
    nested: JSON = {}
    for name, value in flat.items():
        if name not in _DROPPED:
            *outer, last = _PLACES.get(name, (name,))
            holder = nested
            for step in outer:
                holder = holder.setdefault(step, {})
            holder[last] = _ga_value(name, value)
    return nested


def _ga_value(name: str, value: Any) -> Any:
    if name in ("input_audio_format", "output_audio_format") and value is not None:
        return dict(_FORMATS[value])
    if name == "modalities" and value is not None:
        return ["audio"] if "audio" in value else ["text"]
    if name == "tool_choice" and isinstance(value, str) and value not in ("auto", "none", "required"):
        return {"type": "function", "name": value}
    return value


def _overrides(response: JSON) -> JSON:
    nested = settings(response)
    if nested.get("input") is not None:
        nested["input"] = [_ga_item(item) for item in nested["input"]]
    return nested


def _ga_item(item: JSON) -> JSON:
    return _with_parts(item, _GA_PARTS) if item.get("role") == "assistant" else item


def _with_parts(item: JSON, names: Mapping[str, str]) -> JSON:
    if not item.get("content"):
        return item
    return {**item, "content": [_renamed(part, names) for part in item["content"]]}


def _renamed(part: JSON, names: Mapping[str, str]) -> JSON:
    kind = names.get(part.get("type", ""))
    return {**part, "type": kind} if kind else part


# --- out of the GA form -----------------------------------------------------------------------------------------------

_RENAMED = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "conversation.item.added": "conversation.item.created",
}


def event(ga: JSON) -> JSON | None:
    """An event of the GA form in the beta form; None where the beta has no such event."""
    if ga["type"] == "conversation.item.done":
        return None
    written = {**ga, "type": _RENAMED.get(ga["type"], ga["type"])}
    if "response" in written:
        written["response"] = response(written["response"])
    if "item" in written:
        written["item"] = _with_parts(written["item"], _BETA_PARTS)
    if "session" in written:
        written["session"] = session(written["session"])
    return written


def session(ga: Mapping[str, Any]) -> JSON:
    """A session in the flat form."""
    speaking = ga["audio"]["output"]
    return {
        "id": ga["id"],
        "object": ga["object"],
        "expires_at": ga["expires_at"],
        **{name: ga[name] for name in ("model", "instructions", "tools", "tool_choice", "tracing")},
        "modalities": _modalities(ga["output_modalities"]),
        "voice": speaking["voice"],
        "speed": speaking["speed"],
        "output_audio_format": _FORMAT_NAMES[speaking["format"]["type"]],
        **hearing(ga),
        "temperature": _TEMPERATURE,
        "max_response_output_tokens": ga["max_output_tokens"],
    }


def hearing(ga: Mapping[str, Any]) -> JSON:
    """What a session says of the user's sound, in the flat form."""
    heard = ga["audio"]["input"]
    return {
        "input_audio_format": _FORMAT_NAMES[heard["format"]["type"]],
        "input_audio_transcription": heard["transcription"],
        "input_audio_noise_reduction": heard["noise_reduction"],
        "turn_detection": heard["turn_detection"],
    }


def response(ga: JSON) -> JSON:
    """A response in the beta form."""
    same = {name: value for name, value in ga.items() if name not in ("audio", "output_modalities")}
    written = {**same, "output": [_with_parts(item, _BETA_PARTS) for item in ga["output"]]}
    if "audio" not in ga:  # a failed one
        return written
    speaking = ga["audio"]["output"]
    return {
        **written,
        "modalities": _modalities(ga["output_modalities"]),
        "voice": speaking["voice"],
        "output_audio_format": _FORMAT_NAMES[speaking["format"]["type"]],
        "temperature": _TEMPERATURE,
    }


def _modalities(ga: list[str]) -> list[str]:
    return ["audio", "text"] if "audio" in ga else ["text"]


def _inner(event_: JSON) -> tuple[str, str] | None:
    found = {"session.update": ("session", _SESSION), "response.create": ("response", _RESPONSE)}
    return found.get(event_["type"])


BETA = Wire(params=params_of(_TYPES), inner=_inner, understood=understood, event=event, response=response)
