"""A receiver, and the webhooks of a mock without a server, on a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_mockopenai.clock import LocalClock
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import LocalState
from pytest_mockopenai.webhooks import LocalWebhooks
from tests.receiver import Receiver, receiving


class Desk:
    """Webhooks that are sent to a receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.state = LocalState()
        self.clock = LocalClock(self.state)
        self.settings = Settings(webhook_url=receiver.url)
        self.webhooks = LocalWebhooks(self.state, self.clock, lambda: self.settings)
        self.clock.moved = self.webhooks.moved
        self.clock.freeze(1000)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def desk(receiver: Receiver) -> Iterator[Desk]:
    one = Desk(receiver)
    yield one
    one.webhooks.close()
