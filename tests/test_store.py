"""The store: order, bound, and what threads may do at once."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.store import Collection, Contents, Store

IDS = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete", "update"]), IDS, st.integers()), max_size=40)


@given(steps=STEPS, limit=st.integers(1, 8))
def test_it_is_a_bounded_dict(steps, limit):
    collection, model = Collection(limit), {}
    for name, id_, number in steps:
        item = {"id": id_, "number": number}
        if name == "put":
            collection.put(id_, item)
            model[id_] = item
            if len(model) > limit:
                model.pop(next(iter(model)))
        elif name == "delete":
            assert collection.delete(id_) == (model.pop(id_, None) is not None)
        else:
            changed = collection.update(id_, lambda old, number=number: {**old, "number": number})
            assert changed == (item if id_ in model else None)
            model.update({id_: item} if id_ in model else {})
        assert collection.all() == list(model.values())
        assert collection.get(id_) == model.get(id_)


def test_the_oldest_is_forgotten():
    collection = Store(limit=2).collection("x")
    for id_ in "abc":
        collection.put(id_, {"id": id_})
    assert [item["id"] for item in collection.all()] == ["b", "c"]


def test_all_is_a_copy():
    collection = Collection()
    collection.put("a", {})
    collection.all().clear()
    assert collection.all() == [{}]


def test_collections_are_separate_and_stay():
    store = Store()
    store.collection("files").put("a", {})
    assert store.collection("files").all() == [{}]
    assert store.collection("batches").all() == []
    assert Store().collection("files").all() == []


def test_no_update_is_lost_among_threads():
    store = Store()
    store.collection("x").put("a", {"count": 0})

    def work():
        for _ in range(200):
            store.collection("x").update("a", lambda old: {"count": old["count"] + 1})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.collection("x").get("a") == {"count": 800}


CONTENT_STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete"]), IDS, st.binary(max_size=6)), max_size=40)


@given(steps=CONTENT_STEPS, limit=st.integers(0, 20))
def test_contents_are_a_dict_of_bounded_size(steps, limit):
    contents, model = Contents(limit), {}
    for name, id_, data in steps:
        if name == "delete":
            assert contents.delete(id_) == (model.pop(id_, None) is not None)
        elif sum(map(len, {**model, id_: data}.values())) <= limit:
            contents.put(id_, data)
            model[id_] = data
        else:
            with pytest.raises(Refused, match=f"at most {limit} bytes"):
                contents.put(id_, data)
        assert all(contents.get(id_) == model.get(id_) for id_ in "abcdef")


def test_an_object_is_read_when_somebody_looks() -> None:
    collection = Collection()
    for id_ in "abc":
        collection.put(id_, Unread(b'{"id":"%(0)b"}', {b"0": id_.encode()}))
    assert collection.get("a") == {"id": "a"}
    assert collection.get("a") is collection.get("a")
    assert collection.update("b", lambda item: {**item, "more": 1}) == {"id": "b", "more": 1}
    assert collection.all() == [{"id": "a"}, {"id": "b", "more": 1}, {"id": "c"}]
    assert collection.update("d", lambda item: item, first={"id": "d"}) == {"id": "d"}
