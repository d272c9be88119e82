"""An eval through the SDK: made, run to the end, its items read; also without blocking, and told by a webhook."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI
from tests.receiver import receiving

if not hasattr(openai.OpenAI, "evals"):
    pytest.skip("this SDK has no evals", allow_module_level=True)

CONFIG: Any = {
    "type": "custom",
    "item_schema": {"type": "object", "properties": {"country": {"type": "string"}, "capital": {"type": "string"}}},
    "include_sample_schema": True,
}
EXACT: Any = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.capital}}",
    "operation": "eq",
}
SOURCE: Any = {
    "type": "completions",
    "model": "gpt-4o-mini",
    "source": {
        "type": "file_content",
        "content": [
            {"item": {"country": "France", "capital": "Paris"}},
            {"item": {"country": "Italy", "capital": "Rome"}},
        ],
    },
    "input_messages": {
        "type": "template",
        "template": [{"role": "user", "content": "Capital of {{item.country}}? One word."}],
    },
}


def evaluated(mock: MockOpenAI) -> tuple[str, str]:
    """The ids of an eval and of a run of it."""
    eval_ = mock.client.evals.create(name="capitals", data_source_config=CONFIG, testing_criteria=[EXACT])
    mock.when(contains="France").reply("Paris")
    mock.when(contains="Italy").reply("Milan")
    return eval_.id, mock.client.evals.runs.create(eval_.id, data_source=SOURCE).id


@pytest.mark.mock_openai(job_seconds=0.05)
def test_a_run_to_the_end(mock_openai: MockOpenAI) -> None:
    eval_id, run_id = evaluated(mock_openai)
    runs = mock_openai.client.evals.runs
    while (run := runs.retrieve(run_id, eval_id=eval_id)).status in ("queued", "in_progress"):
        pass
    assert (run.status, run.result_counts.passed, run.result_counts.failed) == ("completed", 1, 1)
    items = list(runs.output_items.list(run_id, eval_id=eval_id, limit=1))
    assert [item.status for item in items] == ["pass", "fail"]
    assert [item.sample.output[0].content for item in items] == ["Paris", "Milan"]
    one = runs.output_items.retrieve(items[1].id, eval_id=eval_id, run_id=run_id)
    assert one.model_dump() == items[1].model_dump()
    assert mock_openai.usage_by_model["gpt-4o-mini"].total_tokens == run.per_model_usage[0].total_tokens
    assert [run.id for run in runs.list(eval_id)] == [run_id]
    assert runs.delete(run_id, eval_id=eval_id).deleted
    assert mock_openai.client.evals.delete(eval_id).deleted


@pytest.mark.mock_openai(job_seconds=1000)
def test_canceled_without_blocking(mock_openai: MockOpenAI) -> None:
    eval_id, run_id = evaluated(mock_openai)

    async def canceled() -> str:
        async with mock_openai.async_client as client:
            return (await client.evals.runs.cancel(run_id, eval_id=eval_id)).status

    assert asyncio.run(canceled()) == "canceled"


def test_the_end_is_told_by_a_webhook() -> None:
    with receiving() as receiver, MockOpenAI(webhook_url=receiver.url, job_seconds=60) as mock:
        eval_id, done = evaluated(mock)
        failed = mock.client.evals.runs.create(
            eval_id, data_source={"type": "jsonl", "source": {"type": "file_content", "content": []}}
        )
        stopped = mock.client.evals.runs.create(eval_id, data_source=SOURCE)
        mock.client.evals.runs.cancel(stopped.id, eval_id=eval_id)
        mock.clock.advance(60)
        told = {event["data"]["id"]: event["type"] for event in receiver.events}
    expected = {done: "eval.run.succeeded", failed.id: "eval.run.failed", stopped.id: "eval.run.canceled"}
    assert told == expected
    assert len(receiver.got) == 3
