"""Webhooks by the clock: each end of a job is told once, whatever becomes of the job and of the clock."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_mockopenai.clock import LocalClock
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.webhooks import SECRET
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import LocalState
from pytest_mockopenai.webhooks import LocalWebhooks, delivery, waiting
from pytest_mockopenai.webhooks.waiting import Waiting
from tests.receiver import Receiver
from tests.webhooks.conftest import Desk


def line(end: str = "completed", at: float = 1010.0) -> list[tuple[str, float]]:
    return [("queued", 1000.0), (end, at)]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "mock-openai-webhooks"]


def test_what_is_due_is_sent_before_the_clock_has_been_moved(desk: Desk) -> None:
    desk.webhooks.announce("batch", "batch_1", line())
    desk.clock.advance(9)
    assert desk.receiver.got == []
    desk.clock.advance(1)
    (event,) = desk.receiver.events
    assert (event["type"], event["data"], event["created_at"]) == ("batch.completed", {"id": "batch_1"}, 1010)
    desk.clock.advance(1000)
    desk.clock.real()
    assert len(desk.receiver.got) == 1


def test_what_is_due_at_once_is_sent_soon(desk: Desk) -> None:
    desk.webhooks.announce("batch", "batch_1", line(at=1000.0))
    desk.receiver.wait_for(1)


def test_real_time(desk: Desk) -> None:
    desk.clock.real()
    soon = desk.clock.now + 0.02
    desk.webhooks.announce("response", "resp_1", line(at=soon))
    desk.webhooks.announce("response", "resp_2", line("failed", at=soon - 0.01))
    desk.receiver.wait_for(2)
    assert desk.receiver.types == ["response.failed", "response.completed"]


def test_no_thread_is_left_when_there_is_nothing_to_wait_for(desk: Desk) -> None:
    desk.webhooks.announce("batch", "batch_1", line())
    desk.clock.advance(10)
    desk.webhooks.announce("batch", "batch_2", line(at=5000.0))  # a clock that stands gets there by being moved
    assert threads() == []


def test_a_job_that_ends_otherwise_is_told_so(desk: Desk) -> None:
    desk.webhooks.announce("fine_tuning.job", "ftjob-1", line("succeeded"))
    desk.webhooks.announce("fine_tuning.job", "ftjob-2", line("succeeded"))
    desk.webhooks.announce("fine_tuning.job", "ftjob-1", line("cancelled", at=1005.0))
    desk.webhooks.announce("fine_tuning.job", "ftjob-2", line("paused", at=1005.0))
    desk.clock.advance(100)
    assert desk.receiver.types == ["fine_tuning.job.cancelled"]


def test_nobody_is_told_without_a_url(desk: Desk) -> None:
    desk.webhooks.announce("batch", "batch_1", line())
    desk.settings = replace(desk.settings, webhook_url=None)
    desk.webhooks.announce("batch", "batch_2", line())
    desk.clock.advance(100)
    assert desk.receiver.got == []
    assert desk.webhooks.deliveries == []


def test_none_are_sent_after_the_end(desk: Desk) -> None:
    desk.webhooks.announce("batch", "batch_1", line())
    desk.webhooks.close()
    desk.clock.advance(100)
    assert desk.receiver.got == []
    desk.webhooks.open()
    desk.receiver.wait_for(1)


def test_a_reset_forgets_what_was_to_be_sent_and_what_was(desk: Desk) -> None:
    desk.webhooks.send("batch.failed", "batch_0")
    desk.webhooks.announce("batch", "batch_1", line())
    desk.state.reset()
    desk.clock.freeze(2000)
    assert desk.webhooks.deliveries == []
    assert desk.receiver.types == ["batch.failed"]


def test_the_clock_of_one_that_must_not_wait(desk: Desk) -> None:
    desk.webhooks.waits = False
    held = threading.Event()
    desk.receiver.act = lambda: held.wait(10)
    desk.webhooks.announce("batch", "batch_1", line())
    desk.clock.advance(10)
    assert desk.webhooks.due
    held.set()
    desk.receiver.wait_for(1)


def test_two_that_share_a_store_send_each_once(desk: Desk) -> None:
    other = LocalWebhooks(desk.state, desk.clock, lambda: desk.settings)
    for number in range(20):
        desk.webhooks.announce("batch", f"batch_{number}", line())
    for one in (other, desk.webhooks):
        one.waits = False
    desk.clock.advance(10)
    other.moved()
    desk.receiver.wait_for(20)
    assert len({event["data"]["id"] for event in desk.receiver.events}) == len(desk.receiver.got) == 20
    other.close()


@hypothesis_settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(["completed", "failed"])), max_size=8)
)
def test_an_entry_is_sent_as_it_was_put_last(told: list[tuple[str, int, str]]) -> None:
    """However often it was put, and for whatever time."""
    sent: list[tuple[str, str]] = []
    state = LocalState()
    clock = LocalClock(state)
    entries = Waiting(state, clock, lambda entry: sent.append((entry["key"], entry["end"])))
    clock.freeze(1000)
    last: dict[str, str] = {}
    for id_, after, end in told:
        entries.put({"key": id_, "end": end, "at": 1001.0 + after})
        last[id_] = end
    clock.advance(100)
    entries.wake()
    entries.catch_up()
    assert sorted(sent) == sorted(last.items())


class Shaky:
    """A state whose store can be gone; `missed` is set when somebody has looked for it twice."""

    def __init__(self) -> None:
        self.gone = 0
        self.missed = threading.Event()
        self._store = LocalState().store

    @property
    def store(self) -> Store:
        if self.gone:
            self.gone += 1
            if self.gone > 2:
                self.missed.set()
            raise Refused(errors.state_unavailable("redis://there", "down"))
        return self._store


def test_a_store_that_is_gone_for_a_while(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_AGAIN", 0.001)
    state, clock = Shaky(), LocalClock(LocalState())
    webhooks = LocalWebhooks(state, clock, lambda: Settings(webhook_url=receiver.url))
    webhooks.announce("batch", "batch_1", line(at=clock.now + 0.01))
    state.gone = 1
    assert state.missed.wait(10)
    state.gone = 0
    receiver.wait_for(1)
    webhooks.close()


def test_an_event_that_the_sdk_does_not_know_is_sent_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mockopenai.contract.webhooks.events", lambda: {"batch.failed": None})
    desk.webhooks.announce("video", "video_1", line())
    desk.clock.advance(10)
    assert desk.receiver.types == ["video.completed"]


# --- sent by hand -----------------------------------------------------------------------------------------------------


def test_what_was_sent_is_kept(desk: Desk) -> None:
    desk.receiver.answers = [(202, "thanks")]
    sent = desk.webhooks.send("batch.expired", "batch_1")
    assert (sent.type, sent.id, sent.url, sent.time) == ("batch.expired", "batch_1", desk.receiver.url, 1000.0)
    assert (sent.status, sent.body, sent.attempts, sent.delivered) == (202, "thanks", 1, True)
    assert desk.webhooks.deliveries == [sent]
    ((_, headers),) = desk.receiver.got
    assert (headers["webhook-id"], headers["content-type"]) == (sent.webhook_id, "application/json")
    assert desk.receiver.events[0]["id"] == sent.event_id


def test_one_that_fails_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "WAITS", (0.001, 0.001))
    desk.receiver.answers = [(500, "busy"), (302, ""), (200, "")]
    sent = desk.webhooks.send("batch.failed", "batch_1")
    assert (sent.status, sent.attempts, sent.delivered) == (200, 3, True)
    ids = {headers["webhook-id"] for _, headers in desk.receiver.got}
    assert len(desk.receiver.got) == 3
    assert len(ids) == len(set(desk.receiver.types)) == 1
    desk.receiver.answers = [(500, "")] * 10
    given_up = desk.webhooks.send("batch.failed", "batch_2")
    assert (given_up.status, given_up.attempts, given_up.delivered) == (500, 3, False)


def test_a_receiver_that_is_not_there(desk: Desk) -> None:
    sent = desk.webhooks.send("batch.failed", "batch_1", url="http://127.0.0.1:9/x")
    assert (sent.status, sent.delivered, sent.body) == (None, False, "")
    assert sent.error
    assert desk.webhooks.deliveries == [sent]


def test_what_cannot_be_sent(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no webhook event 'batch"):
        desk.webhooks.send("batch.done", "batch_1")
    with pytest.raises(ValueError, match="goes on in base64"):
        desk.webhooks.send("batch.failed", "batch_1", secret="whsec_&")
    with pytest.raises(ValueError, match="URL of a webhook"):
        desk.webhooks.send("batch.failed", "batch_1", url="localhost")
    desk.settings = replace(desk.settings, webhook_url=None)
    with pytest.raises(ValueError, match="needs somebody to send it to"):
        desk.webhooks.send("batch.failed", "batch_1")
    assert desk.webhooks.deliveries == []


def test_secrets_are_shown_nowhere(desk: Desk) -> None:
    desk.settings = replace(desk.settings, webhook_secret="whsec_c2VjcmV0")
    sent = desk.webhooks.send("batch.failed", "batch_1")
    assert "c2VjcmV0" not in f"{sent} {desk.settings} {desk.webhooks.deliveries} {desk.receiver.got}"
    assert desk.settings != replace(desk.settings, webhook_secret=SECRET)
