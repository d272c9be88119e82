"""Fine-tuning as an application does it: upload, train, wait, use, delete; also without blocking."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI
from tests.receiver import receiving

EXAMPLE = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy!"}]}
MESSAGES: Any = [{"role": "user", "content": "Hi"}]


def started(mock: MockOpenAI, **more: Any) -> str:
    client = mock.client
    data = "\n".join([json.dumps(EXAMPLE)] * 10).encode()
    file = client.files.create(file=("data.jsonl", data), purpose="fine-tune")
    return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, **more).id


@pytest.mark.mock_openai(job_seconds=0.05, models="strict")
def test_wait_for_a_model_and_use_it(mock_openai: MockOpenAI) -> None:
    client = mock_openai.client
    id_ = started(mock_openai, suffix="pirate")
    while (job := client.fine_tuning.jobs.retrieve(id_)).status != "succeeded":
        assert job.fine_tuned_model is None
    assert job.fine_tuned_model
    assert client.models.retrieve(job.fine_tuned_model).id in [model.id for model in client.models.list()]
    mock_openai.reply("Ahoy!")
    answer = client.chat.completions.create(model=job.fine_tuned_model, messages=MESSAGES)
    assert (answer.model, answer.choices[0].message.content) == (job.fine_tuned_model, "Ahoy!")
    assert client.models.delete(job.fine_tuned_model).deleted
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=job.fine_tuned_model, messages=MESSAGES)


@pytest.mark.mock_openai(job_seconds=0)
def test_iterating_over_events_and_checkpoints(mock_openai: MockOpenAI) -> None:
    jobs, id_ = mock_openai.client.fine_tuning.jobs, started(mock_openai)
    events = list(jobs.list_events(id_, limit=50))
    assert len({event.id for event in events}) == len(events) == 4 + 100 + 4
    assert events[-1].message == f"Created fine-tuning job: {id_}"
    if hasattr(jobs, "checkpoints"):
        assert [each.step_number for each in jobs.checkpoints.list(id_, limit=2)] == [100, 90, 80]
    assert [job.id for job in jobs.list()] == [id_]


@pytest.mark.mock_openai(job_seconds=1000)
def test_cancelled_without_blocking(mock_openai: MockOpenAI) -> None:
    id_ = started(mock_openai)

    async def cancelled() -> str:
        async with mock_openai.async_client as client:
            return (await client.fine_tuning.jobs.cancel(id_)).status

    assert asyncio.run(cancelled()) == "cancelled"
    with pytest.raises(openai.BadRequestError, match="its status is 'cancelled'"):
        mock_openai.client.fine_tuning.jobs.cancel(id_)


def test_the_end_is_told_by_a_webhook() -> None:
    with receiving() as receiver, MockOpenAI(webhook_url=receiver.url, job_seconds=60) as mock:
        good, stopped = started(mock), started(mock)
        mock.client.fine_tuning.jobs.cancel(stopped)
        mock.clock.advance(60)
        told = {event["data"]["id"]: event["type"] for event in receiver.events}
    assert told == {good: "fine_tuning.job.succeeded", stopped: "fine_tuning.job.cancelled"}
    assert len(receiver.got) == 2
