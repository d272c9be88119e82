"""Webhooks as the SDK reads them: verified, typed, refused when they are not what they claim to be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import openai
import pytest

from pytest_mockopenai import MockOpenAI
from tests.receiver import Receiver, receiving

if not hasattr(openai, "InvalidWebhookSignatureError"):
    pytest.skip("this SDK has no webhooks", allow_module_level=True)

SECRET = "whsec_bXkgb3duIHNlY3JldA=="


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def test_an_event_is_verified_and_typed(mock_openai: MockOpenAI) -> None:
    payload, headers = mock_openai.webhooks.event("response.completed", "resp_1")
    event = mock_openai.client.webhooks.unwrap(payload, headers)  # it finds the secret in its environment
    assert event.type == "response.completed"
    assert event.data.id == "resp_1"
    assert event.created_at == pytest.approx(time.time(), abs=60)


def test_a_secret_of_ones_own(mock_openai: MockOpenAI) -> None:
    webhooks = mock_openai.client.webhooks
    payload, headers = mock_openai.webhooks.event("batch.failed", "batch_1", secret=SECRET)
    assert webhooks.unwrap(payload, headers, secret=SECRET).data.id == "batch_1"
    with pytest.raises(openai.InvalidWebhookSignatureError):
        webhooks.unwrap(payload, headers)


def test_what_was_tampered_with_is_refused(mock_openai: MockOpenAI) -> None:
    webhooks = mock_openai.client.webhooks
    payload, headers = mock_openai.webhooks.event("batch.failed", "batch_1")
    with pytest.raises(openai.InvalidWebhookSignatureError):
        webhooks.unwrap(payload.replace("batch_1", "batch_2"), headers)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        webhooks.unwrap(payload, {**headers, "webhook-id": "wh_2"})


@pytest.mark.parametrize(("ago", "why"), [(400, "too old"), (-400, "too new")])
def test_a_replay_is_refused(mock_openai: MockOpenAI, ago: int, why: str) -> None:
    payload, headers = mock_openai.webhooks.event("batch.failed", "batch_1", timestamp=int(time.time()) - ago)
    with pytest.raises(openai.InvalidWebhookSignatureError, match=why):
        mock_openai.client.webhooks.unwrap(payload, headers)


def test_every_job_of_a_test_is_told(receiver: Receiver) -> None:
    with MockOpenAI(webhook_url=receiver.url, webhook_secret=SECRET, job_seconds=5) as mock:
        client = mock.client
        mock.clock.freeze(1_767_225_600)
        first = client.responses.create(model="gpt-4o", input="Hi", background=True)
        second = client.responses.create(model="gpt-4o", input="Hi", background=True)
        third = client.responses.create(model="gpt-4o", input="Hi", background=True, max_output_tokens=16)
        client.responses.create(model="gpt-4o", input="Hi")  # no job: nobody is told
        client.responses.cancel(second.id)
        client.responses.cancel(second.id)
        receiver.wait_for(1)
        mock.clock.advance(5)
        events = [client.webhooks.unwrap(payload, headers, secret=SECRET) for payload, headers in receiver.got]
    told = {event.data.id: event.type for event in events}
    assert len(events) == 3
    assert told == {
        first.id: "response.completed",
        second.id: "response.cancelled",
        third.id: "response.incomplete",
    }
    assert {event.created_at for event in events} == {1_767_225_600, 1_767_225_605}
    assert [delivery.delivered for delivery in mock.webhooks.deliveries] == [True] * 3


def test_in_real_time(receiver: Receiver) -> None:
    with MockOpenAI(webhook_url=receiver.url, job_seconds=0.02) as mock:
        response = mock.client.responses.create(model="gpt-4o", input="Hi", background=True)
        receiver.wait_for(1)
        assert mock.client.responses.retrieve(response.id).status == "completed"
    assert receiver.events[0]["data"] == {"id": response.id}


def test_a_receiver_asks_the_mock_before_it_answers(receiver: Receiver) -> None:
    seen: list[str | None] = []
    with MockOpenAI(webhook_url=receiver.url, job_seconds=5) as mock:
        mock.reply("Done.")
        response = mock.client.responses.create(model="gpt-4o", input="Hi", background=True)
        receiver.act = lambda: seen.append(mock.client.responses.retrieve(response.id).output_text)
        mock.clock.advance(5)
    assert seen == ["Done."]


def test_of_a_mock_elsewhere(receiver: Receiver, mock_openai: MockOpenAI) -> None:
    there = MockOpenAI.connect(mock_openai.url, webhook_url=receiver.url, webhook_secret=SECRET, job_seconds=5)
    with there:
        sent = there.webhooks.send("realtime.call.incoming", "call_1")
        assert (sent.status, sent.body) == (200, "taken")
        there.client.responses.create(model="gpt-4o", input="Hi", background=True)
        there.clock.advance(5)
        assert receiver.types == ["realtime.call.incoming", "response.completed"]
        assert [each.type for each in there.webhooks.deliveries] == receiver.types
        for payload, headers in (*receiver.got, there.webhooks.event("batch.failed", "batch_1")):
            assert there.client.webhooks.unwrap(payload, headers, secret=SECRET)
        with pytest.raises(RuntimeError, match="no webhook event 'batch"):
            there.webhooks.send("batch.done")


def test_batches_are_told(receiver: Receiver) -> None:
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": chat}
    with MockOpenAI(webhook_url=receiver.url, job_seconds=60) as mock:
        client = mock.client
        files = [
            client.files.create(file=("lines.jsonl", data), purpose="batch").id
            for data in (json.dumps(line).encode(), json.dumps(line).encode(), b"{}")
        ]
        made = [
            client.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h").id
            for file in files
        ]
        client.batches.cancel(made[1])
        mock.clock.advance(60)
        told = {event["data"]["id"]: event["type"] for event in receiver.events}
        assert [client.batches.retrieve(id_).status for id_ in made] == ["completed", "cancelled", "failed"]
    assert [told[id_] for id_ in made] == ["batch.completed", "batch.cancelled", "batch.failed"]
    assert len(receiver.got) == 3
