"""Jobs of mocks that share a Redis: begun with one, looked at with the other, told once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import State
from tests.endpoints.conftest import form_of
from tests.receiver import Receiver, receiving
from tests.standalone.shared.test_workers import HEADERS, Worker

EXAMPLE = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy!"}]}
FORM = (("content-type", "multipart/form-data; boundary=B"), HEADERS[1])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def workers(sharing: Callable[..., State], receiver: Receiver) -> tuple[Worker, Worker]:
    both = Worker(sharing()), Worker(sharing())
    for worker in both:
        worker.app.settings = Settings(webhook_url=receiver.url, job_seconds=60)
    both[0].app.clock.freeze(1_800_000_000)
    return both


def upload(worker: Worker) -> str:
    data = "\n".join([json.dumps(EXAMPLE)] * 10).encode()
    body = form_of([("purpose", "fine-tune"), ("file", ("data.jsonl", data))])
    reply = worker.app.exchange(Request("POST", "/v1/files", FORM, body)).reply
    return str(json.loads(body_of(reply))["id"])


def test_a_job_of_one_makes_a_model_for_both(workers: tuple[Worker, Worker], receiver: Receiver) -> None:
    one, other = workers
    asked = {"model": "gpt-4o-mini", "training_file": upload(one)}
    id_ = one.send("POST", "/v1/fine_tuning/jobs", asked)["id"]
    paused = other.send("POST", f"/v1/fine_tuning/jobs/{id_}/pause", {})
    assert "status is 'validating_files'" in paused["error"]["message"]
    other.app.clock.advance(60)
    seen = [worker.send("GET", f"/v1/fine_tuning/jobs/{id_}") for worker in workers]
    assert seen[0] == seen[1]
    assert (seen[0]["status"], len(seen[0]["result_files"])) == ("succeeded", 1)
    assert one.chat(model=seen[0]["fine_tuned_model"])["model"] == seen[0]["fine_tuned_model"]
    assert receiver.types == ["fine_tuning.job.succeeded"]
    assert [each.delivered for each in one.app.webhooks.deliveries] == [True]
    other.send("DELETE", f"/v1/models/{seen[0]['fine_tuned_model']}")
    assert one.chat(model=seen[0]["fine_tuned_model"])["error"]["code"] == "model_not_found"


def test_an_end_is_told_once_whoever_moves_the_clock(workers: tuple[Worker, Worker], receiver: Receiver) -> None:
    one, other = workers
    ids = [
        one.send("POST", "/v1/responses", {"model": "gpt-4o", "input": str(n), "background": True}) for n in range(6)
    ]
    other.send("POST", f"/v1/responses/{ids[0]['id']}/cancel", {})
    receiver.wait_for(1)
    other.app.clock.advance(30)
    one.app.clock.advance(30)
    told: list[Any] = receiver.events
    assert len({event["data"]["id"] for event in told}) == len(told) == 6
    assert sorted(event["type"] for event in told) == ["response.cancelled", *["response.completed"] * 5]


def test_an_eval_run_of_one_is_read_by_the_other(workers: tuple[Worker, Worker]) -> None:
    one, other = workers
    check = {"type": "string_check", "name": "c", "input": "{{item.a}}", "reference": "x", "operation": "eq"}
    config = {"type": "custom", "item_schema": {"type": "object"}}
    eval_ = one.send("POST", "/v1/evals", {"data_source_config": config, "testing_criteria": [check]})
    source = {"type": "file_content", "content": [{"item": {"a": "x"}}, {"item": {"a": "y"}}]}
    target = f"/v1/evals/{eval_['id']}/runs"
    run = other.send("POST", target, {"data_source": {"type": "jsonl", "source": source}})
    one.app.clock.advance(60)
    assert one.send("GET", f"{target}/{run['id']}")["result_counts"]["passed"] == 1
    items = [worker.send("GET", f"{target}/{run['id']}/output_items")["data"] for worker in workers]
    assert items[0] == items[1]
    assert [item["status"] for item in items[0]] == ["pass", "fail"]
