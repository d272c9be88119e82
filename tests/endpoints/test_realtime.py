"""The Realtime API's session: opening it, its settings, the items of its conversation, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("openai.types.realtime")
from pytest_mockopenai.core.wire import Upgrade
from tests.endpoints.conftest import KEY, NOW, Answered, Api
from tests.endpoints.talking import HANDSHAKE, handshake, kinds, of, opened, talking, user

# --- opening ----------------------------------------------------------------------------------------------------------


def test_a_session_is_greeted_with_its_whole_settings(api: Api) -> None:
    conversing = opened(api, "/v1/realtime?model=gpt-realtime-mini")
    (created,) = conversing.take()
    session = created["session"]
    assert (created["type"], session["type"], session["object"]) == ("session.created", "realtime", "realtime.session")
    assert session["model"] == "gpt-realtime-mini"
    assert session["id"].startswith("sess_")
    assert session["expires_at"] == NOW + 3600
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert conversing.headers["sec-websocket-accept"]
    assert conversing.headers["x-request-id"].startswith("req_")


def test_the_handshake_is_a_call(api: Api) -> None:
    opened(api)
    (call,) = api.app.recorder.calls()
    assert (call.method, call.path, call.status, call.endpoint) == ("GET", "/v1/realtime", 101, "realtime")
    assert (call.model, call.ended, call.usage) == ("gpt-realtime", "open", None)


@pytest.mark.parametrize(
    ("target", "headers", "key", "status", "code"),
    [
        ("/v1/realtime?model=x", (), None, 401, None),
        ("/v1/realtime?model=x", (("sec-websocket-version", "8"),), KEY, 426, "websocket_upgrade_required"),
        ("/v1/realtime", (), KEY, 400, "missing_model"),
        ("/v1/nothing?model=x", (), KEY, 404, None),
        ("/v1/models", (), KEY, 200, None),
        ("/v1/realtime?call_id=rtc_no", (), KEY, 404, None),
    ],
)
def test_what_is_refused_before_the_upgrade(
    api: Api, target: str, headers: Any, key: Any, status: int, code: str | None
) -> None:
    first = tuple(header for header in HANDSHAKE if header[0] not in dict(headers))
    reply = Answered(api.send("GET", target, None, *first, *headers, *((key,) if key else ())).reply)
    assert reply.status == status
    if status != 200:
        assert reply.error["code"] == code


def test_a_request_that_is_no_upgrade(api: Api) -> None:
    refused = api.get("/v1/realtime?model=gpt-realtime")
    assert (refused.status, refused.header("upgrade")) == (426, "websocket")
    assert "ws://" in refused.error["message"]


def test_the_method_of_messages_is_none_of_http(api: Api) -> None:
    assert api.send("WS", "/v1/realtime").status == 405


def test_a_browser_sends_its_key_as_a_subprotocol(api: Api) -> None:
    protocol = ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-secret")
    reply = handshake(api, "/v1/realtime?model=gpt-realtime", protocol, key=None)
    assert isinstance(reply, Upgrade)
    assert dict(reply.headers)["sec-websocket-protocol"] == "realtime"
    (call,) = api.app.recorder.calls()
    assert call.header("sec-websocket-protocol") == "[redacted]"


def test_azure_calls_the_model_a_deployment(api: Api) -> None:
    conversing = opened(
        api, "/openai/realtime?api-version=2024-10-01-preview&deployment=mine", ("api-key", "a"), key=None
    )
    assert conversing.take()[0]["session"]["model"] == "mine"


def test_without_the_extra_the_upgrade_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mockopenai.answering.find_spec", lambda name: None)
    refused = Answered(handshake(api, "/v1/realtime?model=m"))
    assert refused.status == 501
    assert "pip install 'pytest-mockopenai[realtime]'" in refused.error["message"]
    assert refused.header("x-should-retry") == "false"
    assert "pip install 'pytest-mockopenai[realtime]'" in api.app.problems.pop()


def test_strict_models() -> None:
    api = Api(models="strict")
    assert handshake(api, "/v1/realtime?model=gpt-realtim").status == 404
    api.models.add("my-realtime")
    assert handshake(api, "/v1/realtime?model=my-realtime").status == 101


# --- settings ---------------------------------------------------------------------------------------------------------


def test_an_update_changes_what_it_names(api: Api) -> None:
    conversing = opened(api)
    before = conversing.take()[0]["session"]
    tool = {"name": "f", "parameters": {"type": "object", "properties": {}}}
    change = {
        "type": "realtime",
        "instructions": "Be brief.",
        "tools": [tool],
        "max_output_tokens": 100,
        "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}, "output": {"voice": "cedar"}},
    }
    (updated,) = conversing.send("session.update", event_id="mine", session=change)
    after = updated["session"]
    assert updated["event_id"] != "mine"
    assert after["tools"] == [{"type": "function", **tool}]
    assert after["audio"]["input"]["turn_detection"] == {
        **before["audio"]["input"]["turn_detection"],
        "threshold": 0.7,
    }
    assert after["audio"]["output"] == {**before["audio"]["output"], "voice": "cedar"}
    kept = ("id", "model", "output_modalities", "tool_choice", "expires_at")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    (cleared,) = conversing.send(
        "session.update",
        session={"type": "realtime", "tools": [], "audio": {"input": {"turn_detection": None}}, "instructions": ""},
    )
    assert cleared["session"]["tools"] == []
    assert cleared["session"]["instructions"] == ""
    assert cleared["session"]["audio"]["input"]["turn_detection"] is None


def test_semantic_turn_detection_has_settings_of_its_own(api: Api) -> None:
    conversing = talking(api, audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    (updated,) = conversing.send("session.update", session={"type": "realtime"})
    detection = updated["session"]["audio"]["input"]["turn_detection"]
    assert detection["eagerness"] == "auto"
    assert "threshold" not in detection


@pytest.mark.parametrize(
    ("session", "param", "code"),
    [
        ({"instructions": "x"}, "session.type", "missing_required_parameter"),
        ({"type": "realtime", "modalities": ["text"]}, "session.modalities", "unknown_parameter"),
        ({"type": "realtime", "instructions": 5}, "session.instructions", "invalid_type"),
        ({"type": "realtime", "output_modalities": ["text", "audio"]}, "session.output_modalities", "invalid_value"),
        ({"type": "realtime", "max_output_tokens": 5000}, "session.max_output_tokens", "integer_above_max_value"),
        (
            {"type": "realtime", "audio": {"output": {"speed": 3}}},
            "session.audio.output.speed",
            "decimal_above_max_value",
        ),
        ({"type": "realtime", "model": "another"}, "session.model", "invalid_value"),
        ({"type": "transcription"}, "session.type", "invalid_value"),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "session.tools[0].name", "missing_required_parameter"),
        ({"type": "realtime", "tools": [{"name": "a b"}]}, "session.tools[0].name", "invalid_value"),
        ({"type": "realtime", "tool_choice": {"type": "function", "name": "no"}}, "session.tool_choice", None),
    ],
)
def test_settings_that_no_session_has(api: Api, session: Any, param: str, code: str | None) -> None:
    conversing = talking(api)
    error = conversing.error("session.update", event_id="e1", session=session)
    assert (error["param"], error["code"], error["event_id"]) == (param, code, "e1")
    assert error["type"] == "invalid_request_error"
    assert error["message"]


def test_the_voice_stays_once_it_was_heard(api: Api) -> None:
    conversing = talking(api)
    voice = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    assert kinds(conversing.send("session.update", session=voice)) == ["session.updated"]
    conversing.respond("Hi")
    assert kinds(conversing.send("session.update", session=voice)) == ["session.updated"]
    voice["audio"]["output"]["voice"] = "marin"
    assert conversing.error("session.update", session=voice)["code"] == "cannot_update_voice"


# --- messages that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["", "{", "[]", '"hello"', "null", "NaN", b"\x00\x01"])
def test_messages_that_are_no_events(api: Api, message: str | bytes) -> None:
    conversing = talking(api)
    conversing.dialogue.receive(message)
    (event,) = conversing.take()
    assert event["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("event", "param", "code"),
    [
        ({}, "type", "missing_required_parameter"),
        ({"type": "session.updat"}, "type", "invalid_value"),
        ({"type": 5}, "type", "invalid_value"),
        ({"type": "response.create", "model": "x"}, "model", "unknown_parameter"),
        ({"type": "conversation.item.create"}, "item", "missing_required_parameter"),
        ({"type": "conversation.item.delete", "item_id": 5}, "item_id", "invalid_type"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_id", "item_delete_invalid_item_id"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_id", "item_retrieve_invalid_item_id"),
        ({"type": "output_audio_buffer.clear"}, "type", "invalid_value"),
        ({"type": "input_audio_buffer.append", "audio": "!"}, "audio", "invalid_value"),
        ({"type": "response.cancel"}, None, "response_cancel_not_active"),
    ],
)
def test_events_that_are_refused(api: Api, event: dict[str, Any], param: str | None, code: str) -> None:
    conversing = talking(api)
    conversing.dialogue.receive(json.dumps(event))
    (answered,) = conversing.take()
    assert (answered["error"]["param"], answered["error"]["code"]) == (param, code)


def test_binary_messages_are_read_too(api: Api) -> None:
    conversing = talking(api)
    conversing.dialogue.receive(b'{"type": "input_audio_buffer.clear"}')
    assert kinds(conversing.take()) == ["input_audio_buffer.cleared"]


# --- items ------------------------------------------------------------------------------------------------------------


def ids(conversing: Any) -> list[str]:
    """The order of the items, as the next response's call has them."""
    return [item["id"] for item in conversing.dialogue._items]


