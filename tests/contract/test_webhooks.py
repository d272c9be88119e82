"""Every event that the installed SDK knows can be made, as far as it can be made up."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.contract import webhooks
from pytest_mockopenai.core.webhooks import KINDS, ending

if not webhooks.events():
    pytest.skip("this SDK has no webhooks", allow_module_level=True)

MORE: dict[str, Any] = {"environment_type": "cloud", "required_action": {"type": "x", "tool_calls": []}}


@pytest.mark.parametrize("type_", webhooks.events())
def test_every_event_has_its_data(type_: str) -> None:
    known = webhooks.events()[type_]
    fields = known.model_fields if known else {}
    given = {name: value for name, value in MORE.items() if name in fields}
    data = webhooks.data_of(type_, "x_1", given)
    assert {name for name, field in fields.items() if field.is_required()} <= data.keys()
    assert "x_1" in data.values()


def test_what_is_given_wins() -> None:
    headers = [{"name": "From", "value": "sip:a@b"}]
    data = webhooks.data_of("realtime.call.incoming", "call_1", {"sip_headers": headers})
    assert data == {"call_id": "call_1", "sip_headers": headers}


def test_an_unknown_type() -> None:
    with pytest.raises(ValueError, match=r"Did you mean 'response\.completed'"):
        webhooks.data_of("response.complete", "x", {})


@pytest.mark.skipif("agent.session.idle" not in webhooks.events(), reason="an event of newer SDKs")
def test_what_cannot_be_made_up() -> None:
    with pytest.raises(ValueError, match="environment_type"):
        webhooks.data_of("agent.session.idle", "x", {})


def test_an_sdk_without_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "events", dict)
    assert webhooks.data_of("anything", "x", {"a": 1}) == {"id": "x", "a": 1}


def test_the_events_of_jobs_are_the_sdks() -> None:
    for kind in KINDS:
        for status in ("completed", "succeeded", "failed", "cancelled", "canceled", "incomplete", "expired"):
            told = ending(kind, [[status, 0.0]])
            assert told is None or told[0] in webhooks.events()
