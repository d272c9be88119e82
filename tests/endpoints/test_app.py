"""What holds for every endpoint: paths, keys, bodies, headers, records."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import cut, malformed, rate_limit, slow
from pytest_mockopenai.app import App
from pytest_mockopenai.core import words
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.scripting import Scripted, when
from pytest_mockopenai.settings import Settings
from tests.endpoints.conftest import KEY, Api

JSON = ("content-type", "application/json")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    "target",
    [
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/chat/completions?beta=true",
        "/openai/v1/chat/completions",
        "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
    ],
)
def test_path_forms(api: Api, target: str) -> None:
    assert api.send("POST", target, CHAT).status == 200


def test_an_azure_deployment_names_the_model(api: Api) -> None:
    body = {"messages": CHAT["messages"]}
    answered = api.send("POST", "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", body)
    assert answered.json["model"] == "my-gpt"
    assert api.send("POST", "/openai/deployments/my-gpt/chat/completions", body).status == 404


@pytest.mark.parametrize(
    ("method", "target", "status", "message"),
    [
        ("POST", "/v1/nonsense", 404, "Invalid URL (POST /v1/nonsense)"),
        ("GET", "/", 404, "Unknown request URL: GET /."),
        ("PUT", "/v1/chat/completions", 405, "Not allowed to PUT on /v1/chat/completions."),
        ("PUT", "/v1/models", 405, "Not allowed to PUT on /v1/models."),
        ("GET", "/v1/models/nope", 404, "The model 'nope' does not exist"),
    ],
)
def test_wrong_paths_and_methods(api: Api, method: str, target: str, status: int, message: str) -> None:
    answered = api.send(method, target)
    assert answered.status == status
    assert answered.error["message"].startswith(message)


def test_405_names_the_allowed_methods(api: Api) -> None:
    assert api.send("DELETE", "/v1/models").header("allow") == "GET"


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"{", "application/json", "We could not parse the JSON body"),
        (b"[1]", "application/json", "We could not parse the JSON body"),
        (b'{"model": NaN}', "application/json", "We could not parse the JSON body"),
        (b"[" * 100_000, "application/json", "We could not parse the JSON body"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "application/json", "We could not parse the JSON body"),
        (b"\xff\xfe", "application/json", "We could not parse the JSON body"),
        (json.dumps(CHAT).encode(), "text/plain", "Unsupported content type: 'text/plain'"),
        (b"", "application/json", "We could not parse the JSON body"),
    ],
    ids=["half", "array", "nan", "deep array", "deep object", "not utf-8", "text", "empty"],
)
def test_unreadable_bodies(api: Api, body: bytes, content_type: str, message: str) -> None:
    answered = api.send("POST", "/v1/chat/completions", body, KEY, ("content-type", content_type))
    assert answered.status == 400
    assert answered.error["message"].startswith(message)


def test_a_body_over_the_limit() -> None:
    answered = Api(body_limit=10).send("POST", "/v1/chat/completions", CHAT)
    assert (answered.status, answered.error["code"]) == (413, "request_too_large")


def test_keys() -> None:
    api = Api(invalid_keys=frozenset({"sk-stolen-0123456789"}))
    assert api.send("POST", "/v1/chat/completions", CHAT, JSON).status == 401
    stolen = api.send("POST", "/v1/chat/completions", CHAT, JSON, ("Authorization", "Bearer sk-stolen-0123456789"))
    assert stolen.error["code"] == "invalid_api_key"
    assert "0123456789" not in stolen.error["message"]
    assert api.send("POST", "/v1/chat/completions", CHAT, JSON, ("api-key", "azure")).status == 200
    assert api.send("GET", "/v1/models", None, JSON).status == 200  # a health check has no key


def test_no_key_needed_where_none_is_asked_for() -> None:
    assert Api(require_key=False).send("POST", "/v1/chat/completions", CHAT, JSON).status == 200


def test_both_model_modes() -> None:
    assert Api().chat(model="my-own").status == 200
    strict = Api(models="strict")
    refused = strict.chat(model="my-own")
    assert (refused.status, refused.error["code"]) == (404, "model_not_found")
    strict.models.add("my-own")
    assert strict.chat(model="my-own").status == 200
    assert strict.chat(model="gpt-4o").status == 200


@pytest.mark.parametrize("said", ["Paris", words.rate_limit(), words.server_error(), words.error(418)], ids=str)
def test_headers_of_every_reply(api: Api, said: Any) -> None:
    api.reply(said)
    answered = api.chat()
    names = {name for name, _ in answered.reply.headers}
    limits = {
        f"x-ratelimit-{what}-{unit}" for what in ("limit", "remaining", "reset") for unit in ("requests", "tokens")
    }
    assert names >= {"x-request-id", "openai-processing-ms", "openai-version", "openai-organization"} | limits
    assert (answered.header("x-request-id") or "").startswith("req_")


def test_a_rate_limit_keeps_its_wait_for_the_record_and_is_quick_in_a_test(api: Api) -> None:
    api.reply(words.rate_limit(retry_after=20))
    answered = api.chat()
    assert (answered.header("retry-after"), answered.header("retry-after-ms")) == ("20", "1")
    assert "Please try again in 20s" in answered.error["message"]
    assert answered.header("x-ratelimit-remaining-requests") == "0"
    assert answered.header("x-ratelimit-reset-requests") == "20s"
    assert f"Limit {answered.header('x-ratelimit-limit-requests')}," in answered.error["message"]
    assert api.app.recorder.calls()[0].retry_after == 20


def test_a_refused_request_uses_up_no_reply(api: Api) -> None:
    api.reply("Paris")
    assert api.chat(temperature=99).status == 400
    assert api.chat().json["choices"][0]["message"]["content"] == "Paris"


def test_a_failing_function_of_the_test_is_a_500_and_is_told() -> None:
    from pytest_mockopenai.scripting import Scripted, when

    api = Api()
    Scripted(api.app, when(where=lambda call: 1 / 0)).reply("never")
    answered = api.chat()
    assert (answered.status, answered.error["code"]) == (500, "ZeroDivisionError")
    assert "division by zero" in api.app.problems[0]


def test_unscripted_calls_of_a_strict_mock() -> None:
    from pytest_mockopenai.scripting import Scripted, when

    api = Api(strict=True)
    Scripted(api.app, when(contains="Italy")).reply("Rome")
    assert api.chat().error["code"] == "unscripted_call"
    assert "contains differs" in api.app.problems[0]
    assert api.send("GET", "/v1/models").status == 200


def test_records(api: Api) -> None:
    api.reply(words.cut(after=2))
    api.chat(stream=True)
    call = api.app.recorder.calls()[0]
    assert (call.endpoint, call.model, call.stream, call.fault) == ("chat.completions", "gpt-4o", True, "cut")
    assert call.header("authorization") == "[redacted]"
    assert call.inquiry.request.body == b""
    assert call.usage is not None
    assert call.response["object"] == "chat.completion"


def test_eight_threads_get_the_answers_of_one() -> None:
    questions = [[{"role": "user", "content": f"Question {number}"}] for number in range(200)]

    def answers(api: Api) -> dict[str, str]:
        said = {}
        for question in questions:
            body = api.chat(messages=question).json
            said[question[0]["content"]] = (body["id"], body["choices"][0]["message"]["content"])
        return {text: json.dumps(value) for text, value in said.items()}

    alone = answers(Api())
    together = [Api() for _ in range(8)]
    found: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda api=api: found.append(answers(api))) for api in together]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 8


def test_eight_threads_on_one_mock() -> None:
    api, found = Api(), []
    contents = [f"Question {number}" for number in range(100)]

    def ask() -> None:
        for content in contents:
            body = api.chat(messages=[{"role": "user", "content": content}]).json
            found.append((content, body["choices"][0]["message"]["content"], body["id"]))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({text for _, text, _ in found}) == len(contents) == len({(content, text) for content, text, _ in found})
    assert len({id_ for _, _, id_ in found}) == 800
    once = [{id_ for content, _, id_ in found if content == wanted} for wanted in contents]
    again = [{Api_id(wanted, times) for times in range(8)} for wanted in contents[:3]]
    assert again == once[:3]


def Api_id(content: str, times: int) -> str:
    """The id of the reply to the same question asked so many times before."""
    api = Api()
    return [api.chat(messages=[{"role": "user", "content": content}]).json["id"] for _ in range(times + 1)][-1]


@given(
    st.sampled_from(["GET", "POST", "DELETE", "OPTIONS", "BREW"]),
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    st.binary(max_size=60),
    st.lists(st.tuples(st.sampled_from(["authorization", "content-type", "x-y"]), st.text(max_size=20)), max_size=3),
)
def test_anything_gets_an_envelope(method: str, path: str, body: bytes, headers: list[tuple[str, str]]) -> None:
    api = Api()
    reply = api.app.exchange(Request(method, f"/{path}", tuple(headers), body)).reply
    assert api.app.problems == []
    assert reply.status in (200, 400, 401, 404, 405)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "model",
        "messages",
        "n",
        "stop",
        "tools",
        "tool_choice",
        "response_format",
        "stream",
        "max_tokens",
        "logprobs",
        "functions",
        "metadata",
        "audio",
        "modalities",
        "prediction",
        "reasoning_effort",
        "input",
        "dimensions",
        "encoding_format",
    ]
)


@given(st.sampled_from(["chat/completions", "embeddings", "moderations"]), st.dictionaries(NAMES, JSON_VALUES))
def test_any_json_is_answered_or_refused_in_openai_s_way(path: str, body: dict[str, Any]) -> None:
    api = Api()
    answered = api.send("POST", f"/v1/{path}", {**CHAT, "input": "x", **body} if path == "chat/completions" else body)
    assert api.app.problems == [] or answered.error["code"] == "script_mistake"
    assert answered.status in (200, 400, 404)


def test_a_condition_may_itself_script_the_mock(api: Api) -> None:
    def scripts(call: Any) -> bool:
        if not api.app.script.rules[0].words:
            api.reply("said later")
        return False

    api.reply("first")
    api.chat()
    Scripted(api.app, when(where=scripts)).always("never")
    assert api.chat().json["choices"][0]["message"]["content"] == "said later"


# --- calls that the mock makes itself ---------------------------------------------------------------------------------


def _calling(path: str, body: dict[str, Any], *words: object) -> tuple[App, list[Any]]:
    """An app with an endpoint that makes a call, and what that was answered."""
    answered: list[Any] = []

    def answer(context: Context) -> Finished:
        answered.append(context.call(path, body))
        return Finished({})

    routes = Routes([*all_endpoints(), Endpoint("POST", "/jobs", "jobs", answer, named_only=True)])
    app = App(routes, KnownModels(), Settings())
    Scripted(app, when()).reply(*words) if words else None
    app.exchange(Request("POST", "/v1/jobs", (KEY,), b""))
    return app, answered


def test_an_endpoint_calls_the_mock_as_its_client_would() -> None:
    app, (answered,) = _calling("/v1/chat/completions", CHAT, "Paris" | slow(first=30))
    assert answered.status == 200
    assert answered.object["choices"][0]["message"]["content"] == "Paris"
    inner, outer = app.recorder.calls()
    assert (inner.endpoint, inner.request_id, inner.ended) == ("chat.completions", answered.request_id, "done")
    assert outer.endpoint == "jobs"
    assert app.recorder.usage()["gpt-4o"] == inner.usage


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [(rate_limit(), 429, "rate_limit_exceeded"), (cut(), 500, None), (malformed(), 500, None)],
)
def test_a_call_that_fails_is_told_as_an_error(word: object, status: int, code: str | None) -> None:
    _, (answered,) = _calling("/v1/chat/completions", CHAT, word)
    assert answered.status == status
    assert answered.object["error"]["code"] == code
