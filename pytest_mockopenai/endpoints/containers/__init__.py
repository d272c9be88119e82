"""Containers: create, list, retrieve, delete; `files` has the endpoints of what is in them."""

from __future__ import annotations

from pytest_mockopenai.core import containers
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.containers import files


def create(context: Context) -> Finished:
    """A new container with copies of the request's files; raises `Refused` with 404 for one that does not exist."""
    body, file_ids = context.body, context.body.get("file_ids") or []
    for file_id in file_ids:
        file_of(context, file_id)
    given = {name: body.get(name) for name in ("name", "expires_after", "memory_limit", "network_policy")}
    id_ = containers.keep(context, context.serial, **given)["container"]["id"]
    for file_id in file_ids:
        name, serial = file_of(context, file_id)["filename"], context.serial.child(f"copy of {file_id}")
        containers.add_file(context, id_, serial, name, content_of(context, file_id), source="user")
    return Finished(containers.container_object(containers.used(context, id_), context.time))


def list_containers(context: Context) -> Finished:
    """A page of the containers, the newest first; `name` picks those of one name."""
    name = dict(context.request.query).get("name")

    def wanted(item: JSON) -> bool:
        return not name or item["name"] == name

    every = containers.containers(context.store).all()
    items = [containers.container_object(entry, context.time) for entry in every]
    return Finished(page(items, context.request.query, where=wanted))


def retrieve(context: Context) -> Finished:
    """One container; to ask for it keeps it for longer. Raises `Refused` with 404 if there is none."""
    return Finished(containers.looked_at(context, context.path["container_id"]))


def delete(context: Context) -> Finished:
    """What is said of a deleted container; raises `Refused` with 404 if there is none."""
    id_ = context.path["container_id"]
    containers.delete(context, id_)
    return Finished({"id": id_, "object": "container.deleted", "deleted": True})


_ALL, _ONE = "/containers", "/containers/{container_id}"

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        "containers",
        create,
        params="openai.types.container_create_params:ContainerCreateParams",
        known=frozenset({"memory_limit", "network_policy", "skills"}),
        bounds={"name": Length(1, None), "expires_after.minutes": Range(1, None)},
    ),
    Endpoint("GET", _ALL, "containers", list_containers),
    Endpoint("GET", _ONE, "containers", retrieve),
    Endpoint("DELETE", _ONE, "containers", delete),
    *files.ENDPOINTS,
)
