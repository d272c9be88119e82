"""File batches of a vector store: create, retrieve, cancel, list their files."""

from __future__ import annotations

from pytest_mockopenai.core import checks, lifecycle
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused, UnknownId
from pytest_mockopenai.core.lifecycle import POLL_SOON
from pytest_mockopenai.endpoints.vector_stores.files import files_page
from pytest_mockopenai.endpoints.vector_stores.rules import file_bounds, file_settings
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.adding import add, added, refuse_files

_MOST = 2000  # files (openai/types/vector_stores/file_batch_create_params.py)


def create(context: Context) -> Finished:
    """The batch, its files in progress; raises `Refused` if one of them does not exist or cannot be searched."""
    body, store_id = context.body, context.path["vector_store_id"]
    stores.refuse_expired(stores.entry_of(context, store_id), context.time)
    given = {file["file_id"]: file for file in body.get("files") or ()}
    given = given or dict.fromkeys(body.get("file_ids") or (), body)
    refuse_files(context, given)
    id_ = "vsfb_" + context.serial.child("id").hex(32)
    kept = {file_id: added(context, file_id, settings, id_) for file_id, settings in given.items()}
    batch = {"id": id_, "created_at": context.now, "cancelled": False}
    return Finished(_object(add(context, store_id, kept, batch), batch, kept, stores.BEFORE))


def retrieve(context: Context) -> Finished:
    """The batch as it is now; raises `Refused` with 404 if the store has none of this id."""
    return _shown(context, stores.entry_of(context, context.path["vector_store_id"]))


def cancel(context: Context) -> Finished:
    """The batch, those of its files cancelled that were still in progress; raises `Refused` with 404."""
    id_ = _batch(context, stores.entry_of(context, context.path["vector_store_id"]))["id"]

    def cancelled(entry: JSON) -> JSON:
        files = {
            file_id: _stopped(kept, context.time) if kept["batch"] == id_ else kept
            for file_id, kept in entry["files"].items()
        }
        unfinished = files != entry["files"]
        batch = {**entry["batches"][id_], "cancelled": unfinished or entry["batches"][id_]["cancelled"]}
        return {**entry, "files": files, "batches": {**entry["batches"], id_: batch}}

    return _shown(context, stores.change(context, context.path["vector_store_id"], cancelled))


def list_files(context: Context) -> Finished:
    """A page of the batch's files; raises `Refused` with 404 if the store has no such batch."""
    entry = stores.entry_of(context, context.path["vector_store_id"])
    return files_page(context, entry, _files(context, entry, _batch(context, entry)["id"]))


def _stopped(kept: JSON, time: float) -> JSON:
    """How a file is kept whose processing stops now, if it had not ended."""
    if lifecycle.ended(kept["timeline"], time):
        return kept
    return {**kept, "timeline": lifecycle.turned(kept["timeline"], time, ("cancelled", time))}


def _batch(context: Context, entry: JSON) -> JSON:
    id_ = context.path["batch_id"]
    batch: JSON | None = entry["batches"].get(id_)
    if batch is None:
        raise Refused(UnknownId(404, f"No file batch found with id '{id_}' in vector store '{entry['store']['id']}'."))
    return batch


def _files(context: Context, entry: JSON, batch_id: str) -> dict[str, JSON]:
    return {id_: kept for id_, kept in stores.files_in(context, entry).items() if kept["batch"] == batch_id}


def _shown(context: Context, entry: JSON) -> Finished:
    batch = _batch(context, entry)
    seen = _object(entry, batch, _files(context, entry, batch["id"]), context.time)
    return Finished(seen, headers=POLL_SOON if seen["status"] == "in_progress" else ())


def _object(entry: JSON, batch: JSON, kept: dict[str, JSON], time: float) -> JSON:
    """A batch with these files as it is at this time (openai/types/vector_stores/vector_store_file_batch.py)."""
    counted = stores.counts(kept.values(), time)
    ended = "cancelled" if batch["cancelled"] else "failed" if _all_failed(counted) else "completed"
    return {
        "id": batch["id"],
        "object": "vector_store.files_batch",
        "created_at": batch["created_at"],
        "vector_store_id": entry["store"]["id"],
        "status": "in_progress" if counted["in_progress"] else ended,
        "file_counts": counted,
    }


def _all_failed(counted: dict[str, int]) -> bool:
    return 0 < counted["failed"] == counted["total"]


def _sources(context: Context) -> None:
    """The files are named, or listed with settings of their own."""
    checks.exactly_one(context.body, "file_ids", "files")


_ALL = "/vector_stores/{vector_store_id}/file_batches"
_ONE = f"{_ALL}/{{batch_id}}"
_RESOURCE = "vector_stores.file_batches"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        params="openai.types.vector_stores.file_batch_create_params:FileBatchCreateParams",
        known=frozenset({"attributes", "chunking_strategy", "files"}),
        bounds={
            "file_ids": Length(1, _MOST),
            "files": Length(1, _MOST),
            **file_bounds(),
            **file_bounds("files[]."),
        },
        rules=(_sources, file_settings),
    ),
    Endpoint("GET", _ONE, _RESOURCE, retrieve),
    Endpoint("POST", f"{_ONE}/cancel", _RESOURCE, cancel),
    Endpoint("GET", f"{_ONE}/files", _RESOURCE, list_files),
)
