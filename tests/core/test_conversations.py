"""Conversations in the store."""

from __future__ import annotations

import pytest

from pytest_mockopenai.core import conversations, items
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.store import Store


def test_items_are_appended_and_can_be_referred_to() -> None:
    store = Store()
    conversations.conversations(store).put("conv_1", {"conversation": {"id": "conv_1"}, "items": [{"id": "a"}]})
    entry = conversations.append(store, "conv_1", iter([{"id": "b"}, {"id": "c"}]))
    assert entry == conversations.entry_of(store, "conv_1")
    assert [item["id"] for item in entry["items"]] == ["a", "b", "c"]
    assert items.recall(store, "c") == {"id": "c"}


def test_an_unknown_one_is_404() -> None:
    for asked in (conversations.entry_of, lambda store, id_: conversations.append(store, id_, [])):
        with pytest.raises(Refused) as refused:
            asked(Store(), "conv_x")
        assert refused.value.error.status == 404


def test_it_is_named_by_a_text_or_an_object() -> None:
    assert conversations.id_of("conv_1") == conversations.id_of({"id": "conv_1"}) == "conv_1"
