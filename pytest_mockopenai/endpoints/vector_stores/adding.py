"""A file put into a vector store: what will come of it is known at once, and seen when the clock says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.endpoints.vector_stores.rules import static
from pytest_mockopenai.retrieval.documents import text_of
from pytest_mockopenai.retrieval.unreadable import Unreadable


def added(context: Context, file_id: str, given: Mapping[str, Any], batch: str | None = None) -> JSON:
    """How a file is kept in an entry; `given` has its attributes and chunking strategy, if the request says so."""
    error, used = None, 0
    try:
        used = len(text_of(content_of(context, file_id), file_of(context, file_id)["filename"]).encode())
    except Unreadable as why:
        error = {"code": why.code, "message": why.message}
    last = "failed" if error else "completed"
    return {
        "created_at": context.now,
        "attributes": given.get("attributes") or {},
        "chunking_strategy": static(given.get("chunking_strategy")),
        "timeline": lifecycle.timeline(context.time, context.job_seconds, ("in_progress", 1), last=last),
        "usage_bytes": used,
        "error": error,
        "batch": batch,
    }
