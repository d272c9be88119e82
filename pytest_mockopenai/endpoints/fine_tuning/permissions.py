"""POST, GET and DELETE of the permissions of a checkpoint: the projects that may use it."""

from __future__ import annotations

from pytest_mockopenai.core import errors, finetuned
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import listed, page

_ORDERS = {"ascending": "asc", "descending": "desc"}  # openai/types/fine_tuning/checkpoints/permission_list_params.py


def create(context: Context) -> Finished:
    """A permission for each project; raises `Refused` with 404 if there is no such checkpoint."""
    checkpoint = _checkpoint(context)
    made = [_permission(context, project) for project in context.body["project_ids"]]
    for permission in made:
        _permissions(context).put(permission["id"], {"permission": permission, "checkpoint": checkpoint})
    return Finished(listed(made, has_more=False))


def _permission(context: Context, project: str) -> JSON:
    return {
        "object": "checkpoint.permission",
        "id": "cp_" + context.serial.child(project).alphanumeric(24),
        "created_at": context.now,
        "project_id": project,
    }


def list_permissions(context: Context) -> Finished:
    """A page of a checkpoint's permissions, the newest first; raises `Refused` with 404 for no such checkpoint."""
    checkpoint, query = _checkpoint(context), context.request.query
    project = dict(query).get("project_id")
    entries = _permissions(context).all()
    items = [entry["permission"] for entry in entries if entry["checkpoint"] == checkpoint]
    ordered = [(name, _ORDERS.get(value, value) if name == "order" else value) for name, value in query]
    return Finished(page(items, ordered, where=lambda item: project in (None, "", item["project_id"])))


def delete(context: Context) -> Finished:
    """What is said of a deleted permission; raises `Refused` with 404 if there is none."""
    checkpoint, id_ = _checkpoint(context), context.path["permission_id"]
    entry = _permissions(context).get(id_)
    if entry is None or entry["checkpoint"] != checkpoint:
        raise Refused(errors.not_found("Permission", id_))
    _permissions(context).delete(id_)
    return Finished({"id": id_, "object": "checkpoint.permission", "deleted": True})


def _permissions(context: Context) -> Collection:
    """Entries by the permission's id: `permission`, its object, and the name of the `checkpoint`."""
    return context.store.collection("fine_tuning.checkpoints.permissions")


def _checkpoint(context: Context) -> str:
    name = context.path["fine_tuned_model_checkpoint"]
    if not finetuned.is_there(context.store, name, context.time):
        raise Refused(errors.no_such_model(name))
    return name


_ALL = "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions"
_RESOURCE = "fine_tuning.checkpoints.permissions"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        params="openai.types.fine_tuning.checkpoints.permission_create_params:PermissionCreateParams",
        bounds={"project_ids": Length(1, None)},
    ),
    Endpoint("GET", _ALL, _RESOURCE, list_permissions),
    Endpoint("DELETE", f"{_ALL}/{{permission_id}}", _RESOURCE, delete),
)
