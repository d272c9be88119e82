"""Uploads in parts: what they make, and in which states they may be changed."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import Upload
from openai.types.uploads import UploadPart

from pytest_mockopenai.core.wire import body_of
from pytest_mockopenai.endpoints import uploads as endpoint
from tests.endpoints.conftest import NOW, Answered, Api

BODY = {"bytes": 10, "filename": "a.txt", "mime_type": "text/plain", "purpose": "vision"}


def begun(api: Api, **more: Any) -> str:
    return str(api.send("POST", "/v1/uploads", {**BODY, **more}).json["id"])


def part(api: Api, id_: str, data: bytes) -> Answered:
    return api.form(f"/v1/uploads/{id_}/parts", ("data", ("upload", data)))


def parts(api: Api, id_: str, *data: bytes) -> list[str]:
    return [part(api, id_, each).json["id"] for each in data]


def complete(api: Api, id_: str, part_ids: list[str], **more: Any) -> Answered:
    return api.send("POST", f"/v1/uploads/{id_}/complete", {"part_ids": part_ids, **more})


def cancel(api: Api, id_: str) -> Answered:
    return api.send("POST", f"/v1/uploads/{id_}/cancel")


def test_a_file_is_made_of_its_parts_in_the_order_given(api: Api) -> None:
    upload = Upload.model_validate(api.send("POST", "/v1/uploads", BODY).json)
    assert (upload.status, upload.bytes, upload.created_at, upload.expires_at) == ("pending", 10, NOW, NOW + 3600)
    made = part(api, upload.id, b"56789").json
    assert UploadPart.model_validate(made).upload_id == upload.id
    (first,) = parts(api, upload.id, b"01234")
    answered = complete(api, upload.id, [first, made["id"]], md5=hashlib.md5(b"0123456789").hexdigest())
    done = Upload.model_validate(answered.json)
    assert (done.status, done.id) == ("completed", upload.id)
    assert done.file is not None
    assert (done.file.filename, done.file.purpose, done.file.bytes) == ("a.txt", "vision", 10)
    assert body_of(api.get(f"/v1/files/{done.file.id}/content").reply) == b"0123456789"


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_bytes_in_any_parts(data: list[bytes]) -> None:
    api, whole = Api(), b"".join(data)
    id_ = begun(api, bytes=len(whole))
    file = complete(api, id_, parts(api, id_, *data)).json["file"]
    assert body_of(api.get(f"/v1/files/{file['id']}/content").reply) == whole


def test_the_file_lives_as_long_as_it_is_told(api: Api) -> None:
    id_ = begun(api, expires_after={"anchor": "created_at", "seconds": 7200})
    assert complete(api, id_, parts(api, id_, b"0123456789")).json["file"]["expires_at"] == NOW + 7200


def test_a_part_that_is_left_out_is_no_part_of_the_file(api: Api) -> None:
    id_ = begun(api)
    one, other = parts(api, id_, b"01234", b"56789")
    assert complete(api, id_, [one]).status == 400
    assert complete(api, id_, [other, one]).json["status"] == "completed"


def test_a_cancelled_upload(api: Api) -> None:
    id_ = begun(api)
    parts(api, id_, b"01234")
    cancelled = Upload.model_validate(cancel(api, id_).json)
    assert (cancelled.status, cancelled.file) == ("cancelled", None)


def test_parts_make_room_when_they_are_no_longer_needed(api: Api) -> None:
    contents: Any = api.app._state.store.contents
    room = contents._left
    for end in (lambda id_, ids: complete(api, id_, ids), lambda id_, _: cancel(api, id_)):
        id_ = begun(api)
        end(id_, parts(api, id_, b"01234", b"56789"))
    assert room - contents._left == 10  # the one file


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["completed", "cancelled", "expired"])
def test_an_upload_that_has_ended_is_not_changed(api: Api, state: str) -> None:
    id_ = begun(api)
    ids = parts(api, id_, b"0123456789")
    if state == "completed":
        complete(api, id_, ids)
    elif state == "cancelled":
        cancel(api, id_)
    else:
        api.time += 3600
    for answered in (part(api, id_, b"0"), complete(api, id_, ids), cancel(api, id_)):
        assert answered.status == 400
        assert answered.error["message"] == f"Upload {id_} is {state}: it can no longer be changed."


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"bytes": 0}, "bytes"),
        ({"bytes": 8 * 2**30 + 1}, "bytes"),
        ({"bytes": "10"}, "bytes"),
        ({"filename": ""}, "filename"),
        ({"purpose": "x"}, "purpose"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after.seconds"),
        ({"md5": "x"}, "md5"),
    ],
)
def test_an_upload_that_cannot_be(api: Api, change: dict[str, Any], param: str) -> None:
    answered = api.send("POST", "/v1/uploads", {**BODY, **change})
    assert (answered.status, answered.error["param"]) == (400, param)


@pytest.mark.parametrize("name", list(BODY))
def test_an_upload_needs_all_of_it(api: Api, name: str) -> None:
    answered = api.send("POST", "/v1/uploads", {key: value for key, value in BODY.items() if key != name})
    assert answered.error["message"] == f"Missing required parameter: '{name}'."


def test_more_bytes_than_were_announced(api: Api) -> None:
    id_ = begun(api)
    parts(api, id_, b"01234")
    answered = part(api, id_, b"567890")
    assert answered.error["message"] == "The parts have 11 bytes, but the upload was created for a file of 10 bytes."


def test_fewer_bytes_than_were_announced(api: Api) -> None:
    id_ = begun(api)
    answered = complete(api, id_, parts(api, id_, b"01234"))
    assert answered.error["message"] == "The parts have 5 bytes, but the upload was created for a file of 10 bytes."


def test_a_part_that_is_too_large(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "LARGEST_PART", 4)
    answered = part(api, begun(api), b"01234")
    assert answered.error["message"] == "Part is too large: 5 bytes, at most 4 are allowed."


def test_a_checksum_that_differs(api: Api) -> None:
    id_ = begun(api)
    answered = complete(api, id_, parts(api, id_, b"0123456789"), md5="0" * 32)
    assert (answered.status, answered.error["param"]) == (400, "md5")


def test_parts_that_are_none_of_it(api: Api) -> None:
    id_, other = begun(api), begun(api)
    (mine,), (foreign,) = parts(api, id_, b"01234"), parts(api, other, b"01234")
    assert complete(api, id_, [mine, foreign]).error["message"] == f"No such UploadPart object: {foreign}"
    twice = complete(api, id_, [mine, mine])
    assert (twice.status, twice.error["param"]) == (400, "part_ids[1]")


def test_lines_are_checked_at_the_end(api: Api) -> None:
    id_ = begun(api, purpose="batch", filename="a.jsonl")
    answered = complete(api, id_, parts(api, id_, b"{malformed"))
    assert answered.error["message"] == "Invalid file format for Batch API. Must be .jsonl"


def test_an_unknown_upload(api: Api) -> None:
    for answered in (part(api, "upload_x", b"0"), complete(api, "upload_x", []), cancel(api, "upload_x")):
        assert (answered.status, answered.error["message"]) == (404, "No such Upload object: upload_x")
