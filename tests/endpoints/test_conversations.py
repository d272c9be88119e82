"""Conversations and their items, by themselves and continued by responses."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.conversations import Conversation, ConversationItemList

from pytest_mockopenai.core import words
from tests.endpoints.conftest import KEY, NOW, Api

HELLO = {"role": "user", "content": "Hello"}


def made(api: Api, **body: Any) -> str:
    return str(api.send("POST", "/v1/conversations", body).json["id"])


def items_of(api: Api, id_: str, query: str = "order=asc") -> Any:
    return api.get(f"/v1/conversations/{id_}/items?{query}").json


def texts(items: list[Any]) -> list[str]:
    return [item["content"][0]["text"] for item in items]


def test_a_conversation_is_made_read_changed_and_deleted(api: Api) -> None:
    answered = api.send("POST", "/v1/conversations", {"metadata": {"a": "1"}, "items": [HELLO]})
    conversation = Conversation.model_validate(answered.json)
    assert (conversation.created_at, conversation.metadata) == (NOW, {"a": "1"})
    target = f"/v1/conversations/{conversation.id}"
    assert api.get(target).json == answered.json
    assert api.send("POST", target, {"metadata": {"b": "2"}}).json == {**answered.json, "metadata": {"b": "2"}}
    deleted = api.send("DELETE", target, None, KEY).json
    assert deleted == {"id": conversation.id, "object": "conversation.deleted", "deleted": True}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "", {"metadata": {}}),
        ("DELETE", "", None),
        ("GET", "/items", None),
        ("POST", "/items", {"items": [HELLO]}),
        ("GET", "/items/msg_x", None),
        ("DELETE", "/items/msg_x", None),
    ],
)
def test_an_unknown_conversation(api: Api, method: str, path: str, body: Any) -> None:
    answered = api.send(method, f"/v1/conversations/conv_x{path}", body)
    assert (answered.status, answered.error["message"]) == (404, "Conversation with id 'conv_x' not found.")


def test_an_empty_request_makes_an_empty_conversation(api: Api) -> None:
    assert items_of(api, made(api)) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_items_are_added_read_and_deleted(api: Api) -> None:
    id_ = made(api, items=[HELLO])
    body = {"items": [{"role": "user", "content": "Again"}, {"type": "message", **HELLO}]}
    added = ConversationItemList.model_validate(api.send("POST", f"/v1/conversations/{id_}/items", body).json)
    assert (len(added.data), added.has_more) == (2, False)
    everything = items_of(api, id_)["data"]
    assert texts(everything) == ["Hello", "Again", "Hello"]
    assert len({item["id"] for item in everything}) == 3
    one = f"/v1/conversations/{id_}/items/{everything[1]['id']}"
    assert api.get(one).json == everything[1]
    assert api.send("DELETE", one, None, KEY).json["id"] == id_
    assert texts(items_of(api, id_)["data"]) == ["Hello", "Hello"]
    for method in ("GET", "DELETE"):
        gone = api.send(method, one, None, KEY)
        assert (gone.status, gone.error["message"]) == (404, f"Item with id '{everything[1]['id']}' not found.")


def test_items_are_paged_newest_first(api: Api) -> None:
    id_ = made(api, items=[{"role": "user", "content": str(number)} for number in range(5)])
    first = items_of(api, id_, "limit=2")
    assert (texts(first["data"]), first["has_more"]) == (["4", "3"], True)
    rest = items_of(api, id_, f"limit=3&after={first['last_id']}")
    assert (texts(rest["data"]), rest["has_more"]) == (["2", "1", "0"], False)


@pytest.mark.parametrize(("items", "code"), [([], "empty_array"), ([HELLO] * 21, "array_above_max_length")])
def test_how_many_items_may_be_added(api: Api, items: list[Any], code: str) -> None:
    answered = api.send("POST", f"/v1/conversations/{made(api)}/items", {"items": items})
    assert (answered.status, answered.error["code"]) == (400, code)


@pytest.mark.parametrize("as_object", [False, True])
def test_responses_go_on_with_a_conversation(api: Api, as_object: bool) -> None:
    api.reply("One.", "Two.")
    id_ = made(api, items=[{"role": "developer", "content": "Count."}])
    named = {"id": id_} if as_object else id_
    first = api.respond(input="a", conversation=named).json
    second = api.respond(input="b", conversation=named, stream=True).events()[-1]["response"]
    assert first["conversation"] == second["conversation"] == {"id": id_}
    assert first["usage"]["input_tokens"] < second["usage"]["input_tokens"]
    assert texts(items_of(api, id_)["data"]) == ["Count.", "a", "One.", "b", "Two."]
    assert [call.turn for call in api.app.recorder.calls() if call.endpoint == "responses"] == [1, 2]


def test_a_response_that_is_not_stored_is_in_the_conversation_all_the_same(api: Api) -> None:
    id_ = made(api)
    api.respond(conversation=id_, store=False)
    assert len(items_of(api, id_)["data"]) == 2


def test_a_response_needs_a_conversation_that_exists(api: Api) -> None:
    assert api.respond(conversation="conv_x").status == 404


def test_a_refused_response_adds_nothing(api: Api) -> None:
    id_ = made(api)
    api.reply(words.server_error())
    assert api.respond(conversation=id_).status == 500
    assert api.respond(conversation=id_, max_output_tokens=1).status == 400
    assert items_of(api, id_)["data"] == []


def test_what_a_response_said_can_be_referred_to_from_a_conversation(api: Api) -> None:
    id_ = made(api, items=[HELLO])
    item = items_of(api, id_)["data"][0]
    response = api.respond(input=[{"type": "item_reference", "id": item["id"]}]).json
    assert api.get(f"/v1/responses/{response['id']}/input_items").json["data"] == [item]