def test_an_item_is_added_and_done(api: Api) -> None:
    conversing = talking(api)
    added, done = conversing.send("conversation.item.create", item=user("Hi"))
    assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
    assert added["item"] == done["item"]
    assert added["previous_item_id"] is None
    assert added["item"]["id"].startswith("item_")
    assert added["item"]["object"] == "realtime.item"
    assert added["item"]["status"] == "completed"
    second = conversing.send("conversation.item.create", item=user("Ho", id="mine"))[0]
    assert (second["item"]["id"], second["previous_item_id"]) == ("mine", added["item"]["id"])


def test_where_an_item_goes(api: Api) -> None:
    conversing = talking(api)
    for name, after in (("a", None), ("b", None), ("c", "a"), ("d", "root")):
        more = {} if after is None else {"previous_item_id": after}
        conversing.send("conversation.item.create", item=user("x", id=name), **more)
    assert ids(conversing) == ["d", "a", "c", "b"]
    conversing.send("conversation.item.create", item=user("x", id="e"), previous_item_id=None)
    assert ids(conversing)[-1] == "e"
    error = conversing.error("conversation.item.create", item=user("x"), previous_item_id="no")
    assert error["code"] == "item_create_invalid_previous_item_id"
    error = conversing.error("conversation.item.create", item=user("x", id="a"))
    assert error["code"] == "item_create_duplicate_id"


