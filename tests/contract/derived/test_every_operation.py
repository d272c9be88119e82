"""Laws over every operation of the installed SDK: each is answered, and the SDK reads the answer strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import pagination

from pytest_mockopenai import MockOpenAI
from pytest_mockopenai.contract.derived import table
from pytest_mockopenai.contract.derived.beyond import Derived
from pytest_mockopenai.contract.derived.models import found
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.endpoints import all_endpoints
from tests.contract.derived.conftest import Api, body_of_params, fields_of_form

BY_RESOURCE: dict[str, list[Operation]] = {}
for each in table.all_operations():
    BY_RESOURCE.setdefault(each.resource, []).append(each)
CLAIMED = Derived(all_endpoints())


def path_of(operation: Operation) -> str:
    """A path with made-up ids."""
    return operation.path.replace("{", "").replace("}", "")


def target_of(operation: Operation) -> str:
    query = "&".join("=".join(pair) for pair in operation.query)
    return f"{path_of(operation)}?{query}" if query else path_of(operation)


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    """The SDK's client, which refuses what does not have its types; the mock makes up what it has never seen."""
    with MockOpenAI(unknown_ids="synthesize") as mock:
        made = openai.OpenAI(base_url=mock.base_url, api_key="sk-test", _strict_response_validation=True, max_retries=0)
        yield made
        made.close()


@pytest.mark.parametrize("resource", BY_RESOURCE)
def test_the_sdk_reads_every_derived_reply(client: openai.OpenAI, resource: str) -> None:
    for operation in BY_RESOURCE[resource]:
        if not CLAIMED.is_modelled(operation):
            called(client, operation)


def called(client: Any, operation: Operation) -> None:
    """Call an operation by the client's own general methods."""
    body, target = body_of_params(operation), target_of(operation)
    if operation.always_streams:
        return streamed(client, operation)
    if operation.page:
        page = getattr(pagination, f"Sync{operation.page}")
        reply_type: Any = found(operation.reply or "")
        listed = client.get_api_list(
            target, model=reply_type, page=page[reply_type], method=operation.method.lower(), body=body
        )
        assert isinstance(listed.data, list)
        return None
    send = {"GET": client.get, "POST": client.post, "DELETE": client.delete}[operation.method]
    more: dict[str, Any] = {"body": body} if operation.method == "POST" and body is not None else {}
    if operation.form:
        pairs = list(fields_of_form(body))
        more = {
            "body": dict(pair for pair in pairs if isinstance(pair[1], str)),
            "files": [pair for pair in pairs if not isinstance(pair[1], str)],
            "options": {"headers": {"Content-Type": "multipart/form-data"}},
        }
    kinds: dict[str, Any] = {
        "nothing": type(None),
        "text": str,
        "binary": openai._legacy_response.HttpxBinaryResponseContent,
    }
    cast_to = kinds.get(operation.kind) or found(operation.reply or "")
    reply = send(target, cast_to=cast_to, **more)
    assert (reply is None) == (operation.kind == "nothing")
    if operation.stream:
        streamed(client, operation)
    return None


def streamed(client: Any, operation: Operation) -> None:
    """The same as a stream, read to its end."""
    event: Any = found(operation.stream or "")
    if operation.method == "GET":
        sent = {"options": {"params": {"stream": "true"}}}
        stream = client.get(target_of(operation), cast_to=event, stream=True, stream_cls=openai.Stream[event], **sent)
    else:
        body = {**body_of_params(operation), "stream": True}
        stream = client.post(
            target_of(operation), cast_to=event, body=body, stream=True, stream_cls=openai.Stream[event]
        )
    assert len(list(stream)) > 0


@pytest.mark.parametrize("resource", BY_RESOURCE)
def test_every_operation_can_be_derived(resource: str) -> None:
    """Also those that are modelled, which `unknown_ids` may ask for: minimal and full bodies, nothing is refused."""
    api = Api(Routes([], Derived), unknown_ids="synthesize")
    for operation in BY_RESOURCE[resource]:
        for every in (False, True):
            body = body_of_params(operation, every=every)
            answered = api.call(operation, path_of(operation), body)
            assert answered.status == 200, (operation, answered.text)
            assert answered.header("x-mock-contract") == "derived"
            if operation.kind == "object" and not operation.always_streams:
                assert_valid(operation, answered.text, body)


def assert_valid(operation: Operation, text: bytes, body: Any) -> None:
    import pydantic

    if (body or {}).get("response_format") in ("text", "srt", "vtt"):
        return
    type_: Any = found(operation.reply or "")
    if operation.page:
        type_ = getattr(pagination, f"Sync{operation.page}")[type_]
    pydantic.TypeAdapter(type_).validate_json(text, strict=True)


def test_the_same_again() -> None:
    """The same seed, the same requests: the same bytes, ids included; a request that comes again gets other ids."""
    operations = [each for each in table.all_operations() if each.method == "POST" and each.kind == "object"][:40]

    def all_replies() -> list[bytes]:
        api = Api(unknown_ids="synthesize")
        return [api.call(each, path_of(each), body_of_params(each)).text for each in operations for _ in range(2)]

    first = all_replies()
    assert first == all_replies()
    made = [json.loads(text) for text in first]
    pairs = [(one["id"], two["id"]) for one, two in zip(made[::2], made[1::2], strict=True) if "id" in one]
    created = [(one, two) for one, two in pairs if one not in "".join(map(path_of, operations))]
    assert created
    assert all(one != two for one, two in created)


WORDS = st.sampled_from(["", "x", "completed", "\x00", "ü", "file-1"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**70) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
SEGMENTS = st.sampled_from(["x", "%2F", "%00", "%ff", "..", "a" * 3000])
QUERIES = st.sampled_from(["", "?limit=abc", "?limit=-5", "?after=%00", "?order=z", "?stream=true", "?after[]=1"])


@given(operation=st.sampled_from(table.all_operations()), data=st.data())
def test_whatever_is_sent_is_answered(operation: Operation, data: st.DataObject) -> None:
    """With a reply or OpenAI's envelope, never with a failure of the mock's own."""
    body = body_of_params(operation) or {}
    for name in data.draw(st.lists(st.sampled_from([*body, "metadata", "stream", "model"]), max_size=3)):
        body[name] = data.draw(JUNK)
    path = re.sub(r"\{\w+\}", lambda _: data.draw(SEGMENTS), operation.path)
    api = Api(Routes([], Derived), unknown_ids=data.draw(st.sampled_from(["not_found", "synthesize"])))
    answered = api.send(operation.method, path + data.draw(QUERIES), body)
    assert api.app.problems == []
    assert answered.status in (200, 400, 404, 415)
    assert answered.status == 200 or answered.error["message"]
