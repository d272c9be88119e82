"""Searching vector stores: the chunks of their files that answer a query best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.files import files
from pytest_mockopenai.retrieval import filters, stores
from pytest_mockopenai.retrieval.index import Chunk, chunks_of
from pytest_mockopenai.retrieval.ranking import Query, Weights


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: chunks that answer one of the queries, of files whose attributes pass the filter.

    At most `most` of them, with a score of at least `threshold`.
    """

    queries: Sequence[str]
    filter: JSON | None = None
    most: int = 10
    threshold: float = 0.0
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found; `score` is from 0 to 1."""

    file_id: str
    filename: str
    attributes: JSON
    score: float
    text: str


def search(context: Context, store_ids: Sequence[str], wanted: Search) -> list[Hit]:
    """The best chunks first; of two that are equally good, that of the file which was added first.

    Only files that have been processed are searched. To be searched is to be active: it puts off a store's expiry.
    Raises `Refused` with 404 for a store that there is none of, with 400 for one that has expired.
    """
    for id_ in dict.fromkeys(store_ids):
        stores.refuse_expired(stores.entry_of(context, id_), context.time)
    queries = [Query(text) for text in wanted.queries]
    hits: list[Hit] = []
    for id_ in dict.fromkeys(store_ids):
        entry = stores.change(context, id_, lambda entry: stores.active(entry, context.now))
        for file, chunk in _chunks(context, entry, wanted.filter):
            score = max((query.score(chunk.features, wanted.weights) for query in queries), default=0.0)
            if score >= wanted.threshold:
                hits.append(Hit(file["id"], file["filename"], file["attributes"], score, chunk.text))
    hits.sort(key=lambda hit: -hit.score)
    return hits[: wanted.most]


def _chunks(context: Context, entry: JSON, filter_: JSON | None) -> Iterator[tuple[Any, Chunk]]:
    """Every chunk that may be found, with its file's id, name and attributes."""
    for id_, kept in stores.files_in(context, entry).items():
        passes = filter_ is None or filters.matches(filter_, kept["attributes"])
        if not passes or stores.status_of(kept, context.time) != "completed":
            continue
        file = files(context.store).get(id_)
        data = context.store.contents.get(id_)
        if file is not None and data is not None:
            about = {"id": id_, "filename": file["filename"], "attributes": kept["attributes"]}
            for chunk in chunks_of(data, file["filename"], kept["chunking_strategy"]):
                yield about, chunk
