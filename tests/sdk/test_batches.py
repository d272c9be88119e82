"""Batches through the SDK, sync and async: run by `make sdks` with openai 1, 2 and 3."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI, rate_limit
from tests.serving import served

CHAT: Any = "/v1/chat/completions"


def jsonl(questions: Iterable[str]) -> bytes:
    bodies = [{"model": "gpt-4o", "messages": [{"role": "user", "content": question}]} for question in questions]
    lines = [{"custom_id": f"q{n}", "method": "POST", "url": CHAT, "body": body} for n, body in enumerate(bodies)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def created(client: openai.OpenAI, questions: Iterable[str], **more: Any) -> Any:
    file = client.files.create(file=("questions.jsonl", jsonl(questions)), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h", **more)


def polled(client: openai.OpenAI, id_: str) -> Any:
    while (batch := client.batches.retrieve(id_)).status not in ("completed", "failed", "expired", "cancelled"):
        pass
    return batch


def answers(text: str) -> dict[str, str]:
    lines = map(json.loads, text.splitlines())
    return {line["custom_id"]: line["response"]["body"]["choices"][0]["message"]["content"] for line in lines}


def test_a_batch_answers_as_calls_do(mock_openai: MockOpenAI) -> None:
    client, questions = mock_openai.client, ["Paris?", "Rome?", "Paris?"]
    batch = created(client, questions)
    assert batch.status == "validating"
    batch = polled(client, batch.id)
    assert batch.status == "completed"
    assert batch.request_counts.model_dump() == {"total": 3, "completed": 3, "failed": 0}
    said = answers(client.files.content(batch.output_file_id).text)
    for n, question in enumerate(questions):
        alone = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
        assert said[f"q{n}"] == alone.choices[0].message.content
    assert mock_openai.calls.where(batch_id=batch.id).usage.total_tokens == mock_openai.usage.total_tokens / 2
    assert mock_openai.calls.where(custom_id="q1")[0].last_message == "Rome?"


def test_scripted_lines(mock_openai: MockOpenAI) -> None:
    mock_openai.when(endpoint="chat").reply("One.", rate_limit(), "Three.")
    mock_openai.clock.freeze()
    batch = created(mock_openai.client, ["a", "b", "c"], metadata={"case": "1"})
    mock_openai.clock.advance(1)
    batch = mock_openai.client.batches.retrieve(batch.id)
    assert answers(mock_openai.client.files.content(batch.output_file_id).text) == {"q0": "One.", "q2": "Three."}
    (error,) = map(json.loads, mock_openai.client.files.content(batch.error_file_id).text.splitlines())
    assert (error["custom_id"], error["response"]["status_code"]) == ("q1", 429)
    assert [each.id for each in mock_openai.client.batches.list(limit=1)] == [batch.id]


def test_cancelling(mock_openai: MockOpenAI) -> None:
    mock_openai.clock.freeze()
    batch = created(mock_openai.client, ["a"])
    assert mock_openai.client.batches.cancel(batch.id).status == "cancelling"
    mock_openai.clock.advance(1)
    assert mock_openai.client.batches.cancel(batch.id).status == "cancelled"
    done = created(mock_openai.client, ["b"])
    mock_openai.clock.advance(1)
    with pytest.raises(openai.ConflictError):
        mock_openai.client.batches.cancel(done.id)


def test_without_blocking(mock_openai: MockOpenAI) -> None:
    async def story() -> str:
        async with mock_openai.async_client as client:
            file = await client.files.create(file=("questions.jsonl", jsonl(["Hi"])), purpose="batch")
            batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
            while batch.status != "completed":
                batch = await client.batches.retrieve(batch.id)
            return (await client.files.content(batch.output_file_id or "")).text

    mock_openai.when(endpoint="chat").reply("Hello.")
    assert answers(asyncio.run(story())) == {"q0": "Hello."}


def test_a_server_of_its_own(tmp_path: Path) -> None:
    with served(tmp_path) as server, openai.OpenAI(base_url=server.base_url, api_key="sk-test") as client:
        batch = polled(client, created(client, ["a", "b"]).id)
        assert len(answers(client.files.content(batch.output_file_id).text)) == 2
        upload = client.uploads.upload_file_chunked(
            file=jsonl(["c"]), filename="c.jsonl", bytes=len(jsonl(["c"])), mime_type="text/jsonl", purpose="batch"
        )
        assert upload.file is not None
        again = client.batches.create(input_file_id=upload.file.id, endpoint=CHAT, completion_window="24h")
        assert polled(client, again.id).request_counts.completed == 1
