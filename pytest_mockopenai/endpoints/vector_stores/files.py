"""The files of a vector store: create, list, retrieve, update, delete, and their content."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused, UnknownId
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.core.lifecycle import POLL_SOON
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.vector_stores.rules import file_bounds, file_settings
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.adding import add, added, refuse_files
from pytest_mockopenai.retrieval.index import chunks_of

_STATUSES = ("in_progress", "completed", "failed", "cancelled")


def create(context: Context) -> Finished:
    """The file, in progress; raises `Refused` if it does not exist or cannot be searched. A file is in a store once."""
    store_id, file_id = context.path["vector_store_id"], context.body["file_id"]
    stores.refuse_expired(stores.entry_of(context, store_id), context.time)
    refuse_files(context, [file_id])
    kept = added(context, file_id, context.body)
    add(context, store_id, {file_id: kept})
    return Finished(stores.file_object(store_id, file_id, kept, stores.BEFORE))


def list_files(context: Context) -> Finished:
    """A page of the files, those added last first; `filter` picks a status."""
    entry = stores.entry_of(context, context.path["vector_store_id"])
    return files_page(context, entry, stores.files_in(context, entry))


def files_page(context: Context, entry: JSON, kept: dict[str, JSON]) -> Finished:
    """The page of these files that the request asks for; raises `Refused` for a wrong query."""
    wanted = dict(context.request.query).get("filter")
    if wanted and wanted not in _STATUSES:
        raise Refused(errors.invalid_value("filter", wanted, _STATUSES))
    store_id = entry["store"]["id"]
    items = [stores.file_object(store_id, id_, each, context.time) for id_, each in kept.items()]
    return Finished(page(items, context.request.query, where=lambda item: not wanted or item["status"] == wanted))


def retrieve(context: Context) -> Finished:
    """One file as it is now; raises `Refused` with 404 if the store has none of this id."""
    _, kept = _found(context)
    return _shown(context, kept)


def update(context: Context) -> Finished:
    """The file with the attributes of the request in the place of its own; raises `Refused` with 404."""
    _found(context)
    attributes = context.body["attributes"] or {}
    return _shown(context, _changed(context, lambda kept: {**kept, "attributes": attributes}))


def delete(context: Context) -> Finished:
    """What is said of a file taken out of the store; it stays a file. Raises `Refused` with 404 if it is not in it."""
    _found(context)
    file_id = context.path["file_id"]

    def without(entry: JSON) -> JSON:
        return {**entry, "files": {id_: kept for id_, kept in entry["files"].items() if id_ != file_id}}

    stores.change(context, context.path["vector_store_id"], without)
    return Finished({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})


def content(context: Context) -> Finished:
    """The text of the file in chunks, as they are searched; none unless it has been processed."""
    _, kept = _found(context)
    data: list[JSON] = []
    if stores.status_of(kept, context.time) == "completed":
        id_ = context.path["file_id"]
        chunks = chunks_of(content_of(context, id_), file_of(context, id_)["filename"], kept["chunking_strategy"])
        data = [{"type": "text", "text": chunk.text} for chunk in chunks]
    return Finished({"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None})


def _found(context: Context) -> tuple[JSON, JSON]:
    """The store's entry and how the file of the path is kept in it."""
    store_id, file_id = context.path["vector_store_id"], context.path["file_id"]
    entry = stores.entry_of(context, store_id)
    kept = stores.files_in(context, entry).get(file_id)
    if kept is None:
        raise Refused(_not_found(store_id, file_id))
    return entry, kept


def _not_found(store_id: str, file_id: str) -> UnknownId:
    """Wording: mkdev-me/terraform-provider-openai#35."""
    return UnknownId(404, f"No file found with id '{file_id}' in vector store '{store_id}'.")


def _changed(context: Context, how: Callable[[JSON], JSON]) -> JSON:
    """Replace how the file of the path is kept; returns that."""
    store_id, file_id = context.path["vector_store_id"], context.path["file_id"]

    def changed(entry: JSON) -> JSON:
        kept = entry["files"].get(file_id)
        return {**entry, "files": {**entry["files"], file_id: how(kept)}} if kept else entry

    found: JSON | None = stores.change(context, store_id, changed)["files"].get(file_id)
    if found is None:
        raise Refused(_not_found(store_id, file_id))
    return found


def _shown(context: Context, kept: JSON) -> Finished:
    seen = stores.file_object(context.path["vector_store_id"], context.path["file_id"], kept, context.time)
    return Finished(seen, headers=POLL_SOON if seen["status"] == "in_progress" else ())


_ALL = "/vector_stores/{vector_store_id}/files"
_ONE = f"{_ALL}/{{file_id}}"
_RESOURCE = "vector_stores.files"
_TYPES = "openai.types.vector_stores"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        params=f"{_TYPES}.file_create_params:FileCreateParams",
        known=frozenset({"attributes", "chunking_strategy"}),
        bounds=file_bounds(),
        rules=(file_settings,),
    ),
    Endpoint("GET", _ALL, _RESOURCE, list_files),
    Endpoint("GET", _ONE, _RESOURCE, retrieve),
    Endpoint(
        "POST",
        _ONE,
        _RESOURCE,
        update,
        params=f"{_TYPES}.file_update_params:FileUpdateParams",
        bounds=file_bounds(),
        rules=(file_settings,),
    ),
    Endpoint("DELETE", _ONE, _RESOURCE, delete),
    Endpoint("GET", f"{_ONE}/content", "vector_stores.files", content),
)
