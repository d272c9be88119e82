"""Input items as they are kept, and those that others refer to."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.core import items
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.store import Store

DRAW = draw_for(0, "item")


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", {"type": "input_text", "text": "Hi"}),
        ("developer", {"type": "input_text", "text": "Hi"}),
        ("assistant", {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hi"}),
    ],
)
def test_a_text_becomes_a_part(role: str, part: dict[str, Any]) -> None:
    kept = items.kept({"role": role, "content": "Hi"}, DRAW)
    assert kept == {"id": kept["id"], "type": "message", "status": "completed", "role": role, "content": [part]}
    assert kept["id"].startswith("msg_")
    assert len(kept["id"]) == len("msg_") + 50


def test_parts_stay_as_they_are_but_for_defaults() -> None:
    text, image = {"type": "input_text", "text": "Hi"}, {"type": "input_image", "file_id": "file-1"}
    content = items.kept({"role": "user", "content": [text, image, {**image, "detail": "low"}]}, DRAW)["content"]
    assert content == [text, {**image, "detail": "auto"}, {**image, "detail": "low"}]


@pytest.mark.parametrize(
    ("kind", "prefix", "status"),
    [
        ("function_call", "fc_", "completed"),
        ("function_call_output", "fco_", "completed"),
        ("reasoning", "rs_", None),
        ("mcp_approval_response", "mcpa_", None),
        ("something_new", "item_", None),
    ],
)
def test_ids_and_states_are_filled_in(kind: str, prefix: str, status: str | None) -> None:
    kept = items.kept({"type": kind, "a": 1}, draw_for(0, "item"))
    assert (kept["id"].startswith(prefix), kept.get("status"), kept["a"]) == (True, status, 1)


def test_what_is_given_is_kept() -> None:
    given = {"type": "function_call", "id": "fc_1", "status": "incomplete", "call_id": "c", "name": "f"}
    assert items.kept(given, DRAW) == given


def test_items_are_recalled() -> None:
    store = Store()
    items.remember(store, [{"id": "a", "n": 1}, {"id": "b"}])
    assert items.recall(store, "a") == {"id": "a", "n": 1}
    assert items.recall(store, "c") is None
