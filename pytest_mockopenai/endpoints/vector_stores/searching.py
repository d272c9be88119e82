"""POST /vector_stores/{vector_store_id}/search; how it is ranked is in `retrieval.ranking`."""

from __future__ import annotations

from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.retrieval import filters
from pytest_mockopenai.retrieval.ranking import rewritten
from pytest_mockopenai.retrieval.search import Hit, Search
from pytest_mockopenai.retrieval.search import search as find


def search(context: Context) -> Finished:
    """The chunks that answer the query best; raises `Refused` with 404 if there is no such vector store."""
    body, given = context.body, context.body["query"]
    queries = [given] if isinstance(given, str) else list(given)
    if body.get("rewrite_query"):
        queries = [rewritten(query) for query in queries]
    ranking = body.get("ranking_options") or {}
    wanted = Search(
        queries,
        body.get("filters"),
        most=body.get("max_num_results") or 10,
        threshold=ranking.get("score_threshold") or 0.0,
    )
    hits = find(context, [context.path["vector_store_id"]], wanted)
    return Finished(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_result(hit) for hit in hits],
            "has_more": False,
            "next_page": None,
        }
    )


def _result(hit: Hit) -> JSON:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.text}],
    }


def _filters(context: Context) -> None:
    if context.body.get("filters") is not None:
        filters.check(context.body["filters"], "filters")


ENDPOINTS = (
    Endpoint(
        "POST",
        "/vector_stores/{vector_store_id}/search",
        "vector_stores",
        search,
        params="openai.types.vector_store_search_params:VectorStoreSearchParams",
        bounds={
            "query": Length(1, None),
            "query[]": Length(1, None),
            "max_num_results": Range(1, 50),
            "ranking_options.score_threshold": Range(0.0, 1.0),
        },
        rules=(_filters,),
    ),
)
