"""The opening handshake: what accepts an upgrade, and what is refused."""

from __future__ import annotations

import pytest

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.handshake import accepting, is_upgrade, key_of, protocols
from pytest_mockopenai.core.wire import Request

KEY = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")  # RFC 6455, section 1.3
UPGRADE = (("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"), KEY, ("Sec-WebSocket-Version", "13"))


def request(*headers: tuple[str, str]) -> Request:
    return Request("GET", "/v1/realtime", headers)


def without(name: str) -> Request:
    return request(*(header for header in UPGRADE if header[0] != name))


def test_the_example_of_the_rfc() -> None:
    assert accepting(request(*UPGRADE)) == (
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    )


def test_a_subprotocol_that_both_know() -> None:
    offered = ("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-abc, openai-beta.realtime-v1")
    browser = request(*UPGRADE, offered)
    assert protocols(browser) == ["realtime", "openai-insecure-api-key.sk-abc", "openai-beta.realtime-v1"]
    assert dict(accepting(browser, ("realtime",)))["sec-websocket-protocol"] == "realtime"
    assert "sec-websocket-protocol" not in dict(accepting(browser))
    assert "sec-websocket-protocol" not in dict(accepting(request(*UPGRADE), ("realtime",)))
    assert key_of(browser) == "sk-abc"


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([("Authorization", "Bearer sk-1"), ("Sec-WebSocket-Protocol", "openai-insecure-api-key.sk-2")], "sk-1"),
        ([("api-key", "azure")], "azure"),
        ([("Sec-WebSocket-Protocol", "openai-insecure-api-key.")], None),
        ([("Authorization", "Bearer ")], None),
        ([], None),
    ],
)
def test_where_the_key_may_be(headers: list[tuple[str, str]], key: str | None) -> None:
    assert key_of(request(*headers)) == key


@pytest.mark.parametrize("missing", ["Upgrade", "Connection", "Sec-WebSocket-Version"])
def test_without_an_upgrade(missing: str) -> None:
    with pytest.raises(Refused) as refused:
        accepting(without(missing))
    error = refused.value.error
    assert error.status == 426
    assert ("sec-websocket-version", "13") in error.headers
    assert is_upgrade(without(missing)) == (missing == "Sec-WebSocket-Version")


@pytest.mark.parametrize("key", [None, "", "short", "dGhlIHNhbXBsZSBub25j", "not base64 at all!!!!!!==", "é" * 24])
def test_a_key_that_is_none(key: str | None) -> None:
    bad = without("Sec-WebSocket-Key")
    headers = (*bad.headers, ("Sec-WebSocket-Key", key)) if key is not None else bad.headers
    with pytest.raises(Refused) as refused:
        accepting(request(*headers))
    assert refused.value.error.status == 400
