"""Containers and what is in them, until their time is over."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import ContainerCreateResponse, ContainerListResponse, ContainerRetrieveResponse
from openai.types.containers import FileCreateResponse, FileListResponse, FileRetrieveResponse

from pytest_mockopenai.core.wire import body_of
from tests.endpoints.conftest import KEY, NOW, Api

CONTAINERS = "/v1/containers"
MINUTE = 60


def made(api: Api, **body: Any) -> Any:
    reply = api.send("POST", CONTAINERS, {"name": "Sums", **body}).json
    ContainerCreateResponse.model_validate(reply)
    return reply


def put(api: Api, id_: str, name: str, data: bytes) -> Any:
    reply = api.form(f"{CONTAINERS}/{id_}/files", ("file", (name, data))).json
    FileCreateResponse.model_validate(reply)
    return reply


def test_a_container(api: Api) -> None:
    container = made(api)
    assert container == {
        "id": container["id"],
        "object": "container",
        "created_at": NOW,
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": 20},
        "last_active_at": NOW,
        "memory_limit": "1g",
        "name": "Sums",
    }
    assert container["id"].startswith("cntr_")
    target = f"{CONTAINERS}/{container['id']}"
    assert api.get(target).json == container
    assert ContainerRetrieveResponse.model_validate(container).memory_limit == "1g"
    deleted = {"id": container["id"], "object": "container.deleted", "deleted": True}
    assert api.send("DELETE", target, None, KEY).json == deleted
    assert api.get(target).error["message"] == f"Container with id '{container['id']}' not found."


def test_what_the_request_says(api: Api) -> None:
    policy = {"type": "allowlist", "allowed_domains": ["example.com"]}
    expiry = {"anchor": "last_active_at", "minutes": 5}
    container = made(api, memory_limit="4g", network_policy=policy, expires_after=expiry)
    assert (container["memory_limit"], container["network_policy"]) == ("4g", policy)
    assert container["expires_after"] == expiry


def test_containers_are_listed(api: Api) -> None:
    ids = [made(api, name=name)["id"] for name in ("a", "b", "a")]
    page = api.get(f"{CONTAINERS}?limit=2").json
    assert [ContainerListResponse.model_validate(item).id for item in page["data"]] == [ids[2], ids[1]]
    assert page["has_more"]
    assert [item["id"] for item in api.get(f"{CONTAINERS}?name=a&order=asc").json["data"]] == [ids[0], ids[2]]


def test_files_are_put_in_and_taken_out(api: Api) -> None:
    id_ = made(api)["id"]
    file = put(api, id_, "dir/sum.py", b"print(1 + 1)")
    assert file["path"].startswith("/mnt/data/")
    assert file == {
        "id": file["id"],
        "object": "container.file",
        "created_at": NOW,
        "bytes": 12,
        "container_id": id_,
        "path": f"{file['path'][:43]}sum.py",
        "source": "user",
    }
    kept = api.upload(b"\x00\xff", "data.bin", "user_data").json["id"]
    copy = api.send("POST", f"{CONTAINERS}/{id_}/files", {"file_id": kept}).json
    assert copy["path"].endswith("-data.bin")
    listed = api.get(f"{CONTAINERS}/{id_}/files").json["data"]
    assert [FileListResponse.model_validate(item).id for item in listed] == [copy["id"], file["id"]]
    one = f"{CONTAINERS}/{id_}/files/{copy['id']}"
    assert FileRetrieveResponse.model_validate(api.get(one).json).id == copy["id"]
    content = api.get(f"{one}/content")
    assert (body_of(content.reply), content.header("content-type")) == (b"\x00\xff", "application/octet-stream")
    deleted = {"id": copy["id"], "object": "container.file.deleted", "deleted": True}
    assert api.send("DELETE", one, None, KEY).json == deleted
    for gone in (api.get(one), api.get(f"{one}/content"), api.send("DELETE", one, None, KEY)):
        assert gone.status == 404
        assert copy["id"] in gone.error["message"]


def test_a_container_with_files_from_the_beginning(api: Api) -> None:
    ids = [api.upload(name.encode(), f"{name}.txt", "user_data").json["id"] for name in ("a", "b")]
    container = made(api, file_ids=ids)
    files = api.get(f"{CONTAINERS}/{container['id']}/files?order=asc").json["data"]
    assert [file["path"][-6:] for file in files] == ["-a.txt", "-b.txt"]
    refused = api.send("POST", CONTAINERS, {"name": "x", "file_ids": ["file-x"]})
    assert (refused.status, refused.error["message"]) == (404, "No such File object: file-x")


def test_a_container_expires_when_it_is_not_used(api: Api) -> None:
    id_ = made(api)["id"]
    target = f"{CONTAINERS}/{id_}"
    api.time += 19 * MINUTE
    assert api.get(target).json["last_active_at"] == api.time
    api.time += 19 * MINUTE
    file = put(api, id_, "a.txt", b"a")
    api.time += 19 * MINUTE
    assert api.get(f"{target}/files").status == 200
    api.time += 20 * MINUTE
    expired = api.get(target).json
    assert (expired["status"], expired["last_active_at"]) == ("expired", api.time - 20 * MINUTE)
    for method, path, body in [
        ("GET", "/files", None),
        ("POST", "/files", {"file_id": api.upload(b"a", "a.txt", "user_data").json["id"]}),
        ("GET", f"/files/{file['id']}", None),
        ("GET", f"/files/{file['id']}/content", None),
        ("DELETE", f"/files/{file['id']}", None),
    ]:
        refused = api.send(method, target + path, body)
        assert (refused.status, refused.error["message"]) == (400, "Container is expired.")
    assert api.get(CONTAINERS).json["data"][0]["status"] == "expired"
    assert api.send("DELETE", target, None, KEY).status == 200


def test_what_was_in_an_expired_container_makes_room(api: Api) -> None:
    file = put(api, made(api)["id"], "a.txt", b"a")
    contents = api.app._state.store.contents
    api.time += 20 * MINUTE
    assert contents.get(file["id"])
    made(api)
    assert contents.get(file["id"]) is None


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "name", "missing_required_parameter"),
        ({"name": ""}, "name", "empty_string"),
        ({"name": "a", "memory_limit": "2g"}, "memory_limit", "invalid_value"),
        ({"name": "a", "expires_after": {"minutes": 5}}, "expires_after.anchor", "missing_required_parameter"),
        (
            {"name": "a", "expires_after": {"anchor": "last_active_at", "minutes": 0}},
            "expires_after.minutes",
            "integer_below_min_value",
        ),
        ({"name": "a", "file_ids": "file-x"}, "file_ids", "invalid_type"),
        ({"name": "a", "nme": "b"}, "nme", "unknown_parameter"),
    ],
)
def test_bad_containers(api: Api, body: Any, param: str, code: str) -> None:
    refused = api.send("POST", CONTAINERS, body)
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, param, code)


def test_bad_files(api: Api) -> None:
    target = f"{CONTAINERS}/{made(api)['id']}/files"
    kept = api.upload(b"a", "a.txt", "user_data").json["id"]
    for refused, status, param in [
        (api.send("POST", target, {}), 400, "file"),
        (api.send("POST", target, {"file_id": 1}), 400, "file_id"),
        (api.send("POST", target, {"file": "text"}), 400, "file"),
        (api.send("POST", target, {"file_id": "file-x"}), 404, "id"),
        (api.form(target, ("file", "text")), 400, "file"),
        (api.form(target, ("file", ("a.txt", b"a")), ("file_id", kept)), 400, "file"),
        (api.send("POST", target, b"--B", KEY, ("content-type", "multipart/form-data; boundary=B")), 400, None),
    ]:
        assert (refused.status, refused.error["param"]) == (status, param)
    assert api.get(target).json["data"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/files"),
        ("GET", "/files/cfile_x"),
        ("GET", "/files/cfile_x/content"),
        ("DELETE", "/files/cfile_x"),
    ],
)
def test_an_unknown_container(api: Api, method: str, path: str) -> None:
    refused = api.send(method, f"{CONTAINERS}/cntr_x{path}", None, KEY)
    assert (refused.status, refused.error["message"]) == (404, "Container with id 'cntr_x' not found.")
    assert api.form(f"{CONTAINERS}/cntr_x/files", ("file", ("a", b"a"))).status == 404
