"""Every operation of the admin API; each reply is of the schema that the OpenAPI document promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from pytest_mockopenai.core.wire import Request, Stream, body_of
from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.stubs import BadStubs, Stubs
from tests.admin.conftest import JSON, KEY, Desk
from tests.receiver import receiving


def error_of(reply: Any) -> str:
    return reply["error"]["message"]


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_document_is_openapi_and_names_every_operation(desk):
    document = desk.get("openapi.json")
    validate(document)
    assert document["info"]["version"] == "1.2.3"
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {(route.method, route.path) for route in desk.admin.routes}


REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "calls", None),
    ("GET", "calls/0", None),
    ("GET", "usage", None),
    ("GET", "verdict", None),
    ("GET", "problems", None),
    ("GET", "rules", None),
    ("POST", "rules", {"when": {"turn": 2, "header": {"a": "b"}}, "reply": ["x"], "always": {"says_json": {"a": 1}}}),
    ("PUT", "rules", {"rules": [{"reply": "x"}]}),
    ("GET", "config", None),
    ("PATCH", "config", {"seed": -5, "invalid_keys": ["sk-1"]}),
    ("DELETE", "config", None),
    ("POST", "models", {"models": ["m", {"name": "n", "encoding": "o200k_base", "price": {"input": 1}}]}),
    ("GET", "clock", None),
    ("POST", "clock/freeze", {"at": 1_800_000_000}),
    ("POST", "clock/advance", {"seconds": 1.5}),
    ("POST", "clock/real", None),
    ("GET", "webhooks", None),
    ("POST", "webhooks", {"type": "batch.failed", "id": "batch_1", "url": "http://127.0.0.1:9/"}),
    ("GET", "health", None),
    ("GET", "ready", None),
    ("GET", "words", None),
    ("DELETE", "rules/1", None),
    ("DELETE", "rules", None),
    ("DELETE", "calls", None),
    ("POST", "reset", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_replies_are_as_the_document_says(desk, method, path, body):
    document = desk.get("openapi.json")
    desk.send("POST", "/_mock/rules", {"reply": ["rate_limit", {"says": "a", "slow": {"first": 0.1}}]})
    desk.scene.models.set_encoding("x", "o200k_base")
    assert desk.chat() == "rate_limit_exceeded"
    desk.chat(tools=[{"type": "function", "function": {"name": "f"}}])
    reply = desk.send(method, f"/_mock/{path}", body)
    template = {"calls/0": "calls/{index}", "rules/1": "rules/{number}"}.get(path, path)
    responses = document["paths"][f"/_mock/{template}"][method.lower()]["responses"]
    schema = responses[str(desk.status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(reply)


def test_every_operation_is_tried_here(desk):
    tried = {(method, path.replace("0", "{index}").replace("s/1", "s/{number}")) for method, path, _ in REQUESTS}
    known = {(route.method, route.path.removeprefix("/_mock/")) for route in desk.admin.routes}
    assert known - tried == {("GET", "openapi.json")}


# --- calls ------------------------------------------------------------------------------------------------------------


def test_calls_are_listed_filtered_and_paged(desk):
    desk.chat("one")
    desk.chat("two", ("x-test-scenario", "rate_limit"))
    desk.chat("three", model="o3-mini")
    desk.send("GET", "/v1/models", None, KEY)

    def indexes(query: str) -> list[int]:
        return [call["index"] for call in desk.get(f"calls?{query}")["data"]]

    assert indexes("") == [0, 1, 2, 3]
    assert indexes("endpoint=chat") == [0, 1, 2]
    assert indexes("endpoint=/v1/models") == [3]
    assert indexes("model=o3*") == [2]
    assert indexes("status=429") == indexes("status=4xx") == indexes("word=rate-limit") == [1]
    assert indexes("word=says") == []
    assert indexes("order=desc&limit=2") == [3, 2]
    assert indexes("order=desc&after=2") == [1, 0]
    page = desk.get("calls?limit=2&after=0")
    assert ([call["index"] for call in page["data"]], page["total"], page["has_more"]) == ([1, 2], 4, True)
    call = desk.get("calls/1")
    assert (call["last_message"], call["status"], call["word"], call["source"]) == (
        "two",
        429,
        "rate_limit()",
        "header",
    )
    assert ["authorization", "[redacted]"] in call["request"]["headers"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("endpoint=chta", "no endpoint 'chta'. Did you mean 'chat'?"),
        ("status=99", "status is a number such as 429 or a class such as 4xx, not '99'"),
        ("word=rate_limt", "'rate_limt' is not a word of the mock. Did you mean 'rate_limit'?"),
        ("order=up", "order is asc or desc, not 'up'"),
        ("limit=0", "limit is a whole number from 1 to 1000, not '0'"),
        ("limit=1001", "from 1 to 1000"),
        ("after=x", "after is a whole number of at least 0, not 'x'"),
        ("modl=x", "Unknown query parameter 'modl': Did you mean 'model'?"),
    ],
)
def test_a_wrong_filter_is_told(desk, query, message):
    reply = desk.get(f"calls?{query}")
    assert desk.status == 400
    assert message in error_of(reply)
    assert reply["error"]["param"] == query.partition("=")[0]


def test_calls_are_cleared_and_unknown_ones_not_found(desk):
    desk.chat()
    assert desk.send("DELETE", "/_mock/calls") == {"status": "ok"}
    assert desk.get("calls")["total"] == 0
    assert "No call 0; 0 are kept." in error_of(desk.get("calls/0"))
    assert desk.status == 404


def test_usage_and_its_cost(desk):
    desk.send("POST", "/_mock/models", {"models": [{"name": "m", "price": {"input": 1_000_000}}]})
    desk.chat(model="m")
    usage = desk.get("usage")
    assert usage["calls"] == 1
    assert usage["models"]["m"]["prompt_tokens"] == usage["usage"]["prompt_tokens"] == 8
    assert usage["usage"]["total_tokens"] == 8 + usage["usage"]["completion_tokens"]
    assert usage["cost"]["amount"] == 8


def test_admin_calls_are_no_calls(desk):
    desk.get("health")
    desk.get("nope")
    assert desk.scene.app.recorder.calls() == ()


def test_the_verdict_is_of_the_calls_kept_and_by_the_thresholds_asked_for(desk):
    for _ in range(2):
        desk.front.exchange(Request("GET", "/v1/models/unknown", (KEY,))).ended("done")
    verdict = desk.get("verdict")
    assert (verdict["ok"], verdict["requests"], verdict["retried"], verdict["calls"]) == (False, 1, 1, 2)
    (finding,) = verdict["findings"]
    assert (finding["kind"], finding["calls"]) == ("retried_refusal", [0, 1])
    assert finding["sentence"].startswith("calls[1] repeats calls[0] (404 model_not_found), which another")
    assert desk.get("verdict?ignore=retried_refusal,storm")["ok"]
    kinds = [one["kind"] for one in desk.get("verdict?max_attempts=1&lost_work=true&window=0.5")["findings"]]
    assert kinds == ["retried_refusal", "never_gave_up"]


@pytest.mark.parametrize(
    ("query", "param", "message"),
    [
        ("max_attempts=0", "max_attempts", "max_attempts is a whole number of at least 1, not 0"),
        ("max_attempts=x", "max_attempts", "max_attempts is a whole number of at least 1, not 'x'"),
        ("max_in_window=0", "max_in_window", "max_in_window is a whole number of at least 1, or None, not 0"),
        ("window=-1", "window", "window is a number of seconds of at least 0, not -1.0"),
        ("window=nan", "window", "window is a number of seconds"),
        ("lost_work=maybe", "lost_work", "lost_work is True or False, not 'maybe'"),
        ("ignore=strom", "ignore", "Did you mean 'storm'?"),
        ("max_attempt=1", "max_attempt", "Did you mean 'max_attempts'?"),
    ],
)
def test_a_wrong_threshold_is_explained(desk, query, param, message):
    error = desk.get(f"verdict?{query}")["error"]
    assert (desk.status, error["param"]) == (400, param)
    assert message in error["message"]


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rules_are_added_listed_used_and_deleted(desk):
    made = desk.send(
        "POST", "/_mock/rules", {"when": {"contains": "weather"}, "reply": ["rate_limit;times=2", "Sunny"]}
    )
    assert desk.status == 201
    assert [word["text"] for word in made["left"]] == ["rate_limit;times=2", 'says;text="Sunny"']
    assert made["left"][0]["origin"] == "admin API"
    desk.send("POST", "/_mock/rules", {"always": {"says": "else", "slow": {"first": 0.0}}, "origin": "test_app.py:3"})
    assert [desk.chat("weather?"), desk.chat("other")] == ["else", "else"]
    desk.send("DELETE", "/_mock/rules/2")
    assert desk.chat("weather?") == "rate_limit_exceeded"
    (rule,) = desk.get("rules")["data"]
    assert [word["times"] for word in rule["left"]] == [1, 1]
    assert rule["when"] == {"contains": "weather"}
    assert "No rule 2. There are: 1." in error_of(desk.send("DELETE", "/_mock/rules/2"))
    desk.send("DELETE", "/_mock/rules")
    assert desk.get("rules")["data"] == []


def test_one_condition_continues_its_sequence_as_in_python(desk):
    for text in ("one", "two"):
        desk.send("POST", "/_mock/rules", {"reply": text})
    assert [desk.chat(), desk.chat()] == ["one", "two"]


def test_all_rules_are_replaced_in_written_order(desk):
    desk.send("POST", "/_mock/rules", {"always": "old"})
    desk.scene.play(Stubs.parse(b"settings: {seed: 3}\nrules: [{always: of the file}]", "yaml"))
    desk.send("PUT", "/_mock/rules", {"rules": [{"when": {"contains": "x"}, "always": "x"}, {"always": "last"}]})
    assert [desk.chat("x"), desk.chat("y")] == ["x", "last"]
    assert desk.scene.app.settings.seed == 3


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"reply": "rate_limt"}, "rule.reply", "Did you mean 'rate_limit'?"),
        ({"when": {"contans": "x"}, "reply": "a"}, "rule.when.contans", "Did you mean 'contains'?"),
        ({"when": {}}, "rule", "it has 'reply', 'always' or both"),
        ({"reply": "a", "origin": 1}, "origin", "'origin' is a text, not a number"),
        ({"replies": "a"}, "rule.replies", "Did you mean 'reply'?"),
        ([], "rule", "'rule' is a mapping with when, reply, always, origin, not a list"),
    ],
)
def test_a_wrong_rule_is_told(desk, body, param, message):
    reply = desk.send("POST", "/_mock/rules", body)
    assert (desk.status, reply["error"]["param"]) == (400, param)
    assert message in error_of(reply)
    assert desk.scene.app.script.rules == ()


def test_wrong_rules_replace_none(desk):
    desk.send("POST", "/_mock/rules", {"always": "old"})
    reply = desk.send("PUT", "/_mock/rules", {"rules": [{"reply": "a"}, {"reply": 1}]})
    assert reply["error"]["param"] == "rules[1].reply"
    assert desk.chat() == "old"
    assert "'rules' is a list, not nothing" in error_of(desk.send("PUT", "/_mock/rules", {}))


def test_problems_and_reset(desk):
    desk.send("POST", "/_mock/rules", {"reply": "never"})
    (problem,) = desk.get("problems")["data"]
    assert "1 scripted reply was never asked for." in problem
    assert desk.send("POST", "/_mock/reset") == {"status": "ok"}
    assert desk.get("problems")["data"] == desk.get("rules")["data"] == []


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_settings_are_read_changed_and_put_back(desk):
    assert desk.send("PATCH", "/_mock/config", {"models": "strict", "seed": 5})["models"] == "strict"
    assert desk.chat(model="unknown") == "model_not_found"
    desk.send("POST", "/_mock/models", {"models": ["unknown"]})
    desk.chat(model="unknown")
    assert desk.status == 200
    assert desk.get("config")["declared_models"] == ["unknown"]
    assert desk.send("DELETE", "/_mock/config")["seed"] == 0
    told = {"chaos": {"rate": 0.5, "words": ["cut;after=3"]}, "latency": "time-to-first-token=1", "retry_waits": 50}
    shown = desk.send("PATCH", "/_mock/config", told)
    assert (shown["chaos"], shown["retry_waits"]) == ('rate=0.5;words="cut;after=3"', 50)
    assert shown["latency"].startswith("time-to-first-token=1.0;")
    assert desk.send("PATCH", "/_mock/config", {"chaos": None})["chaos"] is None
    assert "Did you mean 'cut'" in error_of(desk.send("PATCH", "/_mock/config", {"chaos": "0.1;words=ct"}))
    assert desk.send("PATCH", "/_mock/config", {"unknown_ids": "synthesize"})["unknown_ids"] == "synthesize"
    desk.send("DELETE", "/_mock/config")
    reply = desk.send("PATCH", "/_mock/config", {"seed": "x"})
    assert (reply["error"]["param"], desk.status) == ("seed", 400)
    assert "Did you mean 'strict'" in error_of(desk.send("PATCH", "/_mock/config", {"strickt": True}))


def test_a_broken_stubs_file_is_told(desk):
    desk.scene.keep(BadStubs("stubs.yaml", "wrong"))
    assert desk.get("config")["stubs_error"] == "stubs.yaml: wrong"


def test_words_are_listed_with_signatures(desk):
    words = {word["name"]: word for word in desk.get("words")["data"]}
    assert words.keys() == VOCABULARY.keys()
    assert words["rate_limit"]["signature"].startswith("rate_limit(*, retry_after: ")


def test_probes_need_no_token_and_all_else_does():
    desk = Desk(token="s3cret")
    assert desk.get("health") == {"status": "ok", "version": "1.2.3"}
    assert desk.get("ready") == {"status": "ready"}
    assert desk.get("calls")["error"]["code"] == "invalid_token"
    assert desk.status == 401
    desk.get("calls", ("X-Mock-Token", "wrong"))
    assert desk.status == 401
    for header in (("x-mock-token", "s3cret"), ("authorization", "Bearer s3cret")):
        desk.get("calls", header)
        assert desk.status == 200


def test_it_is_not_ready_while_it_stops():
    desk = Desk(ready=lambda: False)
    assert desk.get("ready")["error"]["code"] == "not_ready"
    assert desk.status == 503


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/_mock/cals", 404, "The admin API has no /_mock/cals. Did you mean '/_mock/calls'?"),
        ("GET", "/_mock", 404, "The admin API has no /_mock."),
        ("PUT", "/_mock/calls", 405, "Not allowed to PUT on /_mock/calls."),
        ("POST", "/_mock/rules", 400, "Unsupported content type"),
        ("GET", "/_mock/health?x=1", 400, "Unknown query parameter 'x': it takes none at /_mock/health."),
    ],
)
def test_what_is_not_there_is_told_in_openais_envelope(desk, method, path, status, message):
    reply = desk.send(method, path)
    assert (desk.status, reply["error"].keys()) == (status, {"message", "type", "param", "code"})
    assert message in error_of(reply)
    assert desk.headers["x-request-id"].startswith("req_")
    if status == 405:
        assert desk.headers["allow"] == "DELETE, GET"


def test_a_body_must_be_json_of_a_decent_size(desk):
    for data, status in ((b"{", 400), (b" " * (2**20 + 1), 413)):
        assert desk.front.exchange(Request("POST", "/_mock/rules", (JSON,), data)).reply.status == status


@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "X"]),
    st.sampled_from(["", "calls", "rules", "config", "models", "rules/1", "calls/x", "reset", "//", "%00"]),
    st.text(),
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda more: (
            st.lists(more)
            | st.dictionaries(
                st.sampled_from(["rules", "reply", "when", "always", "says", "times", "seed", "models"]), more
            )
        ),
    ),
)
def test_whatever_comes_is_answered_in_json(method, path, query, body):
    desk = Desk()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = desk.front.exchange(Request(method, f"/_mock/{path}?{query}", (JSON,), data)).reply
    json.loads(body_of(reply))
    assert reply.status in (200, 201, 400, 404, 405)


# --- CORS -------------------------------------------------------------------------------------------------------------

ORIGIN = ("origin", "http://localhost:5173")


def test_a_browser_may_ask_and_read():
    desk = Desk(cors=True)
    asked = (
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization, x-stainless-os"),
    )
    desk.send("OPTIONS", "/v1/chat/completions", None, ORIGIN, *asked)
    assert desk.status == 204
    assert desk.headers["access-control-allow-headers"] == "authorization, x-stainless-os"
    assert "PATCH" in desk.headers["access-control-allow-methods"]
    for target in ("/v1/models", "/_mock/health", "/nowhere"):
        desk.send("GET", target, None, ORIGIN)
        assert desk.headers["access-control-allow-origin"] == "*"
        assert "x-ratelimit-remaining-tokens" in desk.headers["access-control-expose-headers"]


def test_a_stream_may_be_read_too_and_its_end_is_told():
    desk = Desk(cors=True)
    body = b'{"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'
    exchange = desk.front.exchange(Request("POST", "/v1/chat/completions", (KEY, JSON, ORIGIN), body))
    assert isinstance(exchange.reply, Stream)
    assert dict(exchange.reply.headers)["access-control-allow-origin"] == "*"
    exchange.ended("done")
    assert desk.scene.app.recorder.calls()[0].ended == "done"


def test_without_cors_nothing_is_added(desk):
    desk.send("OPTIONS", "/v1/models", None, ORIGIN, ("access-control-request-method", "GET"))
    assert desk.status == 405
    assert "access-control-allow-origin" not in desk.headers


# --- the clock --------------------------------------------------------------------------------------------------------


def test_the_clock_is_stopped_and_moved(desk):
    assert desk.send("POST", "/_mock/clock/freeze", {"at": 1000}) == {"now": 1000.0, "frozen": True}
    assert (
        desk.send("POST", "/_mock/clock/advance", {"seconds": 90}) == desk.get("clock") == {"now": 1090, "frozen": True}
    )
    assert desk.send("POST", "/_mock/clock/real", None)["frozen"] is False


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("freeze", {"at": "noon"}, "at"),
        ("freeze", {"until": 3}, "until"),
        ("advance", {"seconds": -1}, "seconds"),
        ("advance", {}, "seconds"),
        ("advance", [3], None),
    ],
)
def test_a_clock_goes_by_numbers_and_never_back(desk, path, body, param):
    error = desk.send("POST", f"/_mock/clock/{path}", body)["error"]
    assert (desk.status, error["param"]) == (400, param)


def test_webhooks_are_sent_and_listed(desk):
    with receiving() as receiver:
        asked = {"type": "batch.failed", "id": "batch_1", "url": receiver.url, "secret": "whsec_YWJj"}
        sent = desk.send("POST", "/_mock/webhooks", asked)
        assert desk.status == 202
        receiver.wait_for(1)
        desk.scene.app.clock.freeze()  # waits for what is being sent
    listed = desk.get("webhooks")
    ((_, headers),) = receiver.got
    assert headers["webhook-id"] == sent["webhook_id"] == listed["data"][0]["webhook_id"]
    assert (listed["due"], listed["data"][0]["status"]) == (False, 200)
    assert "YWJj" not in str(listed)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "'type' is a text, not "),
        ({"type": "batch.failed", "data": []}, "'data' is a mapping, not a list"),
        ({"type": "batch.done", "url": "http://127.0.0.1:9"}, "Did you mean"),
        ({"type": "batch.failed"}, "needs somebody to send it to"),
        ({"type": "batch.failed", "to": "x"}, "'to'"),
    ],
)
def test_a_webhook_that_cannot_be_sent(desk, body, message):
    error = desk.send("POST", "/_mock/webhooks", body)["error"]
    assert desk.status == 400
    assert message in error["message"]


def test_the_secret_of_webhooks_is_not_shown(desk):
    desk.send("PATCH", "/_mock/config", {"webhook_url": "http://127.0.0.1:9/x", "webhook_secret": "whsec_YWJj"})
    shown = desk.get("config")
    assert shown["webhook_url"] == "http://127.0.0.1:9/x"
    assert "webhook_secret" not in shown
