"""The texts of a form as what the SDK's types ask for: whatever JSON it stands for, sent as a form, comes out again."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.contract import params
from pytest_mockopenai.contract.fields import typed
from pytest_mockopenai.core.forms import File

FILE = "openai.types.file_create_params:FileCreateParams"
TRANSCRIPTION = "openai.types.audio.transcription_create_params:TranscriptionCreateParams"
EDIT = "openai.types.image_edit_params:ImageEditParams"
CHAT = "openai.types.chat.completion_create_params:CompletionCreateParams"
CALL = "openai.types.realtime.call_create_params:CallCreateParams"
DATA = File("a.bin", "application/octet-stream", b"\0")


@pytest.mark.parametrize(
    ("type_", "sent", "meant"),
    [
        (FILE, {"file": DATA, "purpose": "batch"}, {"file": DATA, "purpose": "batch"}),
        (
            FILE,
            {"expires_after": {"anchor": "created_at", "seconds": "3600"}},
            {"expires_after": {"anchor": "created_at", "seconds": 3600}},
        ),
        (
            FILE,
            {"expires_after": '{"anchor": "created_at", "seconds": 3600}'},
            {"expires_after": {"anchor": "created_at", "seconds": 3600}},
        ),
        (TRANSCRIPTION, {"temperature": "0.5", "stream": "true"}, {"temperature": 0.5, "stream": True}),
        (TRANSCRIPTION, {"temperature": "1", "prompt": "[1]"}, {"temperature": 1, "prompt": "[1]"}),
        (TRANSCRIPTION, {"timestamp_granularities": ["word"]}, {"timestamp_granularities": ["word"]}),
        (TRANSCRIPTION, {"chunking_strategy": "auto"}, {"chunking_strategy": "auto"}),
        (
            TRANSCRIPTION,
            {"chunking_strategy": {"type": "server_vad", "threshold": "0.5", "silence_duration_ms": "20"}},
            {"chunking_strategy": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 20}},
        ),
        (EDIT, {"n": "2", "prompt": "2", "size": "auto"}, {"n": 2, "prompt": "2", "size": "auto"}),
        (EDIT, {"image": [DATA, DATA]}, {"image": [DATA, DATA]}),
        (CHAT, {"stop": '["a"]', "logprobs": "false"}, {"stop": '["a"]', "logprobs": False}),
        (
            CHAT,
            {
                "messages": [{"role": "user", "content": "1"}],
                "tools": [{"type": "function", "function": {"name": "1"}}],
            },
            {
                "messages": [{"role": "user", "content": "1"}],
                "tools": [{"type": "function", "function": {"name": "1"}}],
            },
        ),
        (CALL, {"sdp": "v=0", "session": '{"type": "realtime"}'}, {"sdp": "v=0", "session": {"type": "realtime"}}),
        (CHAT, {"metadata": {"a": "1"}, "unknown": "1"}, {"metadata": {"a": "1"}, "unknown": "1"}),
    ],
)
def test_texts_become_what_the_type_asks_for(type_: str, sent: dict[str, Any], meant: dict[str, Any]) -> None:
    made = typed(type_, sent)
    assert made == meant
    assert [type(value) for value in made.values()] == [type(value) for value in meant.values()]


@pytest.mark.parametrize(
    ("type_", "name", "text", "message"),
    [
        (EDIT, "n", "two", "Invalid type for 'n': expected an integer, but got a string instead."),
        (EDIT, "n", "2.5", "Invalid type for 'n': expected an integer, but got a string instead."),
        (EDIT, "n", "9" * 5000, "Invalid type for 'n': expected an integer, but got a string instead."),
        (TRANSCRIPTION, "temperature", "nan", "expected a decimal, but got a string instead."),
        (TRANSCRIPTION, "temperature", "1e999", "expected a decimal, but got a string instead."),
        (FILE, "expires_after", "[]", "expected an object, but got a string instead."),
        (FILE, "expires_after", "{", "expected an object, but got a string instead."),
    ],
)
def test_a_text_that_is_none_of_it_is_refused_as_a_text(type_: str, name: str, text: str, message: str) -> None:
    required = {"file": DATA, "image": DATA, "purpose": "batch", "model": "m", "prompt": "p"}
    body = {key: value for key, value in required.items() if key in params.names(type_)}
    error = params.check(type_, typed(type_, {**body, name: text}))
    assert error is not None
    assert error.message.endswith(message)


def test_a_file_where_a_text_is_expected() -> None:
    error = params.check(FILE, typed(FILE, {"file": DATA, "purpose": DATA}))
    assert error is not None
    assert error.message.endswith("but got a file instead.")


def test_a_type_that_the_sdk_lacks_says_nothing() -> None:
    assert typed("openai.types.none:None", {"n": "2"}) == {"n": "2"}
