"""JSON that is read when somebody looks."""

from __future__ import annotations

from pytest_mockopenai.core.unread import Unread


def test_text_and_value() -> None:
    unread = Unread(b'{"id":"%(0)b","at":%(now)b,"part":"100%%"}', {b"0": b"a", b"now": b"7"})
    assert unread.text == b'{"id":"a","at":7,"part":"100%"}'
    assert unread.read() == {"id": "a", "at": 7, "part": "100%"}
    assert unread.read() is not unread.read()
