"""The header X-Test-Scenario, and the headers that tell what was played."""

from __future__ import annotations

import json

import pytest

from pytest_mockopenai.core.wire import Cut, Stream, Upgrade
from pytest_mockopenai.core.word import VOCABULARY
from tests.endpoints.conftest import KEY, Answered, Api
from tests.endpoints.talking import HANDSHAKE

CONTENT = ("content-type", "application/json")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
BODIES = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"},
    "/v1/embeddings": {"model": "text-embedding-3-small", "input": "Hi"},
    "/v1/moderations": {"input": "Hi"},
    "/v1/responses": {"model": "gpt-4o", "input": "Hi"},
    "/v1/conversations": {},
}


def asking(api: Api, scenario: str, target: str = "/v1/chat/completions", body: object = None) -> Answered:
    return api.send("POST", target, body or BODIES[target], KEY, CONTENT, ("X-Test-Scenario", scenario))


@pytest.mark.parametrize("target", BODIES)
def test_every_endpoint_is_limited_when_asked(api, target):
    reply = asking(api, "rate-limit;retry_after=7", target)
    assert (reply.status, reply.error["code"], reply.header("retry-after")) == (429, "rate_limit_exceeded", "7")
    assert reply.header("x-mock-word") == "rate_limit(retry_after=7)"
    assert reply.header("x-mock-source") == "header"
    call = api.app.recorder.calls()[-1]
    assert (call.status, call.word, call.source) == (429, "rate_limit(retry_after=7)", "header")


def test_so_is_one_without_a_body(api):
    assert api.send("GET", "/v1/models", None, KEY, ("x-test-scenario", "overloaded")).status == 503


def test_an_error_without_parameters_is_a_500_with_the_whole_object(api):
    reply = asking(api, "error")
    assert reply.status == 500
    assert reply.error.keys() == {"message", "type", "param", "code"}
    assert reply.error["type"] == "server_error"


def test_a_word_has_its_parameters_and_may_be_joined(api):
    assert asking(api, "says;text=Hi there").json["choices"][0]["message"]["content"] == "Hi there"
    streamed = asking(api, "says;text=Hi | slow;first=0.5;each=0.02 | cut;after=2", body={**CHAT, "stream": True}).reply
    assert isinstance(streamed, Stream)
    assert [step.after for step in streamed.steps] == [0.5, 0.02, 0.02]
    assert streamed.steps[-1] == Cut("close", 0.02)


def test_utf_8_in_a_header_is_read_as_such(api):
    text = "Café ☕".encode().decode("latin-1")
    reply = asking(api, f"says;text={text}")
    assert reply.json["choices"][0]["message"]["content"] == "Café ☕"
    assert reply.header("x-mock-word") == "says('Caf\\xe9 \\u2615')"


def test_it_wins_over_rules_and_uses_none_up(api):
    api.reply("scripted")
    assert asking(api, "says;text=asked").json["choices"][0]["message"]["content"] == "asked"
    reply = api.chat()
    assert reply.json["choices"][0]["message"]["content"] == "scripted"
    assert (reply.header("x-mock-source"), reply.header("x-mock-word")) == ("rule", "says('scripted')")
    assert reply.header("x-mock-origin").startswith("conftest.py:")


@pytest.mark.parametrize(
    ("scenario", "parts"),
    [
        ("nope", ["'nope' is not a word of the mock.", "rate_limit", "tool_call"]),
        ("rate-limt", ["Did you mean 'rate_limit'?", f"Valid words: {', '.join(sorted(VOCABULARY))}."]),
        ("rate_limit;after=1", ["it has no parameter 'after'", "retry_after"]),
        ("slow;first=-1", ["first"]),
        ("says;text=x | rate_limit", ["an answer or an error, not both"]),
        ("server_error;times=2", ["leave times= out"]),
        ("embeds;vectors=[1]", ["POST /chat/completions says failure, text."]),
    ],
)
def test_a_bad_one_is_refused_and_told_how_to_write_it(api, scenario, parts):
    api.reply("still there")
    reply = asking(api, scenario)
    assert (reply.status, reply.error["param"], reply.error["code"]) == (400, "X-Test-Scenario", "invalid_scenario")
    assert [part for part in parts if part not in reply.error["message"]] == []
    assert (reply.header("x-mock-source"), reply.header("x-mock-word")) == ("refused", None)
    assert api.chat().json["choices"][0]["message"]["content"] == "still there"


def test_an_answer_where_nothing_can_be_said_is_refused(api):
    reply = api.send("GET", "/v1/models", None, KEY, ("x-test-scenario", "says;text=Hi"))
    assert (reply.status, reply.error["code"]) == (400, "invalid_scenario")
    assert "GET /models plays errors, timing and faults only." in reply.error["message"]


def test_an_empty_header_asks_for_nothing(api):
    assert asking(api, " ").header("x-mock-source") == "default"


def test_it_can_be_switched_off():
    assert asking(Api(scenario_header=False), "rate_limit").status == 200


def test_a_reply_tells_how_sure_its_usage_is(api):
    assert api.chat().header("x-mock-usage") == "exact"
    assert asking(api, "usage;prompt_tokens=5;completion_tokens=1").header("x-mock-usage") == "given"
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    assert api.chat(tools=tools).header("x-mock-usage") == "modelled"
    assert api.get("/v1/models").header("x-mock-usage") is None


def test_a_call_in_a_websocket_plays_the_word_of_its_handshake(api):
    header = ("x-test-scenario", "rate_limit")
    reply = api.send("GET", "/v1/responses", None, KEY, *HANDSHAKE, header).reply
    assert isinstance(reply, Upgrade)
    reply.dialogue.receive(json.dumps({"type": "response.create", "model": "gpt-4o", "input": "Hi"}))
    assert [(call.method, call.status, call.source) for call in api.app.recorder.calls()] == [
        ("GET", 101, "default"),
        ("WS", 429, "header"),
    ]
    assert api.send("GET", "/v1/responses", None, KEY, *HANDSHAKE, ("x-test-scenario", "nope")).status == 400
