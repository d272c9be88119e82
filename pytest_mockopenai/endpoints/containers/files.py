"""The files of a container: create, list, retrieve, delete, and their content."""

from __future__ import annotations

from pytest_mockopenai.core import checks, containers, errors, forms
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.core.paging import page


def create(context: Context) -> Finished:
    """The file, uploaded or copied from one that is kept; raises `Refused` if there is no such container or file."""
    id_, file_id = context.path["container_id"], context.body.get("file_id")
    if file_id is not None:
        name, data = file_of(context, file_id)["filename"], content_of(context, file_id)
    else:
        sent = forms.file_in(context.body, "file")
        name, data = sent["filename"], sent.data
    return Finished(containers.add_file(context, id_, context.serial, name, data, source="user"))


def list_files(context: Context) -> Finished:
    """A page of the container's files, the newest first."""
    entry = containers.used(context, context.path["container_id"])
    return Finished(page(list(entry["files"].values()), context.request.query))


def retrieve(context: Context) -> Finished:
    """One file; raises `Refused` with 404 if the container has none of this id."""
    return Finished(_file(context))


def delete(context: Context) -> Finished:
    """What is said of a deleted file; raises `Refused` with 404 if the container has none of this id."""
    id_ = _file(context)["id"]

    def without(entry: JSON) -> JSON:
        return {**entry, "files": {other: file for other, file in entry["files"].items() if other != id_}}

    containers.used(context, context.path["container_id"], without)
    context.store.contents.delete(id_)
    return Finished({"id": id_, "object": "container.file.deleted", "deleted": True})


def content(context: Context) -> Finished:
    """The bytes of a file; raises `Refused` with 404 if the container has none of this id."""
    file = _file(context)
    data = context.store.contents.get(file["id"]) or b""
    return Finished(file, content=("application/octet-stream", data))


def _file(context: Context) -> JSON:
    id_ = context.path["file_id"]
    file: JSON | None = containers.used(context, context.path["container_id"])["files"].get(id_)
    if file is None:
        raise Refused(errors.not_found("Container file", id_))
    return file


def _source(context: Context) -> None:
    """A file is sent, or named."""
    checks.exactly_one(context.body, "file", "file_id")


_ALL = "/containers/{container_id}/files"
_ONE = f"{_ALL}/{{file_id}}"
_RESOURCE = "containers.files"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        params="openai.types.containers.file_create_params:FileCreateParams",
        rules=(_source,),
        read=forms.read_either,
    ),
    Endpoint("GET", _ALL, _RESOURCE, list_files),
    Endpoint("GET", _ONE, _RESOURCE, retrieve),
    Endpoint("DELETE", _ONE, _RESOURCE, delete),
    Endpoint("GET", f"{_ONE}/content", "containers.files.content", content),
)
