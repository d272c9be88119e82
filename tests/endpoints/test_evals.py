"""Evals and their runs: what is sampled and graded, what shows when, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import EvalCreateResponse, EvalDeleteResponse
from openai.types.evals import RunCreateResponse
from openai.types.evals.runs import OutputItemListResponse

from pytest_mockopenai.core import words
from pytest_mockopenai.endpoints.evals import running
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import KEY, NOW, Api

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
LABELS = {
    "type": "label_model",
    "name": "tone",
    "model": "gpt-4o",
    "labels": ["kind", "rude"],
    "passing_labels": ["kind"],
    "input": [{"role": "developer", "content": "Rate: {{sample.output_text}}"}],
}
ITEM_SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["answer"],
}
CONFIG = {"type": "custom", "item_schema": ITEM_SCHEMA, "include_sample_schema": True}
ASKS = {"type": "template", "template": [{"role": "user", "content": "{{item.question}}"}]}
NO_ERROR = {"code": "", "message": ""}  # where the API says null and the SDK's types do not allow for it


@pytest.fixture
def api() -> Api:
    """Runs take a minute: ten seconds in the queue, then their items."""
    return Api(job_seconds=60)


def made(api: Api, *criteria: Any, **more: Any) -> Any:
    body = {"data_source_config": CONFIG, "testing_criteria": list(criteria) or [EXACT], "name": "capitals", **more}
    answered = api.send("POST", "/v1/evals", body)
    assert answered.status == 200, answered.error
    EvalCreateResponse.model_validate(answered.json)
    return answered.json


def content(*items: Any) -> Any:
    return {"type": "file_content", "content": [item if "item" in item else {"item": item} for item in items]}


def completions(source: Any, **more: Any) -> Any:
    return {"type": "completions", "model": "gpt-4o-mini", "source": source, "input_messages": ASKS, **more}


def jsonl(source: Any) -> Any:
    return {"type": "jsonl", "source": source}


def start(api: Api, eval_: Any, data_source: Any, **more: Any) -> Any:
    answered = api.send("POST", f"/v1/evals/{eval_['id']}/runs", {"data_source": data_source, **more})
    assert answered.status == 200, answered.error
    return answered.json


def seen(api: Api, run: Any, seconds: float = 60) -> Any:
    api.time = NOW + seconds
    shown = api.get(f"/v1/evals/{run['eval_id']}/runs/{run['id']}").json
    RunCreateResponse.model_validate({**shown, "error": shown["error"] or NO_ERROR})
    return shown


def outputs(api: Api, run: Any, query: str = "") -> Any:
    items = api.get(f"/v1/evals/{run['eval_id']}/runs/{run['id']}/output_items{query}").json["data"]
    for item in items:
        sample = {**item["sample"], "error": item["sample"]["error"] or NO_ERROR}
        OutputItemListResponse.model_validate({**item, "sample": sample})
    return items


def qa(question: str, answer: str) -> Any:
    return {"question": question, "answer": answer}


PAIRS = content(qa("France?", "Paris"), qa("Italy?", "Rome"), qa("Spain?", "Madrid"))


# --- evals ------------------------------------------------------------------------------------------------------------


def test_an_eval_is_made_read_changed_and_deleted(api: Api) -> None:
    eval_ = made(api, metadata={"a": "1"})
    target = f"/v1/evals/{eval_['id']}"
    assert (eval_["name"], eval_["created_at"], eval_["metadata"]) == ("capitals", NOW, {"a": "1"})
    assert eval_["data_source_config"]["schema"]["properties"]["item"] == ITEM_SCHEMA
    assert set(eval_["data_source_config"]["schema"]["properties"]) == {"item", "sample"}
    assert eval_["testing_criteria"][0]["id"].startswith("exact-")
    assert api.get(target).json == eval_
    changed = api.send("POST", target, {"name": "cities"}).json
    assert changed == {**eval_, "name": "cities"}
    run = start(api, eval_, jsonl(PAIRS))
    deleted = EvalDeleteResponse.model_validate(api.send("DELETE", target, None, KEY).json)
    assert (deleted.eval_id, deleted.deleted) == (eval_["id"], True)
    assert api.get(target).status == api.get(f"{target}/runs/{run['id']}").status == 404
    assert api.get("/v1/evals").json["data"] == []


def test_evals_are_listed_by_time(api: Api) -> None:
    ids = []
    for second in range(3):
        api.time = NOW + second
        ids.append(made(api)["id"])
    api.time = NOW + 10
    api.send("POST", f"/v1/evals/{ids[0]}", {"metadata": {"a": "1"}})

    def listed(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/v1/evals{query}").json["data"]]

    assert listed("") == ids
    assert listed("?order=desc&limit=2") == ids[:0:-1]
    assert listed("?order_by=updated_at") == [ids[1], ids[2], ids[0]]
    assert api.get("/v1/evals?order_by=name").error["param"] == "order_by"


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"testing_criteria": ...}, "testing_criteria", "missing_required_parameter"),
        ({"testing_criteria": []}, "testing_criteria", "empty_array"),
        ({"data_source_config": ...}, "data_source_config", "missing_required_parameter"),
        ({"testing_criteria": [{**LABELS, "passing_labels": ["nice"]}]}, "testing_criteria[0].passing_labels",
         "invalid_value"),
        ({"testing_criteria": [{**LABELS, "input": [{"role": "judge", "content": "Rate."}]}]},
         "testing_criteria[0].input[0].role", "invalid_value"),
        ({"testing_criteria": [{**EXACT, "operation": "equals"}]}, "testing_criteria[0].operation", "invalid_value"),
        ({"metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length"),
        ({"tests": []}, "tests", "unknown_parameter"),
    ],
)  # fmt: skip
def test_what_an_eval_cannot_be(api: Api, body: Any, param: str, code: str) -> None:
    asked = {"data_source_config": CONFIG, "testing_criteria": [EXACT], **body}
    answered = api.send("POST", "/v1/evals", {name: value for name, value in asked.items() if value is not ...})
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


@pytest.mark.parametrize("type_", ["logs", "stored_completions"])
def test_evals_of_what_was_stored(api: Api, type_: str) -> None:
    config = made(api, data_source_config={"type": type_, "metadata": {"a": "1"}})["data_source_config"]
    assert (config["type"], config["metadata"]) == (type_, {"a": "1"})


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_samples_grades_and_shows_it_by_the_clock(api: Api) -> None:
    api.reply("Paris", "Milan", "Madrid")
    run = start(api, made(api), completions(PAIRS), name="first", metadata={"b": "2"})
    assert (run["status"], run["result_counts"]["total"], run["name"]) == ("queued", 3, "first")
    assert (run["model"], run["error"], run["metadata"]) == ("gpt-4o-mini", None, {"b": "2"})
    statuses = [(seen(api, run, at)["status"], len(outputs(api, run))) for at in (0, 10, 30, 44, 60)]
    assert statuses == [("queued", 0), ("in_progress", 0), ("in_progress", 1), ("in_progress", 2), ("completed", 3)]
    done = seen(api, run)
    assert done["result_counts"] == {"total": 3, "passed": 2, "failed": 1, "errored": 0}
    (criterion,) = done["per_testing_criteria_results"]
    assert (criterion["passed"], criterion["failed"]) == (2, 1)
    (usage,) = done["per_model_usage"]
    calls = [call for call in api.app.recorder.calls() if call.endpoint == "chat.completions"]
    assert (usage["model_name"], usage["invocation_count"]) == ("gpt-4o-mini", 3)
    assert usage["total_tokens"] == sum(call.usage.total_tokens for call in calls if call.usage)
    assert [call.last_message for call in calls] == ["France?", "Italy?", "Spain?"]


def test_output_items_are_listed_and_picked(api: Api) -> None:
    api.reply("Paris", "Milan", "Madrid")
    run = start(api, made(api), completions(PAIRS))
    seen(api, run)
    items = outputs(api, run)
    assert [item["status"] for item in items] == ["pass", "fail", "pass"]
    assert [item["datasource_item_id"] for item in items] == [0, 1, 2]
    assert [item["datasource_item"]["answer"] for item in items] == ["Paris", "Rome", "Madrid"]
    assert items[1]["results"][0]["score"] == 0
    assert items[1]["sample"]["output"] == [{"role": "assistant", "content": "Milan"}]
    assert outputs(api, run, "?status=fail") == [items[1]]
    assert outputs(api, run, "?order=desc&limit=1") == [items[2]]
    target = f"/v1/evals/{run['eval_id']}/runs/{run['id']}/output_items"
    assert api.get(f"{target}/{items[0]['id']}").json == items[0]
    assert api.get(f"{target}/outputitem_x").status == 404


def test_graders_ask_the_model_too(api: Api) -> None:
    eval_ = made(api, LABELS, {**EXACT, "operation": "ne"})
    api.reply("Hello!", "kind", words.refuses("I won't."), words.says_json({"result": "rude"}))
    run = start(api, eval_, completions(content(qa("a", "b"), qa("c", "d"))))
    done = seen(api, run)
    assert done["result_counts"] == {"total": 2, "passed": 1, "failed": 1, "errored": 0}
    assert [each["model_name"] for each in done["per_model_usage"]] == ["gpt-4o-mini", "gpt-4o"]
    asked = [call.last_message for call in api.app.recorder.calls() if call.model == "gpt-4o"]
    first, second = outputs(api, run)
    assert len(asked) == 2
    assert first["results"][0]["sample"]["input"] == [{"role": "developer", "content": "Rate: Hello!"}]
    assert second["results"][0]["sample"]["output"][0]["content"] == '{"result":"rude"}'


def test_what_is_not_scripted_is_made_up_and_graded_all_the_same(api: Api) -> None:
    run = start(api, made(api, LABELS), completions(PAIRS))
    counts = seen(api, run)["result_counts"]
    assert counts["errored"] == 0
    assert counts["passed"] + counts["failed"] == 3


def test_responses_are_sampled(api: Api) -> None:
    api.reply("Paris")
    parameters = {"max_completion_tokens": 50, "temperature": 0.2, "seed": 3}
    source = {
        "type": "responses",
        "model": "gpt-4o",
        "source": content(qa("France?", "Paris")),
        "input_messages": {"type": "template", "template": [{"role": "user", "content": [
            {"type": "input_text", "text": "Capital of"}, {"type": "input_text", "text": "{{item.question}}"}]}]},
        "sampling_params": parameters,
    }  # fmt: skip
    run = start(api, made(api), source)
    assert seen(api, run)["result_counts"]["passed"] == 1
    (call,) = [call for call in api.app.recorder.calls() if call.endpoint == "responses"]
    assert (call.body["max_output_tokens"], call.body["temperature"], "seed" in call.body) == (50, 0.2, False)
    assert call.body["input"][0]["content"][1] == {"type": "input_text", "text": "France?"}


def test_messages_of_an_item(api: Api) -> None:
    schema = {"type": "object", "properties": {"chat": {}}}
    eval_ = made(api, {**EXACT, "reference": "Yes"}, data_source_config={"type": "custom", "item_schema": schema})
    api.reply("Yes")
    items = content({"chat": [{"role": "user", "content": "Well?"}]}, {"chat": "no messages"})
    reference = {"type": "item_reference", "item_reference": "item.chat"}
    run = start(api, eval_, completions(items, input_messages=reference))
    assert seen(api, run)["result_counts"] == {"total": 2, "passed": 1, "failed": 0, "errored": 1}
    assert outputs(api, run)[1]["sample"]["error"]["code"] == "invalid_variable"


def test_samples_that_the_data_bring_along(api: Api) -> None:
    items = content(
        {"item": qa("a", "Paris"), "sample": {"output_text": "Paris", "extra": "x"}}, {"item": qa("b", "Rome")}
    )
    run = start(api, made(api, EXACT, {**EXACT, "input": "{{sample.extra}}", "reference": "x"}), jsonl(items))
    assert seen(api, run)["result_counts"] == {"total": 2, "passed": 1, "failed": 0, "errored": 1}
    assert seen(api, run)["per_model_usage"] == []


def test_items_of_a_file(api: Api) -> None:
    data = "\n\n".join(json.dumps(each) for each in PAIRS["content"]).encode()
    id_ = api.upload(data, purpose="evals").json["id"]
    api.reply("Paris", "Rome", "Madrid")
    run = start(api, made(api), completions({"type": "file_id", "id": id_}))
    assert seen(api, run)["result_counts"]["passed"] == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"item": {"answer": "a"}}\n{broken', "Line 2 of the file is no JSON."),
        (b'{"answer": "a"}', "Line 1 of the file has no object 'item'."),
        (b'{"item": {"answer": "a"}, "sample": 1}', "Line 1 of the file has a 'sample' that is no object."),
        (b'{"item": {"answer": 5}}', "The item in line 1 of the file does not match the eval's item_schema."),
        (b"\n", "There are no items in the data source."),
    ],
)
def test_a_file_that_is_not_in_order_fails_the_run(api: Api, data: bytes, message: str) -> None:
    id_ = api.upload(data, purpose="evals").json["id"]
    run = start(api, made(api), jsonl({"type": "file_id", "id": id_}))
    assert seen(api, run, 0)["status"] == "queued"
    failed = seen(api, run)
    assert (failed["status"], failed["error"]["message"]) == ("failed", message)
    assert failed["result_counts"]["total"] == 0


def test_stored_completions_and_responses_are_graded(api: Api) -> None:
    api.reply("Paris", "Rome", "Madrid", "Oslo")
    api.chat(store=True, metadata={"a": "1"})
    api.chat(store=True)
    api.respond(metadata={"a": "1"})
    api.respond(model="gpt-4.1")
    eval_ = made(api, {**EXACT, "operation": "like", "reference": "a"}, data_source_config={"type": "logs"})
    stored = {"type": "completions", "source": {"type": "stored_completions", "metadata": {"a": "1"}}}
    run = start(api, eval_, stored)
    assert seen(api, run)["result_counts"] == {"total": 1, "passed": 1, "failed": 0, "errored": 0}
    assert outputs(api, run)[0]["datasource_item"]["output"][0]["content"] == "Paris"
    api.time = NOW
    logs = start(api, eval_, {"type": "responses", "source": {"type": "responses", "model": "gpt-4.1"}})
    assert seen(api, logs)["result_counts"] == {"total": 1, "passed": 0, "failed": 1, "errored": 0}


def test_a_model_that_fails_is_an_errored_item(api: Api) -> None:
    replies = words.server_error(), "Rome", words.cut(after=3)
    Scripted(api.app, when(endpoint="chat.completions")).reply(*replies)
    run = start(api, made(api), completions(PAIRS))
    done = seen(api, run)
    assert (done["status"], done["result_counts"]) == (
        "completed",
        {"total": 3, "passed": 1, "failed": 0, "errored": 2},
    )
    first = outputs(api, run)[0]
    assert (first["status"], first["results"], first["sample"]["error"]["code"]) == ("error", [], "server_error")


def test_python_graders_are_errors_that_say_why(api: Api) -> None:
    run = start(api, made(api, {"type": "python", "name": "p", "source": "def grade(): ..."}), jsonl(PAIRS))
    assert seen(api, run)["result_counts"]["errored"] == 3
    (result,) = outputs(api, run)[0]["results"]
    assert (result["passed"], result["error"]["code"]) == (False, "python_not_run")


def test_a_run_is_canceled(api: Api) -> None:
    api.reply("Paris", "Rome", "Madrid")
    run = start(api, made(api), completions(PAIRS))
    seen(api, run, 30)
    target = f"/v1/evals/{run['eval_id']}/runs/{run['id']}"
    canceled = api.send("POST", f"{target}/cancel", None, KEY).json
    assert (canceled["status"], canceled["result_counts"]["passed"]) == ("canceled", 1)
    assert seen(api, run, 1000)["result_counts"]["passed"] == len(outputs(api, run)) == 1
    again = api.send("POST", target, None, KEY)  # the path of older SDKs
    assert (again.status, "status 'canceled'" in again.error["message"]) == (400, True)
    deleted = api.send("DELETE", target, None, KEY).json
    assert deleted == {"object": "eval.run.deleted", "deleted": True, "run_id": run["id"]}
    assert api.get(target).status == 404


def test_runs_are_listed_and_picked(api: Api) -> None:
    eval_, other = made(api), made(api, name="other")
    ids = [start(api, eval_, jsonl(PAIRS))["id"] for _ in range(2)]
    start(api, other, jsonl(PAIRS))
    target = f"/v1/evals/{eval_['id']}/runs"
    api.send("POST", f"{target}/{ids[0]}/cancel", None, KEY)
    assert [run["id"] for run in api.get(target).json["data"]] == ids
    assert [run["id"] for run in api.get(f"{target}?status=canceled").json["data"]] == ids[:1]
    assert api.get(f"/v1/evals/{other['id']}/runs/{ids[0]}").status == 404


def test_a_large_run_goes_on_at_each_look(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_A_LOOK", 2)
    run = start(api, made(api), completions(content(*[qa(str(number), "x") for number in range(5)])))
    seen_ = [(shown["status"], shown["result_counts"]["failed"]) for shown in (seen(api, run), seen(api, run))]
    assert seen_ == [("in_progress", 4), ("completed", 5)]
    assert [item["datasource_item_id"] for item in outputs(api, run)] == list(range(5))


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "status", "param"),
    [
        (jsonl({"type": "file_id", "id": "file-x"}), 404, "id"),
        (jsonl({"type": "file_id"}), 400, "data_source.source.id"),
        (jsonl(content({"answer": 5})), 400, "data_source.source.content[0].item"),
        (completions(PAIRS, model=""), 400, "data_source.model"),
        ({"type": "csv"}, 400, "data_source.type"),
    ],
)
def test_what_a_run_cannot_begin_with(api: Api, source: Any, status: int, param: str) -> None:
    answered = api.send("POST", f"/v1/evals/{made(api)['id']}/runs", {"data_source": source})
    assert (answered.status, answered.error["param"]) == (status, param)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/runs"), ("GET", "/runs/x"), ("DELETE", "/runs/x")),
        *(("POST", "/runs/x/cancel"), ("GET", "/runs/x/output_items"), ("GET", "/runs/x/output_items/y")),
    ],
)
def test_an_unknown_eval(api: Api, method: str, path: str) -> None:
    answered = api.send(method, f"/v1/evals/eval_x{path}", {"name": "x"} if (method, path) == ("POST", "") else None)
    assert (answered.status, answered.error["message"]) == (404, "Eval with id 'eval_x' not found.")


# --- graders of fine-tuning -------------------------------------------------------------------------------------------


def test_a_grader_of_fine_tuning_is_run(api: Api) -> None:
    from openai.types.fine_tuning.alpha import GraderRunResponse, GraderValidateResponse

    exact = {**EXACT, "input": "{{sample.output_json.city}}"}
    score = {**LABELS, "type": "score_model", "range": [0, 10]}
    del score["labels"], score["passing_labels"]
    multi = {"type": "multi", "name": "m", "graders": {"exact": exact, "score": score}}
    grader = {**multi, "calculate_output": "(exact * 10 + score) / 20"}
    api.reply("8")
    body = {"grader": grader, "model_sample": '{"city": "Paris"}', "item": {"answer": "Paris"}}
    answered = api.send("POST", "/v1/fine_tuning/alpha/graders/run", body)
    run = GraderRunResponse.model_validate(answered.json)
    assert (run.reward, run.sub_rewards) == (0.9, {"exact": 1.0, "score": 8.0})
    assert run.metadata.sampled_model_name == "gpt-4o"
    (usage,) = answered.json["model_grader_token_usage_per_model"].values()
    assert run.metadata.token_usage == usage["total_tokens"]
    assert not any(value for name, value in answered.json["metadata"]["errors"].items() if isinstance(value, bool))
    checked = api.send("POST", "/v1/fine_tuning/alpha/graders/validate", {"grader": grader})
    assert checked.json == {"grader": grader}  # by name, as OpenAI's guide has it, but not the SDK's type
    one = {**multi, "graders": exact, "calculate_output": "exact"}
    checked = api.send("POST", "/v1/fine_tuning/alpha/graders/validate", {"grader": one})
    assert GraderValidateResponse.model_validate(checked.json).grader
    wrong = api.send("POST", "/v1/fine_tuning/alpha/graders/validate", {"grader": {**grader, "calculate_output": "x"}})
    assert (wrong.status, wrong.error["param"]) == (400, "grader.calculate_output")


@pytest.mark.parametrize(
    ("grader", "flag"),
    [
        ({**EXACT, "input": "{{item.x}}"}, "invalid_variable_error"),
        ({"type": "python", "name": "p", "source": "1"}, "python_grader_server_error"),
        ({**LABELS, "type": "score_model", "range": [0, 1]}, "model_grader_parse_error"),
    ],
)
def test_what_goes_wrong_in_a_grader_is_flagged(api: Api, grader: Any, flag: str) -> None:
    if grader["type"] == "score_model":
        api.reply("not a number")
    body = {"grader": {name: value for name, value in grader.items() if "labels" not in name}, "model_sample": "x"}
    answered = api.send("POST", "/v1/fine_tuning/alpha/graders/run", body)
    errors = answered.json["metadata"]["errors"]
    assert [name for name, value in errors.items() if value is True] == [flag]
    assert answered.json["reward"] == 0
