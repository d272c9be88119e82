"""Batches: lines that run as calls of their own, the course of a job by the clock, and what makes one fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import Batch

from pytest_mockopenai.core import limits, words
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.endpoints.batches import job, running, validation
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import KEY, NOW, Answered, Api

CHAT = "/v1/chat/completions"
DAY = 24 * 3600


def line(id_: str, text: str = "Hi", url: str = CHAT, **change: Any) -> dict[str, Any]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    made = {"custom_id": id_, "method": "POST", "url": url, "body": body, **change}
    return {name: value for name, value in made.items() if value is not ...}


def jsonl(*lines: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


def created(api: Api, *lines: Any, endpoint: str = CHAT, **more: Any) -> Answered:
    """A batch of these lines; one of bytes is the whole file."""
    data = lines[0] if lines and isinstance(lines[0], bytes) else jsonl(*lines)
    body = {"input_file_id": api.upload(data).json["id"], "endpoint": endpoint, "completion_window": "24h", **more}
    return api.send("POST", "/v1/batches", body)


def now(api: Api, id_: str) -> dict[str, Any]:
    answered = api.get(f"/v1/batches/{id_}")
    Batch.model_validate(answered.json)
    return cast("dict[str, Any]", answered.json)


def lines_of(api: Api, id_: str | None) -> list[Any]:
    """What is in a file of a batch."""
    if id_ is None:
        return []
    return [json.loads(text) for text in body_of(api.get(f"/v1/files/{id_}/content").reply).splitlines()]


def done(api: Api, *lines: Any, **more: Any) -> dict[str, Any]:
    """A batch of these lines that has come to its end."""
    id_ = created(api, *lines, **more).json["id"]
    api.time += 1
    return now(api, id_)


@pytest.fixture
def slow() -> Iterator[Api]:
    """An app whose jobs take 100 s: 10 of validating, 70 in progress, 20 of finalizing."""
    made = Api(job_seconds=100)
    yield made
    assert made.app.problems == []


# --- what comes of lines ----------------------------------------------------------------------------------------------


def test_a_batch_says_what_the_same_calls_say(api: Api) -> None:
    batch = done(api, line("a", "One?"), line("b", "Two?"))
    assert (batch["status"], batch["error_file_id"]) == ("completed", None)
    output = lines_of(api, batch["output_file_id"])
    assert [each["custom_id"] for each in output] == ["a", "b"]
    for each, text in zip(output, ("One?", "Two?"), strict=True):
        alone = api.chat(messages=[{"role": "user", "content": text}])
        body = each["response"]["body"]
        assert body["choices"] == alone.json["choices"]
        assert body["usage"] == alone.json["usage"]
        assert (each["response"]["status_code"], each["error"]) == (200, None)
        assert each["id"].startswith("batch_req_")
        assert each["response"]["request_id"].startswith("req_")
    assert len({each["id"] for each in output}) == 2


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("/v1/responses", {"model": "gpt-4o", "input": "Hi"}, "response"),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}, "list"),
        ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}, "text_completion"),
        ("/v1/moderations", {"model": "omni-moderation-latest", "input": "Hi"}, None),
        ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "A cat"}, None),
    ],
)
def test_every_endpoint(api: Api, endpoint: str, body: Any, kind: str | None) -> None:
    batch = done(api, line("a", url=endpoint, body=body), endpoint=endpoint)
    (answered,) = lines_of(api, batch["output_file_id"])
    assert answered["response"]["body"].get("object") == kind
    assert (batch["model"], batch["endpoint"]) == (body["model"], endpoint)
    spent = sum(usage.total_tokens for usage in api.app.recorder.usage().values())
    assert batch["usage"]["total_tokens"] == spent
    assert (spent > 0) is (endpoint != "/v1/moderations")


def test_lines_take_words_in_order_and_errors_go_into_a_file_of_their_own(api: Api) -> None:
    api.reply("First.", words.rate_limit(), "Third.")
    batch = done(api, line("a"), line("b"), line("c"), line("d", body={"model": "gpt-4o", "messages": []}))
    assert batch["request_counts"] == {"total": 4, "completed": 2, "failed": 2}
    output, errors = lines_of(api, batch["output_file_id"]), lines_of(api, batch["error_file_id"])
    said = {each["custom_id"]: each["response"]["body"]["choices"][0]["message"]["content"] for each in output}
    assert said == {"a": "First.", "c": "Third."}
    codes = {each["custom_id"]: (each["response"]["status_code"], each["error"]) for each in errors}
    assert codes == {"b": (429, None), "d": (400, None)}
    assert errors[0]["response"]["body"]["error"]["code"] == "rate_limit_exceeded"


def test_a_batch_of_which_nothing_succeeds_has_no_output(api: Api) -> None:
    Scripted(api.app, when(endpoint="chat")).always(words.server_error())
    batch = done(api, line("a"))
    assert (batch["status"], batch["output_file_id"]) == ("completed", None)
    assert lines_of(api, batch["error_file_id"])[0]["response"]["status_code"] == 500


@pytest.mark.parametrize("fault", [words.reset(), words.malformed(), words.short_body(), words.cut(after=1)])
def test_a_fault_breaks_a_line(api: Api, fault: Any) -> None:
    Scripted(api.app, when(endpoint="chat")).reply(fault)
    batch = done(api, line("a"), line("b"))
    assert batch["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    assert lines_of(api, batch["error_file_id"])[0]["response"]["status_code"] == 500


def test_a_rule_may_be_for_one_line(api: Api) -> None:
    rule = When(header=(("x-mock-custom-id", "b"),))
    Scripted(api.app, rule).reply("Mine.")
    output = lines_of(api, done(api, line("a"), line("b"))["output_file_id"])
    assert [each["response"]["body"]["choices"][0]["message"]["content"] == "Mine." for each in output] == [False, True]


def test_the_record_tells_lines_apart(api: Api) -> None:
    id_ = done(api, line("a"), line("é"))["id"]
    calls = [call for call in api.app.recorder.calls() if call.endpoint.startswith("chat")]
    assert [(call.batch_id, call.custom_id) for call in calls] == [(id_, "a"), (id_, "é")]
    api.chat()
    assert api.app.recorder.calls()[-1].custom_id is None


def test_no_rate_limit_counts_lines() -> None:
    api = Api(limits=limits.parse("rpm=1"))
    assert done(api, *(line(str(n)) for n in range(3)))["request_counts"]["completed"] == 3
    assert [api.chat().status, api.chat().status] == [200, 429]


def test_the_same_seed_gives_the_same_files() -> None:
    def files() -> list[Any]:
        api = Api(seed=7)
        batch = done(api, line("a"), line("b", body={"model": "gpt-4o", "messages": []}))
        return [batch, *(lines_of(api, batch[f"{kind}_file_id"]) for kind in ("output", "error"))]

    assert files() == files()


def test_files_live_as_long_as_they_are_told(api: Api) -> None:
    for more, seconds in (
        ({}, 30 * DAY),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 3600}}, 3600),
    ):
        file = api.get(f"/v1/files/{done(api, line('a'), **more)['output_file_id']}").json
        assert (file["purpose"], file["expires_at"] - file["created_at"]) == ("batch_output", seconds)
        assert file["filename"].endswith("_output.jsonl")


def test_the_input_may_be_deleted(api: Api) -> None:
    batch = created(api, line("a")).json
    api.send("DELETE", f"/v1/files/{batch['input_file_id']}", None, KEY)
    api.time += 1
    assert now(api, batch["id"])["status"] == "completed"


# --- the course of a job ----------------------------------------------------------------------------------------------


def test_a_batch_comes_on_by_the_clock(slow: Api) -> None:
    batch = created(slow, *(line(str(n)) for n in range(7)), metadata={"a": "b"}).json
    Batch.model_validate(batch)
    assert (batch["status"], batch["usage"], batch["model"]) == ("validating", None, None)
    assert batch["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert (batch["created_at"], batch["expires_at"], batch["metadata"]) == (NOW, NOW + DAY, {"a": "b"})
    seen = []
    for _ in range(10):
        slow.time += 10
        batch = now(slow, batch["id"])
        seen.append((batch["status"], batch["request_counts"]["completed"], batch["output_file_id"] is not None))
    assert seen == [
        *(("in_progress", count, False) for count in range(7)),
        ("finalizing", 7, False),
        ("finalizing", 7, False),
        ("completed", 7, True),
    ]
    times = [batch[f"{name}_at"] for name in ("in_progress", "finalizing", "completed")]
    assert times == [NOW + 10, NOW + 80, NOW + 100]
    assert [batch[f"{name}_at"] for name in ("failed", "expired", "cancelling", "cancelled")] == [None] * 4


def test_usage_comes_on_too(slow: Api) -> None:
    id_ = created(slow, line("a"), line("b")).json["id"]
    slow.time += 50
    half = now(slow, id_)["usage"]
    slow.time += 50
    whole = now(slow, id_)["usage"]
    assert 0 < half["total_tokens"] < whole["total_tokens"]
    assert whole["total_tokens"] == whole["input_tokens"] + whole["output_tokens"]


def test_without_time_a_batch_is_done_at_the_first_look() -> None:
    api = Api(job_seconds=0)
    batch = created(api, line("a")).json
    assert (batch["status"], batch["output_file_id"]) == ("validating", None)
    assert now(api, batch["id"])["status"] == "completed"


@pytest.mark.parametrize(("seconds", "count"), [(5, 0), (10, 0), (45, 5), (79, 9), (85, 10)])
def test_a_batch_that_is_cancelled_keeps_what_it_has(slow: Api, seconds: float, count: int) -> None:
    id_ = created(slow, *(line(str(n)) for n in range(10))).json["id"]
    slow.time += seconds
    cancelling = slow.send("POST", f"/v1/batches/{id_}/cancel").json
    assert (cancelling["status"], cancelling["cancelling_at"]) == ("cancelling", NOW + seconds)
    assert slow.send("POST", f"/v1/batches/{id_}/cancel").json == cancelling
    slow.time += 9
    assert now(slow, id_)["status"] == "cancelling"
    slow.time += 1
    cancelled = now(slow, id_)
    assert (cancelled["status"], cancelled["cancelled_at"]) == ("cancelled", NOW + seconds + 10)
    assert cancelled["request_counts"] == {"total": 10, "completed": count, "failed": 0}
    assert [each["custom_id"] for each in lines_of(slow, cancelled["output_file_id"])] == [*map(str, range(count))]
    assert slow.send("POST", f"/v1/batches/{id_}/cancel").json == cancelled
    slow.time += 1000
    assert now(slow, id_) == cancelled


def test_a_batch_that_is_done_cannot_be_cancelled(api: Api) -> None:
    for batch in (done(api, line("a")), done(api, line("a", method="GET"))):
        answered = api.send("POST", f"/v1/batches/{batch['id']}/cancel")
        assert answered.status == 409
        assert answered.error["message"] == f"Cannot cancel a batch with status '{batch['status']}'."


def test_a_batch_expires_after_a_day() -> None:
    api = Api(job_seconds=2 * DAY)
    id_ = created(api, *(line(str(n)) for n in range(7))).json["id"]
    api.time += DAY - 1
    assert now(api, id_)["status"] == "in_progress"
    api.time += 1
    batch = now(api, id_)
    assert (batch["status"], batch["expired_at"], batch["completed_at"]) == ("expired", NOW + DAY, None)
    output, errors = lines_of(api, batch["output_file_id"]), lines_of(api, batch["error_file_id"])
    assert [each["custom_id"] for each in [*output, *errors]] == [*"0123456"]
    assert batch["request_counts"] == {"total": 7, "completed": len(output), "failed": len(errors)}
    assert 0 < len(output) < 7
    assert errors[0]["response"] is None
    assert errors[0]["error"]["code"] == "batch_expired"


# --- large ones -------------------------------------------------------------------------------------------------------


def test_a_large_batch_runs_bit_by_bit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "PORTIONS", 10)
    monkeypatch.setattr(running, "AT_A_LOOK", 6)
    ids = [str(n) for n in range(25)]  # nine portions, eight of them of 3 lines
    id_ = created(api, *map(line, ids)).json["id"]
    api.time += 1
    seen = []
    while not seen or seen[-1][0] != "completed":
        batch = now(api, id_)
        seen.append((batch["status"], batch["request_counts"]["completed"]))
    assert seen == [("in_progress", 12), ("in_progress", 18), ("in_progress", 24), ("completed", 25)]
    assert [each["custom_id"] for each in lines_of(api, batch["output_file_id"])] == ids
    assert len({each["id"] for each in lines_of(api, batch["output_file_id"])}) == 25


def test_looks_share_what_runs_at_one_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_A_LOOK", 2)
    for _ in range(3):
        created(api, *(line(str(n)) for n in range(6)))
    api.time += 1
    monkeypatch.setattr(running, "AT_A_LOOK", 4)
    counts = [batch["request_counts"]["completed"] for batch in api.get("/v1/batches").json["data"]]
    assert counts == [6, 2, 2]


def test_many_who_look_at_once_run_no_line_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_A_LOOK", 1)
    api = Api()
    id_ = created(api, *(line(str(n)) for n in range(20))).json["id"]
    api.time += 1
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: now(api, id_), range(40)))
    batch = now(api, id_)
    assert batch["status"] == "completed"
    assert [each["custom_id"] for each in lines_of(api, batch["output_file_id"])] == [str(n) for n in range(20)]
    assert len(api.get("/v1/files?purpose=batch_output").json["data"]) == 1
    assert len([call for call in api.app.recorder.calls() if call.custom_id]) == 20


def test_a_batch_leaves_nothing_but_its_files(api: Api) -> None:
    contents: Any = api.app._state.store.contents
    room = contents._left
    batch = done(api, line("a"), line("b", body={"model": "gpt-4o", "messages": []}))
    for id_ in (batch["input_file_id"], batch["output_file_id"], batch["error_file_id"]):
        api.send("DELETE", f"/v1/files/{id_}", None, KEY)
    assert contents._left == room


# --- files that make a batch fail -------------------------------------------------------------------------------------

LINE = line("a")


@pytest.mark.parametrize(
    ("bad", "code", "message", "param"),
    [
        (b"{invalid", "invalid_json_line", "This line is not parseable as valid JSON.", None),
        (b"[1]", "invalid_json_line", "This line is not parseable as valid JSON.", None),
        (b"\xff", "invalid_json_line", "This line is not parseable as valid JSON.", None),
        *(
            (line("b", **{name: ...}), "missing_required_parameter", f"Missing required parameter: '{name}'.", name)
            for name in ("custom_id", "method", "url", "body")
        ),
        (
            {**LINE, "custom_id": 1},
            "invalid_type",
            "Invalid type for 'custom_id': expected a string, but got an integer instead.",
            "custom_id",
        ),
        (
            {**LINE, "body": [1]},
            "invalid_type",
            "Invalid type for 'body': expected an object, but got an array instead.",
            "body",
        ),
        (
            LINE,
            "duplicate_custom_id",
            "The custom_id 'a' for this request is a duplicate of another request. The custom_id parameter must be "
            "unique for each request in a batch.",
            "custom_id",
        ),
        (line("b", method="GET"), "invalid_value", "Invalid value: 'GET'. Supported values are: 'POST'.", "method"),
        (
            line("b", url="/v1/embeddings"),
            "invalid_url",
            "The URL provided for this request does not match the batch endpoint.",
            "url",
        ),
        (line("b", body={"messages": []}), "invalid_request", "Model parameter is required.", "body.model"),
        (line("b", body={"model": "gpt-4o"}), "invalid_request", "Messages parameter is required.", "body.messages"),
        (
            line("b", body={**LINE["body"], "stream": True}),
            "streaming_unsupported",
            "Chat Completions: Streaming is not supported in the Batch API.",
            "body.stream",
        ),
        (
            line("b", body={**LINE["body"], "model": "gpt-4o-mini"}),
            "mismatched_model",
            "The model 'gpt-4o-mini' for this request does not match the rest of the batch. Each batch must contain "
            "requests for a single model.",
            "body.model",
        ),
    ],
)
def test_a_line_that_makes_a_batch_fail(api: Api, bad: Any, code: str, message: str, param: str | None) -> None:
    text = bad if isinstance(bad, bytes) else jsonl(bad)
    batch = created(api, jsonl(LINE) + b"\n" + text).json
    assert (batch["status"], batch["errors"]) == ("validating", None)
    api.time += 1
    batch = now(api, batch["id"])
    error = {"code": code, "line": 3, "message": message, "param": param}
    assert (batch["status"], batch["errors"]) == ("failed", {"object": "list", "data": [error]})
    assert (batch["failed_at"], batch["in_progress_at"], batch["completed_at"]) == (NOW, None, None)
    assert batch["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert [call for call in api.app.recorder.calls() if call.custom_id] == []


def test_every_bad_line_is_told(api: Api) -> None:
    batch = done(api, jsonl(LINE) + b"x\n" * 200)
    assert [error["line"] for error in batch["errors"]["data"]] == list(range(2, 2 + validation.MOST_ERRORS))


def test_a_byte_order_mark_is_no_json(api: Api) -> None:
    errors = done(api, b"\xef\xbb\xbf" + jsonl(LINE))["errors"]["data"]
    assert [(error["code"], error["line"]) for error in errors] == [("invalid_json_line", 1)]


def test_lines_may_end_as_on_windows(api: Api) -> None:
    assert done(api, jsonl(LINE, line("b")).replace(b"\n", b"\r\n"))["request_counts"]["completed"] == 2


def test_too_many_lines(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "MOST_LINES", 2)
    assert done(api, line("a"), line("b"))["status"] == "completed"
    errors = done(api, line("a"), line("b"), line("c"))["errors"]["data"]
    assert [(error["code"], error["line"]) for error in errors] == [("too_many_tasks", None)]


@pytest.mark.parametrize("purpose", [None, "evals"])
def test_a_file_that_is_none_for_batches(api: Api, purpose: str | None) -> None:
    id_ = api.upload(jsonl(LINE), purpose=purpose).json["id"] if purpose else "file-none"
    body = {"input_file_id": id_, "endpoint": CHAT, "completion_window": "24h"}
    batch = api.send("POST", "/v1/batches", body).json
    api.time += 1
    (error,) = now(api, batch["id"])["errors"]["data"]
    assert (error["code"], error["line"], error["param"]) == ("invalid_request", None, "file_id")
    assert id_ in error["message"]


@given(st.binary(max_size=100))
def test_any_bytes_make_a_batch_that_fails_or_is_done(data: bytes) -> None:
    api = Api()
    assert done(api, jsonl(LINE) + data)["status"] in ("completed", "failed")
    assert api.app.problems == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["custom_id", "method", "url", "body", "x"]), VALUES), st.booleans())
def test_any_line_makes_a_batch_that_fails_or_is_done(change: dict[str, Any], inside: bool) -> None:
    api = Api()
    changed = {**LINE, "body": {**LINE["body"], **change}} if inside else {**LINE, **change}
    assert done(api, changed)["status"] in ("completed", "failed")
    assert api.app.problems == []


# --- requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message", "param"),
    [
        ({"input_file_id": ...}, "Missing required parameter: 'input_file_id'.", "input_file_id"),
        ({"endpoint": "/v1/x"}, "Invalid value: '/v1/x'. Supported values are: '/v1/responses', ", "endpoint"),
        ({"completion_window": "48h"}, "Invalid value: '48h'. Supported values are: '24h'.", "completion_window"),
        (
            {"metadata": {"tags": ["a"]}},
            "Invalid type for 'metadata.tags': expected a string, but got an array instead.",
            "metadata.tags",
        ),
        ({"metadata": {"a" * 65: "x"}}, "Invalid property name in 'metadata'", "metadata"),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 1}},
            "Invalid 'output_expires_after.seconds'",
            "output_expires_after.seconds",
        ),
    ],
)
def test_a_batch_that_cannot_be(api: Api, change: dict[str, Any], message: str, param: str) -> None:
    body = {"input_file_id": "file-x", "endpoint": CHAT, "completion_window": "24h", **change}
    answered = api.send("POST", "/v1/batches", {name: value for name, value in body.items() if value is not ...})
    assert (answered.status, answered.error["param"]) == (400, param)
    assert answered.error["message"].startswith(message)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/cancel")])
def test_an_unknown_batch(api: Api, method: str, path: str) -> None:
    answered = Answered(api.app.exchange(Request(method, f"/v1/batches/batch_x{path}", (KEY,))).reply)
    assert (answered.status, answered.error["message"]) == (404, "No batch found with id 'batch_x'.")


def test_lists_have_the_newest_first_and_pages(api: Api) -> None:
    ids = [created(api, line("a")).json["id"] for _ in range(3)]
    listed = api.get("/v1/batches?limit=2").json
    assert ([each["id"] for each in listed["data"]], listed["has_more"]) == (ids[:0:-1], True)
    assert [each["id"] for each in api.get(f"/v1/batches?after={ids[1]}").json["data"]] == ids[:1]
    assert api.get("/v1/batches?limit=101").status == 400
    api.time += 1
    assert {each["status"] for each in api.get("/v1/batches").json["data"]} == {"completed"}
