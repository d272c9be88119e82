"""The session object: its defaults, what an update changes, and what of it a response is made with.

Defaults are those of the SDK's docstrings (openai/types/realtime/realtime_session_create_request.py and below it) and
of `session.created` in OpenAI's API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors
from pytest_mockopenai.core.bounds import Length, Range, check_bounds
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.tools import named_tool
from pytest_mockopenai.endpoints.realtime.audio import PCM

LIFETIME = 3600  # seconds that the API keeps a session open

_INSTRUCTIONS = (
    "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. Act like a human, but remember that "
    "you aren't a human and that you can't do human things in the real world. Your voice and personality should be "
    "warm and engaging, with a lively and playful tone."
)
_DETECTION: Mapping[str, Mapping[str, Any]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True},
}
_OBJECTS = {"realtime": "realtime.session", "transcription": "realtime.transcription_session"}


def fresh(kind: str, id_: str, model: str, now: int) -> JSON:
    """The session as it is before anything is changed; `kind` is `realtime` or `transcription`."""
    hearing: JSON = {
        "format": dict(PCM),
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": dict(_DETECTION["server_vad"]),
    }
    named = {"type": kind, "object": _OBJECTS[kind], "id": id_}
    if kind == "transcription":
        return {**named, "expires_at": now + LIFETIME, "audio": {"input": hearing}, "include": None}
    return {
        **named,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": _INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": now + LIFETIME,
        "audio": {
            "input": hearing,
            "output": {"format": dict(PCM), "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def merged(session: JSON, change: Mapping[str, Any]) -> JSON:
    """The session with what the change names; what it does not name stays. Null clears what may be null."""
    result = dict(session)
    for name, value in change.items():
        known = session.get(name)
        if name == "turn_detection" and value:
            result[name] = _detection(known, value)
        elif name == "tools":
            result[name] = [{"type": "function", **tool} for tool in value or ()]
        elif isinstance(value, Mapping) and isinstance(known, Mapping) and name in _NESTED:
            result[name] = merged(dict(known), value)
        elif value is not None or known is None or name in _CLEARED:
            result[name] = value
    return result


_NESTED = frozenset({"audio", "input", "output"})
_CLEARED = frozenset({"transcription", "noise_reduction", "turn_detection", "tracing", "prompt", "include", "metadata"})


def _detection(known: Mapping[str, Any] | None, change: Mapping[str, Any]) -> JSON:
    kind = change.get("type") or (known or {}).get("type") or "server_vad"
    base = known if known and known["type"] == kind else _DETECTION[kind]
    return {**base, **change, "type": kind}


# --- what is refused --------------------------------------------------------------------------------------------------

_BOUNDS: Mapping[str, Range | Length] = {
    "max_output_tokens": Range(1, 4096),
    "audio.output.speed": Range(0.25, 1.5),
    "audio.input.turn_detection.threshold": Range(0.0, 1.0),
    "audio.input.turn_detection.prefix_padding_ms": Range(0, None),
    "audio.input.turn_detection.silence_duration_ms": Range(0, None),
    "audio.input.turn_detection.idle_timeout_ms": Range(5000, 30_000),
    "tools": Length(0, 128),
    "tools[].name": checks.NAME_LENGTH,
    **checks.METADATA_BOUNDS,
}


def check(change: Mapping[str, Any], path: str) -> None:
    """Refuse values that no session or response takes; `path` is what holds them, such as `session`. Raises Refused."""
    problem = check_bounds({f"{path}.{name}": bound for name, bound in _BOUNDS.items()}, {path: change})
    if problem:
        raise Refused(problem)
    _check_modalities(change.get("output_modalities"), f"{path}.output_modalities")
    for place, tool in enumerate(change.get("tools") or ()):
        _check_tool(tool, f"{path}.tools[{place}]")


def _check_modalities(modalities: list[str] | None, path: str) -> None:
    if modalities is not None and len(set(modalities)) != 1:
        raise Refused(
            errors.invalid(
                f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio'].",
                param=path,
                code="invalid_value",
            )
        )


def _check_tool(tool: Mapping[str, Any], path: str) -> None:
    if tool.get("type", "function") != "function":
        return
    if "name" not in tool:
        raise Refused(errors.missing_parameter(f"{path}.name"))
    checks.function_schema(tool, path)


def check_choice(settings: Mapping[str, Any], path: str) -> None:
    """Refuse a choice of a tool that there is not."""
    name = named_tool(settings)
    if name is not None and all(tool.get("name") != name for tool in settings.get("tools") or ()):
        raise Refused(
            errors.invalid(
                f"Invalid value for 'tool_choice': tool '{name}' not found in 'tools' parameter.",
                param=f"{path}.tool_choice",
            )
        )


def check_update(session: Mapping[str, Any], change: Mapping[str, Any], *, has_spoken: bool) -> None:
    """Refuse to change what stays: the session's type and model, and the voice once it has been heard."""
    kind = change.get("type", session["type"])
    if kind != session["type"]:
        wanted, given = session["type"], kind
        raise Refused(_cannot(f"Passing a {given} session update event to a {wanted} session is not allowed.", "type"))
    if change.get("model") not in (None, session.get("model")):
        raise Refused(_cannot("Cannot update a session's model: open another one.", "model"))
    voice = ((change.get("audio") or {}).get("output") or {}).get("voice")
    if has_spoken and voice not in (None, session["audio"]["output"]["voice"]):
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise Refused(errors.invalid(message, param="session.audio.output.voice", code="cannot_update_voice"))


def _cannot(message: str, name: str) -> Error:
    return errors.invalid(message, param=f"session.{name}", code="invalid_value")


# --- a response -------------------------------------------------------------------------------------------------------

_OF_SESSION = ("model", "instructions", "output_modalities", "tools", "tool_choice", "max_output_tokens")
_IF_GIVEN = ("parallel_tool_calls", "reasoning", "prompt", "metadata")


def settings(session: JSON, overrides: Mapping[str, Any]) -> JSON:
    """What a response is made with: the session's settings, and for this once those of `response.create`."""
    base = {name: session[name] for name in _OF_SESSION}
    given = {name: value for name in _IF_GIVEN if (value := overrides.get(name, session.get(name))) is not None}
    changed = merged(base, {name: value for name, value in overrides.items() if name in base})
    spoken = (overrides.get("audio") or {}).get("output") or {}
    audio = {
        "input": {"format": session["audio"]["input"]["format"]},
        "output": merged(session["audio"]["output"], {name: spoken.get(name) for name in ("format", "voice")}),
    }
    conversation = overrides.get("conversation") or "auto"
    return {**changed, "audio": audio, **given, "conversation": conversation}
