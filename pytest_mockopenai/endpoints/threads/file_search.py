"""The tool `file_search` of a run: what it finds for the user's last message, the step that tells it, the citation.

Forms as in openai/types/beta/threads/runs/file_search_tool_call.py and file_citation_annotation.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_mockopenai.core.assistants import assistants
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.endpoints.threads.entries import threads
from pytest_mockopenai.endpoints.threads.running import Turn
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.search import Hit, Search, search

CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
"""What `include` has to say for a step to tell the texts that were found."""

_MARKER = re.compile("【[^【】]*】")
_SOURCE = "【4:0†source】"
_MOST = 20
_RANKING: JSON = {"ranker": "auto", "score_threshold": 0.0}


def searched(context: Context, run: Mapping[str, Any], chat: Sequence[JSON]) -> list[Hit] | None:
    """What is found in the vector stores of assistant and thread; None if the run does not search.

    It does for each message of the user, if it has the tool and something to search; a store that does not exist, or
    has expired, is nothing. Files that are in progress when it begins are waited for.
    """
    tool = next((each for each in run["tools"] if each["type"] == "file_search"), None)
    ids = [id_ for id_ in _store_ids(context, run) if stores.can_be_searched(context, id_)]
    if tool is None or run["tool_choice"] == "none" or not ids or not chat or chat[-1]["role"] != "user":
        return None
    options = tool.get("file_search") or {}
    wanted = Search(
        [_text(chat[-1]["content"])],
        most=options.get("max_num_results") or _MOST,
        threshold=(options.get("ranking_options") or {}).get("score_threshold") or 0.0,
    )
    return search(replace(context, time=context.time + context.job_seconds), ids, wanted)


def _store_ids(context: Context, run: Mapping[str, Any]) -> Iterator[str]:
    assistant = assistants(context.store).get(run["assistant_id"]) or {}
    thread = (threads(context).get(run["thread_id"]) or {}).get("thread", {})
    for owner in (assistant, thread):
        resources = (owner.get("tool_resources") or {}).get("file_search") or {}
        yield from resources.get("vector_store_ids") or ()


def _text(content: str | list[JSON]) -> str:
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


def told(run: Mapping[str, Any], hits: Sequence[Hit], turn: Turn, serial: Draw) -> Turn:
    """A turn that has searched: with the call that tells what was found, and the best of it cited in what is said."""
    tool = next(each for each in run["tools"] if each["type"] == "file_search")
    ranking = {**_RANKING, **((tool.get("file_search") or {}).get("ranking_options") or {})}
    call = {
        "id": "call_" + serial.child("search").alphanumeric(24),
        "type": "file_search",
        "file_search": {"ranking_options": ranking, "results": [_result(hit) for hit in hits]},
    }
    cited = next((hit for hit in hits if hit.score), None)
    message = turn.message if cited is None else _citing(turn.message, cited.file_id, scripted=turn.scripted)
    return replace(turn, message=message, search=call)


def _result(hit: Hit) -> JSON:
    return {
        "file_id": hit.file_id,
        "file_name": hit.filename,
        "score": hit.score,
        "content": [{"type": "text", "text": hit.text}],
    }


def _citing(message: JSON | None, file_id: str, *, scripted: bool) -> JSON | None:
    """The message with a citation at its marker; a made-up text gets one, a scripted one stays as it is."""
    if message is None or message["content"][0]["type"] != "text":
        return message
    value = message["content"][0]["text"]["value"]
    if not scripted and not _MARKER.search(value):
        value += _SOURCE
    annotations = [
        {
            "type": "file_citation",
            "text": marker[0],
            "start_index": marker.start(),
            "end_index": marker.end(),
            "file_citation": {"file_id": file_id},
        }
        for marker in _MARKER.finditer(value)
    ]
    return {**message, "content": [{"type": "text", "text": {"value": value, "annotations": annotations}}]}


def shown(context: Context, step: JSON) -> JSON:
    """A step as it is told: with the texts that were found only if the request includes them."""
    details = step["step_details"]
    included = any(name in ("include", "include[]") and value == CONTENT for name, value in context.request.query)
    if included or details["type"] != "tool_calls":
        return step
    return {**step, "step_details": {**details, "tool_calls": [*map(_without_content, details["tool_calls"])]}}


def _without_content(call: JSON) -> JSON:
    if call["type"] != "file_search":
        return call
    found = call["file_search"]
    results = [{name: value for name, value in each.items() if name != "content"} for each in found["results"]]
    return {**call, "file_search": {**found, "results": results}}
