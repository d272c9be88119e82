"""Laws of stored chat completions: kept as created, listed once each, gone when deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionDeleted, ChatCompletionStoreMessage

from pytest_mockopenai.core import words
from tests.endpoints.conftest import Api, folded, whole_choice

LIST = "/v1/chat/completions"
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def listed(api: Api, **query: Any) -> Any:
    answered = api.send("GET", f"{LIST}?{urlencode(query)}")
    assert answered.status == 200, answered.json
    return answered.json


def pages(api: Api, **query: Any) -> list[str]:
    """The ids of all pages."""
    page = listed(api, **query)
    ids = [item["id"] for item in page["data"]]
    while page["has_more"]:
        page = listed(api, **query, after=page["last_id"])
        ids += [item["id"] for item in page["data"]]
    return ids


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(1, 3),
        "temperature": st.sampled_from([0, 0.5, 2]),
        "metadata": st.dictionaries(st.text("ab", max_size=3), st.text(max_size=5), max_size=3),
        "tools": st.just([TOOL]),
        "tool_choice": st.just("auto"),
        "user": st.just("u"),
        "response_format": st.just({"type": "text"}),
        "seed": st.integers(-5, 5),
        "model": st.sampled_from(["gpt-4o", "my-own"]),
    },
)


@given(request=REQUESTS)
def test_what_is_retrieved_is_what_was_created(request):
    if "tool_choice" in request:
        request["tools"] = [TOOL]
    api = Api()
    answered = api.chat(**request, store=True)
    created = answered.json
    got = api.send("GET", f"{LIST}/{created['id']}").json
    for choice in created["choices"]:  # what was not called is null when it is read back
        choice["message"] = {"tool_calls": None, "function_call": None, **choice["message"]}
    assert {name: got[name] for name in created} == created
    assert got["request_id"] == answered.header("x-request-id")
    assert got["metadata"] == request.get("metadata", {})
    assert got["temperature"] == request.get("temperature", 1.0)
    assert got["input_user"] == request.get("user")
    for name in ("tools", "tool_choice", "response_format", "seed"):
        assert got[name] == request.get(name)
    ChatCompletion.model_validate(got)
    assert listed(api)["data"] == [got]


@given(said=st.sampled_from([words.says("It is sunny."), words.tool_call("f", a="b"), words.refuses("No.")]))
def test_a_stream_is_stored_as_what_it_says(said):
    api = Api()
    api.reply(said)
    chunks = api.chat(store=True, stream=True, tools=[TOOL]).chunks()
    got = api.send("GET", f"{LIST}/{chunks[0]['id']}").json
    streamed, whole = folded(chunks)[0], whole_choice(got["choices"][0])
    assert (streamed["content"] or None, streamed["calls"]) == (whole["content"], whole["calls"])
    assert streamed["finish"] == whole["finish"]


@settings(max_examples=25)
@given(count=st.integers(0, 12), limit=st.integers(1, 14), order=st.sampled_from(["asc", "desc", None]))
def test_pages_have_each_completion_once(count, limit, order):
    api = Api()
    ids = [api.chat(store=True).json["id"] for _ in range(count)]
    query = {"limit": limit} | ({"order": order} if order else {})
    assert pages(api, **query) == (ids[::-1] if order == "desc" else ids)


def test_filters(api):
    made = [
        api.chat(store=True, model=model, metadata=metadata).json["id"]
        for model, metadata in [
            ("gpt-4o", {"a": "1"}),
            ("gpt-4o", {"a": "1", "b c": "2"}),
            ("gpt-4.1", {"a": "1"}),
            ("gpt-4o", None),
        ]
    ]
    assert pages(api, model="gpt-4o") == [made[0], made[1], made[3]]
    assert pages(api, model="gpt-4o", **{"metadata[a]": "1"}, limit=1) == made[:2]
    assert pages(api, **{"metadata[a]": "1", "metadata[b c]": "2"}) == [made[1]]
    assert pages(api, **{"metadata[a]": "2"}) == []


@pytest.mark.parametrize("store", [False, None, ...])
def test_not_stored(api, store):
    id_ = api.chat(store=store).json["id"]
    assert api.send("GET", f"{LIST}/{id_}").status == 404
    assert listed(api)["data"] == []


def test_a_refused_request_and_an_error_store_nothing(api):
    api.reply(words.rate_limit())
    assert api.chat(store=True).status == 429
    assert api.chat(store=True, temperature=9).status == 400
    assert listed(api)["data"] == []


@pytest.mark.parametrize(
    ("method", "tail", "body"), [("GET", "", None), ("POST", "", {"metadata": {}}), ("DELETE", "", None)]
)
def test_deleted_is_gone(api, method, tail, body):
    kept, gone = (api.chat(store=True).json["id"] for _ in range(2))
    deleted = api.send("DELETE", f"{LIST}/{gone}")
    assert deleted.json == {"object": "chat.completion.deleted", "id": gone, "deleted": True}
    ChatCompletionDeleted.model_validate(deleted.json)
    answered = api.send(method, f"{LIST}/{gone}", body)
    assert answered.status == 404
    assert answered.error["message"] == f"No such ChatCompletion object: {gone}"
    assert api.send("GET", f"{LIST}/{gone}/messages").status == 404
    assert pages(api) == [kept]


def test_update_changes_the_metadata_alone(api):
    id_ = api.chat(store=True, metadata={"a": "1"}).json["id"]
    before = api.send("GET", f"{LIST}/{id_}").json
    for metadata in ({"b": "2"}, {}, None):
        updated = api.send("POST", f"{LIST}/{id_}", {"metadata": metadata}).json
        assert updated == {**before, "metadata": metadata or {}}
        assert api.send("GET", f"{LIST}/{id_}").json == updated
    assert api.app.recorder.calls()[1].response == before


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "metadata", "missing_required_parameter"),
        ({"metadata": "x"}, "metadata", "invalid_type"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"metadata": {}, "choices": []}, "choices", "unknown_parameter"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a", "string_above_max_length"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
        ({"metadata": {"k" * 65: ""}}, "metadata", "string_above_max_length"),
    ],
)
def test_update_is_checked(api, body, param, code):
    id_ = api.chat(store=True, metadata={"a": "1"}).json["id"]
    refused = api.send("POST", f"{LIST}/{id_}", body)
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, param, code)
    assert api.send("GET", f"{LIST}/{id_}").json["metadata"] == {"a": "1"}


def test_messages(api):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    text = {"type": "text", "text": "What is it?"}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [text, image], "name": "ann"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"},
    ]
    id_ = api.chat(store=True, messages=messages).json["id"]
    got = api.send("GET", f"{LIST}/{id_}/messages").json
    assert (got["first_id"], got["last_id"], got["has_more"]) == (f"{id_}-0", f"{id_}-3", False)
    system, user, assistant, tool = got["data"]
    assert system == {
        "id": f"{id_}-0",
        "role": "system",
        "content": "Be brief.",
        "name": None,
        "content_parts": None,
    }
    assert (user["content"], user["content_parts"], user["name"]) == (None, [text, image], "ann")
    assert (assistant["content"], assistant["tool_calls"]) == (None, [CALL])
    assert tool["tool_call_id"] == "call_1"
    ChatCompletionStoreMessage.model_validate(assistant)
    page = api.send("GET", f"{LIST}/{id_}/messages?limit=2&order=desc&after={id_}-3").json
    assert [message["id"] for message in page["data"]] == [f"{id_}-2", f"{id_}-1"]
    assert page["has_more"]


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize("tail", ["?limit=0", "?order=up", "?after=chatcmpl-x", "/{id}/messages?limit=101"])
def test_a_wrong_page_is_refused(api, tail):
    id_ = api.chat(store=True).json["id"]
    assert api.send("GET", LIST + tail.format(id=id_)).status == 400


def test_a_text_is_not_for_them_but_an_error_is(api):
    id_ = api.chat(store=True).json["id"]
    api.reply(words.server_error(), "Paris")
    assert api.send("GET", LIST).status == 500
    assert api.send("GET", f"{LIST}/{id_}").status == 200
    assert api.chat().json["choices"][0]["message"]["content"] == "Paris"


def test_a_strict_mock_answers_them():
    api = Api(strict=True)
    assert listed(api)["data"] == []
    assert api.app.problems == []


def test_each_mock_has_its_own():
    id_ = Api().chat(store=True).json["id"]
    assert Api().send("GET", f"{LIST}/{id_}").status == 404


def test_azure_deployment_paths(api):
    base, version = "/openai/deployments/my-gpt/chat/completions", "?api-version=2025-01-01"
    body = {"messages": [{"role": "user", "content": "Hi"}], "store": True}
    id_ = quote(api.send("POST", base + version, body).json["id"])
    assert api.send("POST", f"{base}/{id_}{version}", {"metadata": {"a": "1"}}).json["metadata"] == {"a": "1"}
    assert api.send("GET", base + version).json["last_id"] == id_
    assert api.send("DELETE", f"{base}/{id_}{version}").json["deleted"]
