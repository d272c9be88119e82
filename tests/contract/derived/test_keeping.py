"""What is created is kept: a law over every collection that the installed SDK can create into and retrieve from."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from pytest_mockopenai.contract.derived import table
from pytest_mockopenai.contract.derived.beyond import Derived
from pytest_mockopenai.contract.derived.keeping import Shelf
from pytest_mockopenai.contract.derived.operation import Operation
from tests.contract.derived.conftest import Api, body_of_params

DERIVED = Derived()


def _shelves() -> dict[str, tuple[Operation, Shelf]]:
    found = {}
    for each in table.all_operations():
        shelf = DERIVED._kept(each)
        if each.method == "POST" and isinstance(shelf, Shelf) and shelf.path == each.path and not each.query:
            found[each.path] = (each, shelf)
    return found


SHELVES = _shelves()


def single(method: str, path: str) -> Operation | None:
    return next((each for each in table.at(path) if each.method == method and not each.query), None)


def made(api: Api, path: str) -> tuple[str, Any]:
    """Create an object at a collection's path, its parents first; returns its path and what the creation answered."""
    create, shelf = SHELVES[path]
    above = path
    for name in reversed(create.parameters):
        parent = above[: above.index(f"/{{{name}}}")] if f"/{{{name}}}" in above else None
        if parent in SHELVES:
            item, _ = made(api, parent)
            rest = path[len(f"{parent}/{{{name}}}") :]
            return _created(api, create, shelf, f"{item}{rest}")
        above = parent or above
    return _created(api, create, shelf, path.replace("{", "").replace("}", ""))


def _created(api: Api, create: Operation, shelf: Shelf, path: str) -> tuple[str, Any]:
    body = body_of_params(create)
    answered = api.call(create, path, body)
    assert answered.status == 200, answered.text
    object_ = answered.json
    name = shelf.parameters[-1]
    if object_.get("object") == "list":
        pytest.skip("what is created here is a list of objects")
    return f"{path}/{(body or {}).get(name) or object_.get(name) or object_['id']}", object_


