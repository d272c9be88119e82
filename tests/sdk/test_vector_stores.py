"""Vector stores and containers through the SDK, sync and async: run by `make sdks` with openai 1, 2 and 3."""

from __future__ import annotations

import asyncio
import io
import operator
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai import MockOpenAI, built_in_call, says

REFUNDS = b"Refunds are paid within ten days. Ask at the desk for the form."
SHIPPING = b"Parcels are shipped from Rotterdam, on working days only."
QUESTION = "When are refunds paid?"


def named(name: str, data: bytes) -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def filled(client: Any) -> Any:
    """A vector store with two files, filled in the two ways that upload and wait."""
    store = client.vector_stores.create(name="Manual")
    batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=[named("refunds.md", REFUNDS)])
    assert (batch.status, batch.file_counts.completed) == ("completed", 1)
    shipping = named("shipping.md", SHIPPING)
    file = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=shipping)
    assert (file.status, file.usage_bytes) == ("completed", len(SHIPPING))
    return client.vector_stores.retrieve(store.id)


def test_search_finds_the_right_chunk(mock_openai: MockOpenAI) -> None:
    client: Any = mock_openai.client
    store = filled(client)
    assert (store.status, store.file_counts.total) == ("completed", 2)
    best, other = client.vector_stores.search(store.id, query=QUESTION)
    assert (best.filename, best.content[0].text) == ("refunds.md", REFUNDS.decode())
    assert best.score > 0.8 > other.score
    (only,) = client.vector_stores.search(store.id, query=["parcels"], max_num_results=1)
    assert only.filename == "shipping.md"
    (part,) = client.vector_stores.files.content(best.file_id, vector_store_id=store.id)
    assert part.text == REFUNDS.decode()


def test_a_response_searches_and_cites(mock_openai: MockOpenAI) -> None:
    client: Any = mock_openai.client
    ask = {
        "model": "gpt-4o",
        "input": QUESTION,
        "tools": [{"type": "file_search", "vector_store_ids": [filled(client).id]}],
        "include": ["file_search_call.results"],
    }
    mock_openai.reply(built_in_call("file_search") | says("Within ten days."))
    for said in ("Within ten days.", None):
        response = client.responses.create(**ask)
        search, message = response.output
        assert search.results[0].text == REFUNDS.decode()
        (citation,) = message.content[0].annotations
        assert (citation.type, citation.filename) == ("file_citation", "refunds.md")
        assert response.output_text == said or said is None
    kinds = [event.type for event in client.responses.create(**ask, stream=True)]
    assert "response.file_search_call.searching" in kinds
    assert "response.output_text.annotation.added" in kinds


def test_without_blocking(mock_openai: MockOpenAI) -> None:
    async def story() -> None:
        async with mock_openai.async_client as client:
            file = await client.files.create(file=("refunds.md", REFUNDS), purpose="assistants")
            store = await client.vector_stores.create(file_ids=[file.id])
            assert store.status == "in_progress"
            added = await client.vector_stores.files.poll(file.id, vector_store_id=store.id)
            assert added.status == "completed"
            assert [hit.file_id async for hit in client.vector_stores.search(store.id, query=QUESTION)] == [file.id]
            assert [each.id async for each in client.vector_stores.files.list(store.id, filter="completed")] == [
                file.id
            ]
            await client.vector_stores.delete(store.id)
            with pytest.raises(openai.NotFoundError):
                await client.vector_stores.retrieve(store.id)

    asyncio.run(story())


def test_iterating_goes_over_all_pages(mock_openai: MockOpenAI) -> None:
    client: Any = mock_openai.client
    ids = [client.vector_stores.create(name=str(number)).id for number in range(5)]
    assert [store.id for store in client.vector_stores.list(limit=2)] == ids[::-1]
    files = [client.files.create(file=(f"{name}.md", REFUNDS), purpose="assistants").id for name in "abc"]
    batch = client.vector_stores.file_batches.create_and_poll(ids[0], file_ids=files)
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=ids[0], limit=1, order="asc")
    assert [file.id for file in listed] == files


