"""Vector stores and containers that one worker fills and another one uses."""

from __future__ import annotations

from pytest_mockopenai.core.wire import body_of
from tests.endpoints.conftest import KEY, Api
from tests.standalone.shared.conftest import Sharing


def workers(sharing: Sharing) -> tuple[Api, Api]:
    return Api(state=sharing(), job_seconds=3), Api(state=sharing(), job_seconds=3)


def test_another_worker_searches(sharing: Sharing) -> None:
    one, other = workers(sharing)
    files = [
        one.upload(text, f"{name}.md", "assistants").json["id"] for name, text in (("a", b"refunds"), ("b", b"\xff"))
    ]
    store = one.send("POST", "/v1/vector_stores", {"file_ids": files}).json["id"]
    target = f"/v1/vector_stores/{store}"
    assert other.get(target).json["file_counts"]["in_progress"] == 2
    one.time += 3
    other.time += 3
    counts = other.get(target).json["file_counts"]
    assert (counts["completed"], counts["failed"]) == (1, 1)
    assert other.send("POST", f"{target}/files/{files[0]}", {"attributes": {"a": 1}}).status == 200
    wanted = {"query": "refunds", "filters": {"type": "eq", "key": "a", "value": 1}}
    (hit,) = one.send("POST", f"{target}/search", wanted).json["data"]
    assert hit["file_id"] == files[0]
    one.send("DELETE", f"/v1/files/{files[0]}", None, KEY)
    assert other.send("POST", f"{target}/search", {"query": "refunds"}).json["data"] == []


def test_another_worker_cancels_a_batch(sharing: Sharing) -> None:
    one, other = workers(sharing)
    file = one.upload(b"refunds", "a.md", "assistants").json["id"]
    store = one.send("POST", "/v1/vector_stores", {}).json["id"]
    target = f"/v1/vector_stores/{store}/file_batches"
    batch = one.send("POST", target, {"file_ids": [file]}).json["id"]
    assert other.send("POST", f"{target}/{batch}/cancel", {}).json["status"] == "cancelled"
    assert one.get(f"{target}/{batch}").json["file_counts"]["cancelled"] == 1


def test_another_worker_fetches_a_file(sharing: Sharing) -> None:
    one, other = workers(sharing)
    container = one.send("POST", "/v1/containers", {"name": "Sums"}).json["id"]
    file = one.form(f"/v1/containers/{container}/files", ("file", ("a.txt", b"1 + 1"))).json["id"]
    answered = other.get(f"/v1/containers/{container}/files/{file}/content")
    assert body_of(answered.reply) == b"1 + 1"
