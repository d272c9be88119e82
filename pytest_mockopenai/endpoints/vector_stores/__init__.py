"""Vector stores: create, list, retrieve, update, delete; with `searching`, `files` and `batches` beside."""

from __future__ import annotations

from pytest_mockopenai.core import checks
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.lifecycle import POLL_SOON
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.vector_stores import batches, files, searching
from pytest_mockopenai.endpoints.vector_stores.rules import EXPIRY_BOUNDS, file_bounds, file_settings
from pytest_mockopenai.retrieval import stores
from pytest_mockopenai.retrieval.adding import new_store


def create(context: Context) -> Finished:
    """A new vector store, with the files of the request in progress; raises `Refused` for one that cannot be added."""
    body = context.body
    about = {name: body.get(name) for name in ("name", "description", "expires_after", "metadata")}
    entry = new_store(context, context.serial, body.get("file_ids") or (), body.get("chunking_strategy"), **about)
    return Finished(stores.store_object(entry, entry["files"], stores.BEFORE))


def list_stores(context: Context) -> Finished:
    """A page of the vector stores, the newest first."""
    items = [_seen(context, entry) for entry in stores.vector_stores(context.store).all()]
    return Finished(page(items, context.request.query))


def retrieve(context: Context) -> Finished:
    """One vector store as it is now; raises `Refused` with 404 if there is none."""
    return _shown(context, stores.entry_of(context, context.path["vector_store_id"]))


def update(context: Context) -> Finished:
    """The vector store with what the request replaces; null empties. Raises `Refused` with 404 if there is none."""
    empty: JSON = {"name": "", "metadata": {}, "expires_after": None}
    given = {name: context.body[name] or nothing for name, nothing in empty.items() if name in context.body}

    def changed(entry: JSON) -> JSON:
        return {**entry, "store": {**entry["store"], **given}}

    return _shown(context, stores.change(context, context.path["vector_store_id"], changed))


def delete(context: Context) -> Finished:
    """What is said of a deleted vector store; its files stay files. Raises `Refused` with 404 if there is none."""
    id_ = context.path["vector_store_id"]
    if not stores.vector_stores(context.store).delete(id_):
        raise Refused(stores.not_found(id_))
    return Finished({"id": id_, "object": "vector_store.deleted", "deleted": True})


def _seen(context: Context, entry: JSON) -> JSON:
    return stores.store_object(entry, stores.files_in(context, entry), context.time)


def _shown(context: Context, entry: JSON) -> Finished:
    seen = _seen(context, entry)
    return Finished(seen, headers=POLL_SOON if seen["status"] == "in_progress" else ())


_ALL, _ONE = "/vector_stores", "/vector_stores/{vector_store_id}"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        "vector_stores",
        create,
        params="openai.types.vector_store_create_params:VectorStoreCreateParams",
        known=frozenset({"description"}),
        bounds={"file_ids": Length(0, 500), **EXPIRY_BOUNDS, **file_bounds(), **checks.METADATA_BOUNDS},
        rules=(checks.metadata_rule, file_settings),
    ),
    Endpoint("GET", _ALL, "vector_stores", list_stores),
    Endpoint("GET", _ONE, "vector_stores", retrieve),
    Endpoint(
        "POST",
        _ONE,
        "vector_stores",
        update,
        params="openai.types.vector_store_update_params:VectorStoreUpdateParams",
        bounds={**EXPIRY_BOUNDS, **checks.METADATA_BOUNDS},
        rules=(checks.metadata_rule,),
    ),
    Endpoint("DELETE", _ONE, "vector_stores", delete),
    *searching.ENDPOINTS,
    *files.ENDPOINTS,
    *batches.ENDPOINTS,
)
