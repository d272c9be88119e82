"""The form of a connection's events: the mock thinks in the GA form, and a `Wire` translates at the edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_mockopenai.core.endpoint import JSON

_TYPES = "openai.types.realtime."
SESSION = _TYPES + "realtime_session_create_request_param:RealtimeSessionCreateRequestParam"
TRANSCRIPTION = (
    _TYPES + "realtime_transcription_session_create_request_param:RealtimeTranscriptionSessionCreateRequestParam"
)
_RESPONSE = _TYPES + "realtime_response_create_params_param:RealtimeResponseCreateParamsParam"

EVENTS = (
    *("session.update", "response.create", "response.cancel"),
    *("conversation.item.create", "conversation.item.retrieve", "conversation.item.delete"),
    *("conversation.item.truncate", "input_audio_buffer.append", "input_audio_buffer.commit"),
    *("input_audio_buffer.clear", "output_audio_buffer.clear"),
)
"""The events that a client sends, in both forms (openai/types/realtime/realtime_client_event_param.py)."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A form of the events.

    `params`: the SDK's type of each client event. `inner`: what in a client event is checked once more by itself, since
    names below the top level are otherwise not: its key and type. `understood` turns a checked client event into the GA
    form; `event` and `response` turn the GA form into this one, an event that this form does not have into None.
    """

    params: Mapping[str, str]
    inner: Callable[[JSON], tuple[str, str] | None]
    understood: Callable[[JSON], JSON]
    event: Callable[[JSON], JSON | None]
    response: Callable[[JSON], JSON]


def params_of(types: str) -> dict[str, str]:
    """The SDK's types of the client events by their names: that of `session.update` is `SessionUpdateEventParam`."""
    found = {}
    for name in EVENTS:
        snake = name.replace(".", "_")
        camel = "".join(word.capitalize() for word in snake.split("_"))
        found[name] = f"{types}{snake}_event_param:{camel}EventParam"
    return found


def _inner(event: JSON) -> tuple[str, str] | None:
    if event["type"] == "session.update":
        return "session", session_params(event["session"])
    return ("response", _RESPONSE) if event["type"] == "response.create" else None


def session_params(session: Mapping[str, object]) -> str:
    """The SDK's type of a session in the GA form."""
    return TRANSCRIPTION if session.get("type") == "transcription" else SESSION


def _same(value: JSON) -> JSON:
    return value


GA = Wire(params=params_of(_TYPES), inner=_inner, understood=_same, event=_same, response=_same)
