"""Fine-tuning: jobs by the clock, the files they are made from, and the models they make."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import FileObject, Model, ModelDeleted
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from pytest_mockopenai import tokens
from pytest_mockopenai.core.wire import body_of
from tests.endpoints.conftest import KEY, NOW, Api

JOBS = "/v1/fine_tuning/jobs"
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there."}]}
ASKS = {"messages": [{"role": "user", "content": "Hi"}], "answer": "Hello"}
PREFERS = {
    "input": {"messages": [{"role": "user", "content": "Hi"}]},
    "preferred_output": [{"role": "assistant", "content": "Hello"}],
    "non_preferred_output": [{"role": "assistant", "content": "What?"}],
}
COMPLETES = {"prompt": "Hi", "completion": "Hello"}
GRADER = {"type": "string_check", "name": "g", "input": "{{sample.output_text}}", "reference": "x", "operation": "eq"}
REINFORCED = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}


def lines(*examples: Any, times: int = 1) -> bytes:
    return "\n".join([json.dumps(example) for example in examples] * times).encode()


def file(api: Api, data: bytes, purpose: str = "fine-tune") -> str:
    """The id of a file that is uploaded now."""
    return str(api.upload(data, purpose=purpose).json["id"])


def create(api: Api, data: bytes = lines(CHAT, times=10), **body: Any) -> Any:
    asked = {"model": "gpt-4o-mini", "training_file": file(api, data), **body}
    answered = api.send("POST", JOBS, asked)
    assert answered.status == 200, answered.error
    return FineTuningJob.model_validate(answered.json) and answered.json


def at(api: Api, id_: str, seconds: float) -> Any:
    """The job so long after the beginning."""
    api.time = NOW + seconds
    job = api.get(f"{JOBS}/{id_}").json
    assert job["status"] == "paused" or FineTuningJob.model_validate(job)
    return job


def messages(api: Api, id_: str) -> list[str]:
    """What has been said of the job, oldest first."""
    found: list[Any] = []
    after = ""
    while True:
        page = api.get(f"{JOBS}/{id_}/events?limit=100{after}").json
        found += [FineTuningJobEvent.model_validate(event) for event in page["data"]]
        if not page["has_more"]:
            return [event.message for event in reversed(found)]
        after = f"&after={page['last_id']}"


@pytest.fixture
def api() -> Api:
    """Jobs take a minute: ten seconds to check the files, ten in the queue, forty to train."""
    return Api(job_seconds=60)


# --- a job that succeeds ----------------------------------------------------------------------------------------------


def test_a_job_goes_by_the_clock(api: Api) -> None:
    job = create(api, suffix="my suffix", metadata={"a": "1"}, seed=7)
    assert (job["status"], job["model"], job["seed"]) == ("validating_files", "gpt-4o-mini-2024-07-18", 7)
    assert job["hyperparameters"] == {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    assert (job["created_at"], job["metadata"], job["result_files"]) == (NOW, {"a": "1"}, [])
    seen = [at(api, job["id"], seconds) for seconds in (0, 10, 20, 59, 60, 10_000)]
    statuses = ["validating_files", "queued", "running", "running", "succeeded", "succeeded"]
    assert [job["status"] for job in seen] == statuses
    assert all(job["fine_tuned_model"] is job["trained_tokens"] is job["finished_at"] is None for job in seen[:4])
    assert [job["estimated_finish"] for job in seen[2:5]] == [NOW + 60, NOW + 60, None]
    done = seen[-1]
    assert done["hyperparameters"] == {"n_epochs": 10, "batch_size": 1, "learning_rate_multiplier": 1.8}
    assert done["method"]["supervised"]["hyperparameters"] == done["hyperparameters"]
    assert done["finished_at"] == NOW + 60
    assert done["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-07-18:mock:my-suffix:")


@pytest.mark.parametrize(
    ("model", "method", "example"),
    [
        ("gpt-4o-mini", None, CHAT),
        ("gpt-3.5-turbo", {"type": "supervised"}, CHAT),
        ("gpt-4.1", {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3}}}, PREFERS),
        ("o4-mini", REINFORCED, ASKS),
        ("davinci-002", None, COMPLETES),
    ],
)
def test_every_method(api: Api, model: str, method: Any, example: Any) -> None:
    more = {} if method is None else {"method": method}
    job = at(api, create(api, lines(example, times=12), model=model, **more)["id"], 60)
    assert (job["status"], job["error"]) == ("succeeded", None)
    settings = job["method"][job["method"]["type"]]["hyperparameters"]
    assert (settings["n_epochs"], settings["batch_size"]) == (8, 1)
    assert settings.get("beta", 0.3) == 0.3
    assert job["trained_tokens"] > 0


@given(st.lists(st.text(max_size=20), min_size=10, max_size=30), st.integers(1, 4))
def test_trained_tokens_are_those_of_the_prompts_times_the_epochs(said: list[str], epochs: int) -> None:
    api = Api(job_seconds=0)
    examples = [{"messages": [*CHAT["messages"], {"role": "user", "content": text}]} for text in said]
    job = create(api, lines(*examples), hyperparameters={"n_epochs": epochs}, model="gpt-4o")
    counter = tokens.tokenizer("gpt-4o")
    counted = sum(tokens.chat_prompt(example, counter).tokens for example in examples)
    assert at(api, job["id"], 0)["trained_tokens"] == counted * epochs


@pytest.mark.parametrize(("examples", "epochs", "batch"), [(10, 10, 1), (12, 8, 1), (50, 3, 1), (9000, 2, 18)])
def test_what_is_left_open_is_chosen_by_the_number_of_examples(
    api: Api, examples: int, epochs: int, batch: int
) -> None:
    job = at(api, create(api, lines(COMPLETES, times=examples), model="davinci-002")["id"], 60)
    assert job["hyperparameters"] == {"n_epochs": epochs, "batch_size": batch, "learning_rate_multiplier": 1.8}


def test_a_job_of_no_length_is_done_when_it_is_first_looked_at() -> None:
    api = Api(job_seconds=0)
    job = create(api)
    assert job["status"] == "validating_files"
    assert at(api, job["id"], 0)["status"] == "succeeded"


# --- what it tells on its way -----------------------------------------------------------------------------------------


def test_events_grow_with_the_clock(api: Api) -> None:
    job = create(api, hyperparameters={"n_epochs": 4, "batch_size": 5})
    id_, source = job["id"], job["training_file"]
    told = [f"Created fine-tuning job: {id_}", f"Validating training file: {source}"]
    assert messages(api, id_) == told
    api.time = NOW + 40
    assert messages(api, id_)[:4] == [
        *told,
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]
    assert [each.partition(":")[0] for each in messages(api, id_)[4:]] == [f"Step {step}/8" for step in range(1, 5)]
    api.time = NOW + 60
    model = at(api, id_, 60)["fine_tuned_model"]
    *steps, ended, last = messages(api, id_)[4:]
    assert [each.split(" with ")[0] for each in steps[8:]] == [
        "Checkpoint created at step 4",
        "Checkpoint created at step 6",
    ]
    assert (ended, last) == (f"New fine-tuned model created: {model}", "The job has successfully completed")


def test_an_event_stays_what_it_is(api: Api) -> None:
    id_ = create(api)["id"]
    kept: dict[str, Any] = {}
    for seconds in range(0, 70, 7):
        api.time = NOW + seconds
        page = api.get(f"{JOBS}/{id_}/events?limit=100").json["data"]
        assert all(kept.setdefault(event["id"], event) == event for event in page)
        assert all(event["created_at"] <= api.time for event in page)
    assert len(kept) == 4 + 100 + 4


def test_checkpoints_and_results_tell_of_the_same_steps(api: Api) -> None:
    validation = file(api, lines(CHAT))
    id_ = create(api, validation_file=validation, hyperparameters={"n_epochs": 5})["id"]
    assert at(api, id_, 50)["status"] == "running"
    early = api.get(f"{JOBS}/{id_}/checkpoints").json["data"]
    assert [each["step_number"] for each in early] == [30]
    job = at(api, id_, 60)
    checkpoints = api.get(f"{JOBS}/{id_}/checkpoints").json["data"]
    assert [FineTuningJobCheckpoint.model_validate(each).step_number for each in checkpoints] == [50, 40, 30]
    names = [each["fine_tuned_model_checkpoint"] for each in checkpoints]
    assert names[0] == job["fine_tuned_model"]
    assert [name.rpartition(":")[2] for name in names[1:]] == ["ckpt-step-40", "ckpt-step-30"]
    (result,) = job["result_files"]
    about = FileObject.model_validate(api.get(f"/v1/files/{result}").json)
    assert (about.purpose, about.created_at) == ("fine-tune-results", NOW + 60)
    coded = body_of(api.get(f"/v1/files/{result}/content").reply)
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(coded).decode())))
    assert [int(row["step"]) for row in rows] == list(range(1, 51))
    for checkpoint in checkpoints:
        row, metrics = rows[checkpoint["step_number"] - 1], checkpoint["metrics"]
        assert float(row["train_loss"]) == metrics["train_loss"]
        assert float(row["train_accuracy"]) == metrics["train_mean_token_accuracy"]
        assert float(row["valid_loss"]) == metrics["valid_loss"]
    assert float(rows[0]["train_loss"]) > float(rows[-1]["train_loss"])


def test_a_results_file_that_is_deleted_stays_deleted(api: Api) -> None:
    id_ = create(api)["id"]
    (result,) = at(api, id_, 60)["result_files"]
    assert api.send("DELETE", f"/v1/files/{result}", None, KEY).json["deleted"]
    assert at(api, id_, 61)["result_files"] == [result]
    assert api.get(f"/v1/files/{result}").status == 404


def test_the_same_seed_trains_alike() -> None:
    def told(**body: Any) -> list[str]:
        api = Api(job_seconds=0)
        return [each for each in messages(api, create(api, **body)["id"]) if each.startswith("Step")]

    assert told(seed=1) == told(seed=1) != told(seed=2)


# --- a job that does not get there ------------------------------------------------------------------------------------


FEW, MISSING = "invalid_n_examples", "missing_required_parameter"
FORMAT = "The job failed due to an invalid training file. Invalid file format."


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (lines(CHAT, times=7), FEW, "Training file has 7 example(s), but must have at least 10 examples"),
        (lines(COMPLETES), None, "prompt-completion format, but the specified model gpt-4o-mini-2024-07-18 is a chat"),
        (lines(PREFERS), None, "is not using 'dpo' as the training method (provided method=supervised)."),
        (lines({"x": 1}), None, "expected either prompt/completion pairs or chat messages."),
        (lines(CHAT, COMPLETES), None, "Example 2 is missing key 'messages'."),
        (lines(CHAT) + b"\n\n{not json}", None, "Example 3 cannot be parsed. Error: line contains invalid json:"),
        (lines(CHAT) + b"\n[]", None, "Example 2 cannot be parsed. Error: line is not a JSON object (line 2)"),
        (lines(CHAT) + b"\n\xff\xfe", None, "Example 2 cannot be parsed."),
        (lines({"messages": []}), None, "Example 1, messages must be a list with at least one message."),
        (lines({"messages": ["x"]}), None, "Example 1, message 1 must be an object."),
        (lines({"messages": [{"content": "x"}]}), None, "message 1 Discriminator 'role' is missing in value"),
        (lines({"messages": [{"role": "bot", "content": "x"}]}), None, "Input tag 'bot' found using 'role' does not"),
        (lines({"messages": [{"role": "assistant"}]}), None, "Example 1, message 1 is missing key 'content'."),
        (lines(ASKS), None, "Example 1 must have at least one message from the assistant."),
        (lines({"messages": [{"role": "assistant", "content": "x", "weight": 2}]}), None, "a 'weight' of 0 or 1"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trained_with_fails_the_job(
    api: Api, data: bytes, code: str | None, message: str
) -> None:
    id_ = create(api, data)["id"]
    assert at(api, id_, 59)["status"] == "validating_files"
    job = at(api, id_, 60)
    assert (job["status"], job["fine_tuned_model"], job["result_files"]) == ("failed", None, [])
    assert (job["error"]["code"], job["error"]["param"]) == (code or "invalid_training_file", "training_file")
    assert message in job["error"]["message"]
    assert job["error"]["message"].startswith(FORMAT) is (code is None)
    assert messages(api, id_)[-1] == job["error"]["message"]
    assert api.get(f"{JOBS}/{id_}/checkpoints").json["data"] == []


@pytest.mark.parametrize("example", [{**PREFERS, "input": []}, {**PREFERS, "preferred_output": ASKS["messages"]}])
def test_preferences_are_checked(api: Api, example: Any) -> None:
    job = create(api, lines(PREFERS, example, times=5), model="gpt-4o", method={"type": "dpo"})
    error = at(api, job["id"], 60)["error"]
    assert error["message"].startswith(f"{FORMAT} Example 2, ")


def test_a_validation_file_is_checked_too(api: Api) -> None:
    id_ = create(api, validation_file=file(api, lines(COMPLETES)))["id"]
    error = at(api, id_, 60)["error"]
    assert (error["code"], error["param"]) == ("invalid_validation_file", "validation_file")


@pytest.mark.parametrize("seconds", [0, 10, 30])
def test_a_job_is_cancelled(api: Api, seconds: float) -> None:
    id_ = create(api)["id"]
    at(api, id_, seconds)
    cancelled = api.send("POST", f"{JOBS}/{id_}/cancel", None, KEY).json
    assert FineTuningJob.model_validate(cancelled).status == "cancelled"
    later = at(api, id_, 1000)
    assert (later["status"], later["fine_tuned_model"], later["finished_at"]) == ("cancelled", None, None)
    assert messages(api, id_)[-1] == "Fine-tuning job cancelled"
    again = api.send("POST", f"{JOBS}/{id_}/cancel", None, KEY)
    assert (again.status, "status is 'cancelled'" in again.error["message"]) == (400, True)


def test_a_paused_job_goes_on_where_it_was(api: Api) -> None:
    id_ = create(api)["id"]
    at(api, id_, 30)  # a quarter is trained
    paused = api.send("POST", f"{JOBS}/{id_}/pause", None, KEY).json
    assert paused["status"] == "paused"
    trained = sum("Step" in each for each in messages(api, id_))
    assert at(api, id_, 1000)["status"] == "paused"
    assert sum("Step" in each for each in messages(api, id_)) == trained == 25
    assert api.send("POST", f"{JOBS}/{id_}/resume", None, KEY).json["status"] == "queued"
    assert [at(api, id_, 1000 + seconds)["status"] for seconds in (10, 39, 40)] == ["running", "running", "succeeded"]
    assert sum("Step" in each for each in messages(api, id_)) == 100
    assert "Fine-tuning job resumed" in messages(api, id_)


@pytest.mark.parametrize(("action", "seconds"), [("pause", 5), ("pause", 60), ("resume", 30), ("cancel", 60)])
def test_what_cannot_be_done_to_a_job_now(api: Api, action: str, seconds: float) -> None:
    job = create(api)
    status = at(api, job["id"], seconds)["status"]
    answered = api.send("POST", f"{JOBS}/{job['id']}/{action}", None, KEY)
    assert (answered.status, answered.error["param"]) == (400, "fine_tune_id")
    assert f"its status is '{status}'" in answered.error["message"]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"model": ...}, "model", MISSING),
        ({"training_file": ...}, "training_file", MISSING),
        ({"model": "gpt-6-nothing"}, None, "model_not_available"),
        ({"model": "ft:gpt-4o:mock::x"}, None, "model_not_available"),
        ({"model": "gpt-3.5-turbo", "method": {"type": "dpo"}}, "method", "model_not_available"),
        ({"method": {"type": "guess"}}, "method.type", "invalid_value"),
        ({"model": "o4-mini", "method": {"type": "reinforcement"}}, "method.reinforcement", MISSING),
        ({"training_file": "file-x"}, "training_file", None),
        ({"validation_file": "file-x"}, "validation_file", None),
        ({"suffix": "x" * 65}, "suffix", "string_above_max_length"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs", "integer_above_max_value"),
        ({"seed": -1}, "seed", "integer_below_min_value"),
        ({"metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length"),
        ({"epochs": 3}, "epochs", "unknown_parameter"),
    ],
)  # fmt: skip
def test_what_a_job_cannot_begin_with(api: Api, body: Any, param: str | None, code: str | None) -> None:
    asked = {"model": "gpt-4o-mini", "training_file": file(api, lines(CHAT, times=10)), **body}
    answered = api.send("POST", JOBS, {name: value for name, value in asked.items() if value is not ...})
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)
    assert api.get(JOBS).json["data"] == []


def test_the_words_about_files_and_models(api: Api) -> None:
    body = {"model": "gpt-4", "training_file": "file-x"}
    assert api.send("POST", JOBS, body).error["message"] == "invalid training_file: file-x"
    body = {"model": "gpt-4-turbo", "training_file": "file-x"}
    expected = "Model gpt-4-turbo is not available for fine-tuning or does not exist."
    assert api.send("POST", JOBS, body).error["message"] == expected
    other = file(api, lines(CHAT, times=10), purpose="assistants")
    refused = api.send("POST", JOBS, {"model": "gpt-4", "training_file": other})
    assert (refused.status, refused.error["param"]) == (400, "training_file")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/cancel"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("GET", "/events"),
        ("GET", "/checkpoints"),
    ],
)
def test_an_unknown_job(api: Api, method: str, path: str) -> None:
    answered = api.send(method, f"{JOBS}/ftjob-x{path}", None, KEY)
    assert (answered.status, answered.error["code"]) == (404, "fine_tune_not_found")
    assert answered.error["message"] == "Could not find fine tune: ftjob-x"


def test_jobs_are_listed_newest_first_and_picked_by_metadata(api: Api) -> None:
    ids = [create(api, metadata=metadata)["id"] for metadata in ({"a": "1"}, {"a": "2"}, None)]
    listed = api.get(JOBS).json
    assert [job["id"] for job in listed["data"]] == ids[::-1]
    assert [job["id"] for job in api.get(f"{JOBS}?limit=1&after={ids[2]}").json["data"]] == [ids[1]]
    assert [job["id"] for job in api.get(f"{JOBS}?metadata[a]=1").json["data"]] == [ids[0]]
    assert [job["id"] for job in api.get(f"{JOBS}?metadata=null").json["data"]] == [ids[2]]
    api.time = NOW + 60
    assert all(job["result_files"] for job in api.get(JOBS).json["data"])


# --- the models -------------------------------------------------------------------------------------------------------


def test_a_model_is_there_from_the_moment_it_is_made(api: Api) -> None:
    strict = Api(job_seconds=60, models="strict")
    for each in (api, strict):
        id_ = create(each, model="gpt-3.5-turbo", hyperparameters={"n_epochs": 2})["id"]
        assert at(each, id_, 59)["fine_tuned_model"] is None
        checkpoint = each.get(f"{JOBS}/{id_}/checkpoints").json["data"][0]["fine_tuned_model_checkpoint"]
        model = at(each, id_, 60)["fine_tuned_model"]
        each.time = NOW + 59
        assert each.get(f"/v1/models/{model}").status == 404
        early = each.chat(model=model)
        assert (early.status, early.error["code"]) == (404, "model_not_found")
        each.time = NOW + 60
        for name in (model, checkpoint):
            about = Model.model_validate(each.get(f"/v1/models/{name}").json)
            assert about.created == (NOW + 60 if name == model else NOW + 40)
            assert about.id in [listed["id"] for listed in each.get("/v1/models").json["data"]]
            assert each.chat(model=name).json["model"] == name
            assert each.respond(model=name).status == 200


def test_tokens_are_counted_as_the_base_models(api: Api) -> None:
    text = [{"role": "user", "content": "नमस्ते, आप कैसे हैं?"}]
    model = at(api, create(api, model="gpt-3.5-turbo")["id"], 60)["fine_tuned_model"]
    counts = [
        api.chat(model=name, messages=text).json["usage"]["prompt_tokens"]
        for name in (model, "gpt-3.5-turbo", "gpt-4o")
    ]
    assert counts[0] == counts[1] != counts[2]


def test_a_fine_tuned_model_is_fine_tuned_again(api: Api) -> None:
    first = at(api, create(api)["id"], 60)["fine_tuned_model"]
    second = at(api, create(api, model=first, suffix="more")["id"], 200)
    assert second["model"] == first
    assert second["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-07-18:mock:more:")


def test_a_model_is_deleted(api: Api) -> None:
    model = at(api, create(api)["id"], 60)["fine_tuned_model"]
    deleted = api.send("DELETE", f"/v1/models/{model}", None, KEY).json
    assert ModelDeleted.model_validate(deleted).deleted
    assert api.chat(model=model).status == api.get(f"/v1/models/{model}").status == 404
    assert model not in [listed["id"] for listed in api.get("/v1/models").json["data"]]
    assert api.send("DELETE", f"/v1/models/{model}", None, KEY).error["code"] == "model_not_found"


def test_other_models_are_not_the_callers_to_delete(api: Api) -> None:
    answered = api.send("DELETE", "/v1/models/gpt-4o", None, KEY)
    assert (answered.status, answered.error["message"]) == (
        403,
        "You have insufficient permissions for this operation.",
    )
    assert api.get("/v1/models/gpt-4o").status == 200


def test_the_model_of_a_cancelled_job_never_is(api: Api) -> None:
    id_ = create(api)["id"]
    at(api, id_, 40)
    api.send("POST", f"{JOBS}/{id_}/cancel", None, KEY)
    api.time = NOW + 100
    assert not [model for model in api.get("/v1/models").json["data"] if model["id"].startswith("ft:")]


# --- permissions ------------------------------------------------------------------------------------------------------


def test_permissions_of_a_checkpoint(api: Api) -> None:
    id_ = create(api, hyperparameters={"n_epochs": 2})["id"]
    at(api, id_, 60)
    model = api.get(f"{JOBS}/{id_}/checkpoints").json["data"][1]["fine_tuned_model_checkpoint"]
    target = f"/v1/fine_tuning/checkpoints/{model}/permissions"
    made = api.send("POST", target, {"project_ids": ["proj_a", "proj_b"]}).json
    assert [each["project_id"] for each in made["data"]] == ["proj_a", "proj_b"]
    assert api.get(f"{target}?order=ascending").json["data"] == made["data"]
    assert api.get(f"{target}?project_id=proj_b").json["data"] == made["data"][1:]
    gone = api.send("DELETE", f"{target}/{made['first_id']}", None, KEY).json
    assert gone == {"id": made["first_id"], "object": "checkpoint.permission", "deleted": True}
    assert api.get(target).json["data"] == made["data"][1:]
    assert api.send("DELETE", f"{target}/{made['first_id']}", None, KEY).status == 404
    assert api.get("/v1/fine_tuning/checkpoints/ft:x/permissions").status == 404
    assert api.send("POST", target, {"project_ids": []}).error["code"] == "empty_array"
