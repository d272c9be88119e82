"""Webhooks of a server: its receiver may ask it something before it answers, and nobody sees the secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest

from pytest_mockopenai import MockOpenAI
from tests.receiver import receiving

SECRET = "whsec_bXkgb3duIHNlY3JldA=="

if not hasattr(openai, "InvalidWebhookSignatureError"):
    pytest.skip("this SDK has no webhooks", allow_module_level=True)


def test_the_end_of_a_job_is_told(serve: Callable[..., Any]) -> None:
    seen: list[str | None] = []
    with receiving() as receiver:
        served = serve(f"--webhook-url={receiver.url}", f"--webhook-secret={SECRET}", "--job-seconds=60s")
        with MockOpenAI.connect(served.origin) as there:
            made = there.client.responses.create(model="gpt-4o", input="Hi", background=True)
            receiver.act = lambda: seen.append(there.client.responses.retrieve(made.id).status)
            there.clock.advance(60)
            event = there.client.webhooks.unwrap(*receiver.got[0], secret=SECRET)
    assert (event.type, seen) == ("response.completed", ["completed"])
    config = httpx.get(f"{served.origin}/_mock/config").text
    assert SECRET not in config + served.out.read_text() + served.err.read_text()
    assert served.stop() == 0


def test_a_wrong_url_is_told(command: Callable[..., Any]) -> None:
    told = command("serve", "--webhook-url=localhost")
    assert told.returncode == 2
    assert "the URL of a webhook is such as 'http://127.0.0.1:8000/webhooks', not 'localhost'" in told.stderr
    assert "whsec_&" not in command("serve", "--webhook-secret=whsec_&").stderr