def test_delete_and_retrieve(api: Api) -> None:
    conversing = talking(api)
    conversing.send("conversation.item.create", item=user("x", id="a"))
    (retrieved,) = conversing.send("conversation.item.retrieve", item_id="a")
    assert retrieved["item"]["content"] == [{"type": "input_text", "text": "x"}]
    (deleted,) = conversing.send("conversation.item.delete", item_id="a")
    assert deleted["item_id"] == "a"
    assert ids(conversing) == []


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"type": "message", "role": "user"}, "item.content"),
        ({"type": "message", "role": "user", "content": [{"text": "x"}]}, "item.content[0].type"),
        ({"type": "message", "role": "user", "content": [{"type": "input_text"}]}, "item.content[0].text"),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]},
            "item.content[0].audio",
        ),
        ({"type": "function_call_output", "call_id": "no", "output": "x"}, "item.call_id"),
        ({"type": "function_call_output", "output": "x"}, "item.call_id"),
    ],
)
def test_items_that_are_refused(api: Api, item: dict[str, Any], param: str) -> None:
    assert talking(api).error("conversation.item.create", item=item)["param"] == param


def test_every_kind_of_item(api: Api) -> None:
    conversing = talking(api)
    items = [
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
        user("Hi"),
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_image", "image_url": "data:image/png;base64,"}],
        },
        {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"},
    ]
    for item in items:
        added = conversing.send("conversation.item.create", item=item)
        assert kinds(added) == ["conversation.item.added", "conversation.item.done"]
    conversing.respond()
    call = api.app.recorder.calls()[-1]
    assert [item.get("role") or item["type"] for item in call.messages] == [
        *("system", "user", "assistant", "user", "function_call", "function_call_output"),
    ]
    assert call.turn == 3


def test_same_seed_same_events() -> None:
    def run() -> list[bytes]:
        conversing = opened(Api(seed=5))
        conversing.tell("conversation.item.create", item=user("Hi"))
        conversing.tell("response.create")
        return list(conversing.raw())

    assert run() == run()
    other = opened(Api(seed=6))
    assert other.raw() != run()[:1]


def test_two_sessions_of_a_run_differ_in_ids_and_not_in_what_is_said(api: Api) -> None:
    first, second = talking(api), talking(api)
    one, two = first.respond("Hi"), second.respond("Hi")
    assert not {event["event_id"] for event in one} & {event["event_id"] for event in two}
    transcript = "response.output_audio_transcript.done"
    assert [e["transcript"] for e in of(one, transcript)] == [e["transcript"] for e in of(two, transcript)]