def assert_same_where_both_tell(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A creation, a list and an item may have types of their own; an object in an object, too."""
    plain = [{name: value for name, value in each.items() if not isinstance(value, dict)} for each in (one, other)]
    shared = plain[0].keys() & plain[1].keys() - {"object"}
    assert {name: one[name] for name in shared} == {name: other[name] for name in shared}


@pytest.mark.parametrize("path", SHELVES)
def test_the_life_of_an_object(api: Api, path: str) -> None:
    item, created = made(api, path)
    retrieved = api.send("GET", item)
    assert retrieved.status == 200
    assert_same_where_both_tell(created, retrieved.json)
    assert api.send("GET", item).text == retrieved.text
    collection = item.rpartition("/")[0]
    lists = single("GET", path)
    if lists and lists.page:
        (listed,) = api.send("GET", collection).json["data"]
        assert_same_where_both_tell(listed, retrieved.json)
    update = single("POST", f"{path}/{{}}")
    if update and update.kind == "object":
        changed = api.call(update, item, body_of_params(update))
        assert changed.status == 200
        assert api.send("GET", item).json.get("id") == retrieved.json.get("id")
    if single("DELETE", f"{path}/{{}}"):
        assert api.send("DELETE", item).status == 200
        assert api.send("GET", item).status == 404
        assert api.send("DELETE", item).status == 404
        if lists and lists.page:
            assert api.send("GET", collection).json["data"] == []


GROUPS = "/organization/groups"
admin = pytest.mark.skipif(not table.at(GROUPS), reason="this SDK has no admin API")


@admin
def test_an_update_changes_what_it_names(api: Api) -> None:
    created = api.send("POST", GROUPS, {"name": "one"}).json
    one = f"{GROUPS}/{created['id']}"
    assert api.send("POST", one, {"name": "two"}).json["name"] == "two"
    assert api.send("GET", one).json == {**created, "name": "two"}


@admin
def test_pages(api: Api) -> None:
    ids = [api.send("POST", GROUPS, {"name": f"g{number}"}).json["id"] for number in range(5)]
    first = api.send("GET", f"{GROUPS}?limit=2&order=asc").json
    assert [item["id"] for item in first["data"]] == ids[:2]
    assert (first["has_more"], first["next"]) == (True, ids[1])
    rest = api.send("GET", f"{GROUPS}?limit=1000&order=asc&after={first['next']}").json
    assert [item["id"] for item in rest["data"]] == ids[2:]
    assert (rest["has_more"], rest["next"]) == (False, None)
    assert api.send("GET", f"{GROUPS}?after=group_x").error["param"] == "after"
    assert api.send("GET", f"{GROUPS}?limit=-1").error["code"] == "integer_below_min_value"


@admin
def test_a_verb_changes_the_state(api: Api) -> None:
    project = api.send("POST", "/organization/projects", {"name": "p"}).json
    one = f"/organization/projects/{project['id']}"
    assert project["name"] == "p"
    archived = api.send("POST", f"{one}/archive").json
    assert (archived["id"], archived["name"], archived["status"]) == (project["id"], "p", "archived")
    assert api.send("GET", one).json == archived


@admin
def test_a_setting_keeps_what_was_written(api: Api) -> None:
    project = api.send("POST", "/organization/projects", {"name": "p"}).json["id"]
    limit = f"/organization/projects/{project}/spend_limit"
    write = single("POST", "/organization/projects/{}/spend_limit")
    if write is None:
        pytest.skip("this SDK has no limits of spending")
    assert api.send("GET", limit).json["threshold_amount"] == 0
    written = api.send("POST", limit, {**body_of_params(write), "threshold_amount": 7}).json
    assert written["threshold_amount"] == 7
    assert api.send("GET", limit).json == written
    assert api.send("DELETE", limit).status == 200
    assert api.send("GET", limit).json["threshold_amount"] == 0
    assert api.send("GET", "/organization/projects/proj_x/spend_limit").status == 404


@admin
def test_a_secret_is_rotated_and_its_object_stays(api: Api) -> None:
    rotate = single("POST", "/webhook_endpoints/{}/rotate_secret")
    if rotate is None:
        pytest.skip("this SDK has no webhook endpoints")
    item, created = made(api, "/webhook_endpoints")
    body = body_of_params(rotate)
    secrets = [api.send("POST", f"{item}/rotate_secret", body).json for _ in range(2)]
    assert [each["id"] for each in secrets] == [created["id"]] * 2
    assert len({str(each) for each in (created, *secrets)}) == 3
    assert api.send("POST", "/webhook_endpoints/we_x/rotate_secret", body).status == 404


@admin
def test_what_was_never_made(api: Api) -> None:
    for method, target in [("GET", ""), ("DELETE", ""), ("POST", ""), ("GET", "/users"), ("GET", "/users/user_1")]:
        answered = api.send(method, f"{GROUPS}/group_x{target}", {"name": "n"} if method == "POST" else None)
        assert (answered.status, answered.error["message"]) == (404, "Group with id 'group_x' not found."), target


@admin
def test_objects_of_one_parent_are_not_listed_under_another(api: Api) -> None:
    one, two = (api.send("POST", GROUPS, {"name": name}).json["id"] for name in "ab")
    api.send("POST", f"{GROUPS}/{one}/users", {"user_id": "user-1"})
    assert [user["id"] for user in api.send("GET", f"{GROUPS}/{one}/users").json["data"]] == ["user-1"]
    assert api.send("GET", f"{GROUPS}/{two}/users").json["data"] == []


@admin
@pytest.mark.parametrize("id_", ["a/b", "a%2Fb", "ü 1", "a\nb", "x" * 500, "../a"])
def test_ids_of_any_kind(api: Api, id_: str) -> None:
    group = api.send("POST", GROUPS, {"name": "a"}).json["id"]
    assert api.send("POST", f"{GROUPS}/{group}/users", {"user_id": id_}).status == 200
    assert api.send("GET", f"{GROUPS}/{group}/users/{quote(id_, safe='')}").json["id"] == id_
    assert [user["id"] for user in api.send("GET", f"{GROUPS}/{group}/users").json["data"]] == [id_]


def test_a_file_that_was_sent_comes_back(api: Api) -> None:
    if not table.at("/containers/{}/files/{}/content"):
        pytest.skip("this SDK has no containers")
    container = api.send("POST", "/containers", {"name": "c"}).json["id"]
    create, _ = SHELVES["/containers/{container_id}/files"]
    file = api.call(create, f"/containers/{container}/files", {"file": {}}).json["id"]
    content = api.send("GET", f"/containers/{container}/files/{file}/content")
    assert (content.text, content.header("content-type")) == (b"hello", "text/plain")


@admin
def test_made_up_lists_are_the_same_each_time(api: Api) -> None:
    whole = api.send("GET", "/organization/users").json["data"]
    assert len(whole) == 3
    paged = [api.send("GET", f"/organization/users?limit=1&after={item['id']}").json["data"] for item in whole]
    assert paged == [[whole[1]], [whole[2]], []]