def test_a_file_fails_or_is_refused(mock_openai: MockOpenAI) -> None:
    client: Any = mock_openai.client
    store = client.vector_stores.create()
    broken = named("a.pdf", b"no pdf")
    file = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=broken)
    assert (file.status, file.last_error.code) == ("failed", "invalid_file")
    with pytest.raises(openai.BadRequestError) as refused:
        client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=named("a.csv", b"a,b"))
    assert refused.value.code == "unsupported_file"


def test_a_container(mock_openai: MockOpenAI) -> None:
    containers: Any = mock_openai.client.containers
    container = containers.create(name="Sums")
    file = containers.files.create(container.id, file=("sum.py", b"print(1 + 1)"))
    assert (container.status, file.bytes) == ("running", 12)
    assert containers.files.content.retrieve(file.id, container_id=container.id).read() == b"print(1 + 1)"
    kept = mock_openai.client.files.create(file=("a.txt", b"a"), purpose="user_data")
    copy = containers.files.create(container.id, file_id=kept.id)
    assert [each.id for each in containers.files.list(container.id, limit=1)] == [copy.id, file.id]
    containers.files.delete(file.id, container_id=container.id)
    mock_openai.clock.advance(20 * 60)
    assert [each.status for each in containers.list()] == ["expired"]
    with pytest.raises(openai.BadRequestError, match="Container is expired"):
        containers.files.retrieve(copy.id, container_id=container.id)
    containers.delete(container.id)
    with pytest.raises(openai.NotFoundError):
        containers.retrieve(container.id)


# --- attributes: what a filter lets through is what Python would ------------------------------------------------------

ATTRIBUTES: dict[str, dict[str, Any]] = {
    "a": {"year": 2022, "lang": "en"},
    "b": {"year": 2023, "lang": "nl", "draft": True},
    "c": {"year": 2024.5},
    "d": {"lang": "en", "draft": False},
}
COMPARED = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
COMPARISONS = st.one_of(
    st.tuples(st.sampled_from([*COMPARED]), st.just("year"), st.sampled_from([2022, 2023, 2024.5])),
    st.tuples(st.sampled_from([*COMPARED]), st.just("lang"), st.sampled_from(["en", "nl"])),
    st.tuples(st.sampled_from(["eq", "ne"]), st.just("draft"), st.booleans()),
)


def filters(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(["and", "or"]), st.lists(of, min_size=1, max_size=3))


def wire(wanted: Any) -> dict[str, Any]:
    if len(wanted) == 2:
        return {"type": wanted[0], "filters": [wire(part) for part in wanted[1]]}
    return dict(zip(("type", "key", "value"), wanted, strict=True))


def passes(wanted: Any, attributes: dict[str, Any]) -> bool:
    if len(wanted) == 2:
        return (all if wanted[0] == "and" else any)([passes(part, attributes) for part in wanted[1]])
    kind, key, value = wanted
    return bool(COMPARED[kind](attributes[key], value)) if key in attributes else kind == "ne"


@pytest.fixture(scope="module")
def library() -> Iterator[tuple[Any, str]]:
    """A client and the id of a vector store whose files have these attributes."""
    with MockOpenAI(job_seconds=0) as mock:
        client: Any = mock.client
        store = client.vector_stores.create()
        for name, attributes in ATTRIBUTES.items():
            file = client.files.create(file=(f"{name}.md", REFUNDS), purpose="assistants")
            client.vector_stores.files.create(store.id, file_id=file.id, attributes=attributes)
        yield client, store.id


@settings(max_examples=30, deadline=None)
@given(wanted=st.recursive(COMPARISONS, filters, max_leaves=5))
def test_filters_let_through_what_python_would(library: tuple[Any, str], wanted: Any) -> None:
    client, store = library
    found = [hit.filename[0] for hit in client.vector_stores.search(store, query="refunds", filters=wire(wanted))]
    assert sorted(found) == [name for name, attributes in ATTRIBUTES.items() if passes(wanted, attributes)]
