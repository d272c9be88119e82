"""The tool `file_search`: what it finds in the vector stores of the mock, and what the API refuses of it.

Forms as in openai/types/responses/file_search_tool_param.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused, UnknownId
from pytest_mockopenai.retrieval import filters, stores
from pytest_mockopenai.retrieval.ranking import Weights
from pytest_mockopenai.retrieval.search import Hit, Search, search

BOUNDS: Mapping[str, Length | Range] = {
    "tools[].vector_store_ids": Length(1, None),
    "tools[].max_num_results": Range(1, 50),
    "tools[].ranking_options.score_threshold": Range(0.0, 1.0),
    "tools[].ranking_options.hybrid_search.embedding_weight": Range(0.0, None),
    "tools[].ranking_options.hybrid_search.text_weight": Range(0.0, None),
}

_MOST = 20


def is_search(tool: Mapping[str, Any]) -> bool:
    """Whether a tool of a request is this one."""
    return bool(tool["type"] == "file_search")


def check(context: Context) -> None:
    """Refuse filters and weights that are none and, unless the answer is scripted, vector stores that do not exist."""
    for place, tool in enumerate(context.body.get("tools") or ()):
        if not is_search(tool):
            continue
        if tool.get("filters") is not None:
            filters.check(tool["filters"], f"tools[{place}].filters")
        _check_weights(tool, f"tools[{place}].ranking_options.hybrid_search")
        if context.answer is None and not context.forgiving:
            _check_stores(context, tool)


def _check_weights(tool: Mapping[str, Any], path: str) -> None:
    hybrid = (tool.get("ranking_options") or {}).get("hybrid_search")
    if hybrid and not hybrid["embedding_weight"] and not hybrid["text_weight"]:
        message = f"Invalid value for '{path}': one of 'embedding_weight' and 'text_weight' must be greater than zero."
        raise Refused(errors.invalid(message, param=path, code="invalid_value"))


def _check_stores(context: Context, tool: Mapping[str, Any]) -> None:
    known = stores.vector_stores(context.store)
    entries = {id_: known.get(id_) for id_ in tool["vector_store_ids"]}
    missing = [id_ for id_, entry in entries.items() if entry is None]
    if missing:
        raise Refused(UnknownId(404, f"Vector store with id {missing} not found."))
    for entry in entries.values():
        stores.refuse_expired(entry or {}, context.time)


def found(context: Context, tool: Mapping[str, Any]) -> list[Hit] | None:
    """What a search for the user's last message finds; None if one of the vector stores cannot be searched."""
    known, ids = stores.vector_stores(context.store), tool.get("vector_store_ids") or ()
    entries = [known.get(id_) for id_ in ids]
    if not entries or any(entry is None or stores.has_expired(entry, context.time) for entry in entries):
        return None
    ranking = tool.get("ranking_options") or {}
    hybrid = ranking.get("hybrid_search")
    wanted = Search(
        [context.inquiry.last_message],
        tool.get("filters"),
        most=tool.get("max_num_results") or _MOST,
        threshold=ranking.get("score_threshold") or 0.0,
        weights=Weights(hybrid["embedding_weight"], hybrid["text_weight"]) if hybrid else Weights(),
    )
    return search(context, ids, wanted)
