"""Files put into a vector store: what will come of one is known at once, and seen when the clock says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors, lifecycle
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.documents import is_supported, kind_of, text_of
from pytest_mockopenai.retrieval.unreadable import Unreadable

AUTO: JSON = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
"""What the strategy `auto` is (openai/types/auto_file_chunking_strategy_param.py)."""


def strategy_bounds(prefix: str = "") -> dict[str, Length | Range]:
    """The bounds of a chunking strategy (openai/types/static_file_chunking_strategy_param.py)."""
    static = f"{prefix}chunking_strategy.static"
    return {f"{static}.max_chunk_size_tokens": Range(100, 4096), f"{static}.chunk_overlap_tokens": Range(0, None)}


def new_store(
    context: Context, serial: Draw, file_ids: Iterable[str], strategy: Mapping[str, Any] | None, **about: Any
) -> JSON:
    """Keep a new vector store with these files in progress, and return its entry; `about` are fields of the object.

    Raises `Refused` as `refuse_files` does.
    """
    ids = list(file_ids)
    refuse_files(context, ids)
    id_ = "vs_" + serial.child("id").hex(32)
    empty: JSON = {"name": "", "description": None, "expires_after": None, "metadata": {}}
    given = {name: value for name, value in about.items() if value is not None}
    kept = {file_id: added(context, file_id, {"chunking_strategy": strategy}) for file_id in ids}
    store = {"id": id_, "created_at": context.now, "last_active_at": context.now, **empty, **given}
    entry: JSON = {"store": store, "files": kept, "batches": {}}
    stores.vector_stores(context.store).put(id_, entry)
    return entry


def add(context: Context, store_id: str, kept: Mapping[str, JSON], batch: JSON | None = None) -> JSON:
    """Put files, as `added` makes them, into a vector store, and the batch they come with; returns its entry.

    Raises `Refused` with 404 if there is no such vector store.
    """

    def changed(entry: JSON) -> JSON:
        batches = {**entry["batches"], **({batch["id"]: batch} if batch else {})}
        return stores.active({**entry, "files": {**entry["files"], **kept}, "batches": batches}, context.now)

    return stores.change(context, store_id, changed)


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
        "chunking_strategy": _static(given.get("chunking_strategy")),
        "timeline": lifecycle.timeline(context.time, context.job_seconds, ("in_progress", 1), last=last),
        "usage_bytes": used,
        "error": error,
        "batch": batch,
    }


def _static(strategy: Mapping[str, Any] | None) -> JSON:
    """The strategy by which a file is cut: the one of the request, or what `auto` stands for."""
    return AUTO if not strategy or strategy["type"] == "auto" else {"type": "static", "static": strategy["static"]}


def refuse_files(context: Context, file_ids: Iterable[str]) -> None:
    """Refuse files that do not exist (404), or whose kind cannot be searched (wording: stdapi-ai/stdapi.ai#275)."""
    names = [file_of(context, id_)["filename"] for id_ in file_ids]
    wrong = dict.fromkeys(kind_of(name) or "none" for name in names if not is_supported(name))
    if wrong:
        message = (
            f"Files with extensions [{', '.join(wrong)}] are not supported for retrieval. "
            "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
        )
        raise Refused(errors.invalid(message, param="file_ids", code="unsupported_file"))


def refuse_settings(given: Mapping[str, Any], prefix: str) -> None:
    """Refuse an attribute's name that is too long, and chunks that overlap by more than half.

    `prefix` is what the parameters' names begin with: `files[0].`.
    """
    checks.metadata_keys(given, "attributes", prefix=prefix)
    static = (given.get("chunking_strategy") or {}).get("static")
    if static and static["chunk_overlap_tokens"] * 2 > static["max_chunk_size_tokens"]:
        path = f"{prefix}chunking_strategy.static.chunk_overlap_tokens"
        message = f"Invalid value for '{path}': expected at most half of 'max_chunk_size_tokens'."
        raise Refused(errors.invalid(message, param=path, code="invalid_value"))
