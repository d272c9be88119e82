"""Whatever a client sends, however wrong, is answered: nothing raises, and every answer is of the SDK's types.

Most of what is drawn is nearly right, so that more is reached than the checks of types.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("openai.types.realtime")
from pytest_mockopenai.endpoints.realtime.wire import GA
from tests.endpoints.conftest import Api
from tests.endpoints.talking import BETA, talking

MODEL = "/v1/realtime?model=gpt-4o-realtime-preview"  # the only kind that all versions of the beta type have
Strategy = st.SearchStrategy[Any]

NAMES = st.sampled_from(["type", "role", "content", "id", "name", "text", "audio", "input", "format", "tools", "speed"])
NONSENSE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 5000), st.floats(0, 2), st.text(max_size=3), NAMES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


def near(*right: Any) -> Strategy:
    """One of these values, or as often as not drawn from these strategies; sometimes nonsense."""
    sound = st.one_of(*(each if isinstance(each, st.SearchStrategy) else st.just(each) for each in right))
    return st.one_of(sound, sound, sound, NONSENSE)


def some(**fields: Strategy) -> Strategy:
    """An object with some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


IDS = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from
WORDS = st.text(max_size=3)
SCHEMA = {"type": "object", "properties": {}}
SOUND = st.sampled_from([bytes(9600), bytes([0, 16]) * 4800, bytes(3), b""]).map(
    lambda data: base64.b64encode(data).decode()
)
PART = some(
    type=KINDS(["input_text", "input_audio", "input_image", "output_text", "output_audio", "text", "audio"]),
    text=near(WORDS),
    audio=near(SOUND),
    transcript=near(WORDS),
    image_url=near("data:image/png;base64,AAAA"),
)
ITEM = some(
    type=KINDS(["message", "function_call", "function_call_output", "mcp_call", "item_reference"]),
    role=KINDS(["user", "assistant", "system"]),
    content=near(st.lists(PART, max_size=2)),
    name=near(WORDS),
    arguments=near(WORDS),
    call_id=near("c"),
    output=near(WORDS),
    id=near(IDS),
)
TOOL = some(type=near("function"), name=near("f"), parameters=near(SCHEMA))
DETECTION = some(
    type=KINDS(["server_vad", "semantic_vad"]),
    threshold=near(st.floats(0, 1)),
    silence_duration_ms=near(st.integers(0, 900)),
    prefix_padding_ms=near(st.integers(0, 900)),
    create_response=near(st.booleans()),
    interrupt_response=near(st.booleans()),
)
FORMAT = some(type=KINDS(["audio/pcm", "audio/pcmu", "audio/pcma"]), rate=near(24_000))
SPEAKING = some(format=near(FORMAT), voice=near("ash"), speed=near(st.floats(0.3, 1.4)))
HEARING = some(
    format=near(FORMAT),
    transcription=near(some(model=near("whisper-1", "gpt-4o-transcribe"))),
    turn_detection=near(DETECTION, None),
)
BOTH = {
    "instructions": near(WORDS),
    "tools": near(st.lists(TOOL, max_size=2)),
    "tool_choice": near("auto", "required", "f", some(type=near("function"), name=near("f"))),
    "output_modalities": near(["text"], ["audio"]),
    "max_output_tokens": near("inf", 1, 50),
    "reasoning": near(some(effort=near("low"))),
}
SESSION = st.fixed_dictionaries(
    {"type": KINDS(["realtime", "realtime", "transcription"])},
    optional={**BOTH, "audio": near(some(input=near(HEARING), output=near(SPEAKING)))},
)
RESPONSE = some(
    **BOTH,
    conversation=near("none", "auto"),
    input=near(st.lists(ITEM, max_size=2)),
    metadata=near(st.dictionaries(WORDS, WORDS, max_size=2)),
    audio=near(some(output=near(SPEAKING))),
)
FLAT = some(
    modalities=near(["text"], ["audio", "text"], []),
    voice=near("ash"),
    input_audio_format=near("pcm16", "g711_ulaw"),
    output_audio_format=near("pcm16", "g711_alaw"),
    input_audio_transcription=near(some(model=near("whisper-1"))),
    turn_detection=near(DETECTION),
    tools=near(st.lists(TOOL, max_size=2)),
    tool_choice=near("auto", "f", "required"),
    max_response_output_tokens=near("inf", 5),
    temperature=near(0.7),
)


def event(*kinds: str, **fields: Strategy) -> Strategy:
    return st.builds(lambda kind, given: {**given, "type": kind}, KINDS(kinds), st.fixed_dictionaries(fields))


EVENTS = st.one_of(
    event("session.update", session=st.one_of(SESSION, FLAT)),
    event("response.create", response=st.one_of(RESPONSE, FLAT)),
    event("conversation.item.create", item=ITEM),
    event("conversation.item.create", item=ITEM, previous_item_id=near(None, IDS, "root")),
    event("conversation.item.retrieve", "conversation.item.delete", item_id=near(IDS)),
    event(
        "conversation.item.truncate", item_id=IDS, content_index=st.integers(-1, 1), audio_end_ms=st.integers(-1, 200)
    ),
    event("input_audio_buffer.append", audio=near(SOUND)),
    event("input_audio_buffer.commit", "input_audio_buffer.clear", "response.cancel", "response.create"),
    event(*GA.params, "nonsense", session=NONSENSE, item=NONSENSE, response=NONSENSE),
    event(*GA.params, event_id=NONSENSE),
)


@pytest.mark.parametrize("beta", [False, True])
@given(events=st.lists(EVENTS, max_size=8), read=st.integers(0, 9))
def test_whatever_is_sent_is_answered(beta: bool, events: list[Any], read: int) -> None:
    api = Api()
    conversing = talking(api, MODEL, *([BETA] if beta else []))
    for each in events:
        conversing.dialogue.receive(json.dumps(each))
        conversing.take(read or None)
    conversing.take()
    assert [problem for problem in api.app.problems if "cannot make up" not in problem] == []
