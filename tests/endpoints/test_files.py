"""Files: uploaded, listed, read byte for byte, deleted, expired; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import FileDeleted, FileObject

from pytest_mockopenai.core import uploaded
from pytest_mockopenai.core.wire import body_of
from pytest_mockopenai.endpoints import files as endpoint
from tests.endpoints.conftest import KEY, NOW, Api

LINE = b'{"a": 1}\n'
DAY = 24 * 3600


def listed(api: Api, query: str = "") -> list[str]:
    return [file["id"] for file in api.get(f"/v1/files{query}").json["data"]]


def test_a_file_is_uploaded_read_and_deleted(api: Api) -> None:
    answered = api.upload(LINE)
    file = FileObject.model_validate(answered.json)
    assert (file.filename, file.purpose, file.bytes, file.status) == ("data.jsonl", "batch", len(LINE), "processed")
    assert (file.created_at, file.expires_at) == (NOW, NOW + 30 * DAY)
    assert api.get(f"/v1/files/{file.id}").json == answered.json
    content = api.get(f"/v1/files/{file.id}/content")
    assert (body_of(content.reply), content.header("content-type")) == (LINE, "application/octet-stream")
    deleted = api.send("DELETE", f"/v1/files/{file.id}", None, KEY).json
    assert FileDeleted.model_validate(deleted).deleted
    assert listed(api) == []


@given(st.binary(min_size=1, max_size=200), st.text(max_size=20))
def test_any_bytes_come_back_as_they_were(data: bytes, name: str) -> None:
    api = Api()
    name = name.encode("utf-8", "replace").decode()
    answered = api.upload(data, "".join(each for each in name if each not in '\r\n"\\'), "evals")
    assert answered.status == 200
    content = api.get(f"/v1/files/{answered.json['id']}/content")
    assert body_of(content.reply) == data
    assert str(content.header("content-disposition")).isascii()
    assert api.app.problems == []


@given(st.binary(max_size=100), st.sampled_from(endpoint.PURPOSES))
def test_any_file_is_taken_or_refused(data: bytes, purpose: str) -> None:
    api = Api()
    assert api.upload(data, purpose=purpose).status in (200, 400)
    assert api.app.problems == []


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "purpose", "message"),
    [
        ("data.txt", LINE, "batch", "Invalid file format for Batch API. Must be .jsonl"),
        ("data.jsonl", b"{malformed", "batch", "Invalid file format for Batch API. Must be .jsonl"),
        ("data.jsonl", b"", "batch", "Invalid file format for Batch API. Must be .jsonl"),
        ("data.csv", LINE, "fine-tune", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        ("data.txt", b"", "assistants", "File is empty."),
    ],
)
def test_a_file_that_its_purpose_does_not_allow(api: Api, name: str, data: bytes, purpose: str, message: str) -> None:
    answered = api.upload(data, name, purpose)
    assert (answered.status, answered.error["message"], answered.error["param"]) == (400, message, None)


def test_only_the_first_line_is_read(api: Api) -> None:
    assert api.upload(LINE + b"{malformed").status == 200


@pytest.mark.parametrize(("purpose", "most"), [("batch", "LARGEST_BATCH"), ("evals", "LARGEST")])
def test_a_file_that_is_too_large(api: Api, purpose: str, most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded, most, 10)
    assert api.upload(b'{"a":1}   ', purpose=purpose).status == 200
    assert api.upload(b'{"a":1}    ', purpose=purpose).error["message"] == "File is too large."


@pytest.mark.parametrize(
    ("parts", "message", "param"),
    [
        ([("purpose", "batch")], "Missing required parameter: 'file'.", "file"),
        ([("file", ("a.jsonl", LINE))], "Missing required parameter: 'purpose'.", "purpose"),
        (
            [("file", "a.jsonl"), ("purpose", "batch")],
            "Invalid type for 'file': expected a file, but got a string instead.",
            "file",
        ),
        (
            [("file", ("a.jsonl", LINE)), ("purpose", "batches")],
            "'batches' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - 'purpose'",
            "purpose",
        ),
        (
            [("file", ("a.jsonl", LINE)), ("purpose", ("b", b"batch"))],
            "Invalid type for 'purpose': expected one of 'assistants', 'batch', 'fine-tune', 'vision', 'user_data', "
            "or 'evals', but got a file instead.",
            "purpose",
        ),
        (
            [("file", ("a.jsonl", LINE)), ("purpose", "batch"), ("purposes", "x")],
            "Unknown parameter: 'purposes'.",
            "purposes",
        ),
    ],
)
def test_a_form_that_lacks_or_has_the_wrong_thing(api: Api, parts: Any, message: str, param: str) -> None:
    answered = api.form("/v1/files", *parts)
    assert (answered.status, answered.error["param"]) == (400, param)
    assert answered.error["message"].startswith(message)


def test_a_file_is_no_json(api: Api) -> None:
    answered = api.send("POST", "/v1/files", {"purpose": "batch"})
    assert answered.status == 415
    assert answered.error["message"].startswith("Invalid Content-Type header (application/json), expected multipart")


@pytest.mark.parametrize("purpose", endpoint.KEPT_BACK)
def test_some_files_are_not_handed_out(api: Api, purpose: str) -> None:
    id_ = api.upload(LINE, purpose=purpose).json["id"]
    answered = api.get(f"/v1/files/{id_}/content")
    assert answered.status == 400
    assert answered.error["message"] == f"Not allowed to download files of purpose: {purpose}"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("GET", "/content")])
def test_an_unknown_file(api: Api, method: str, path: str) -> None:
    answered = api.send(method, f"/v1/files/file-x{path}", None, KEY)
    assert (answered.status, answered.error["message"]) == (404, "No such File object: file-x")


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_has_the_newest_first_and_pages(api: Api) -> None:
    ids = [api.upload(LINE, purpose=purpose).json["id"] for purpose in ("batch", "evals", "batch")]
    assert listed(api) == ids[::-1]
    assert listed(api, "?order=asc&limit=2") == ids[:2]
    assert listed(api, f"?order=asc&after={ids[0]}") == ids[1:]
    assert listed(api, "?purpose=batch") == [ids[2], ids[0]]
    assert api.get("/v1/files?limit=2").json["has_more"] is True


def test_a_list_is_longer_than_others(api: Api) -> None:
    ids = [api.upload(LINE).json["id"] for _ in range(101)]
    assert len(listed(api)) == len(listed(api, "?limit=10000")) == len(ids)


@pytest.mark.parametrize(("query", "param"), [("limit=0", "limit"), ("limit=10001", "limit"), ("order=up", "order")])
def test_a_list_that_is_asked_for_wrongly(api: Api, query: str, param: str) -> None:
    answered = api.get(f"/v1/files?{query}")
    assert (answered.status, answered.error["param"]) == (400, param)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_file_expires_by_the_clock(api: Api) -> None:
    more = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    file = api.upload(LINE, purpose="evals", **more).json
    stays = api.upload(LINE, purpose="evals").json
    assert (file["expires_at"], stays["expires_at"]) == (NOW + 3600, None)
    api.time += 3599
    assert listed(api) == [stays["id"], file["id"]]
    api.time += 1
    assert listed(api) == [stays["id"]]
    assert api.get(f"/v1/files/{file['id']}").status == api.get(f"/v1/files/{file['id']}/content").status == 404


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "2592001"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "x"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "now", "expires_after[seconds]": "3600"}, "expires_after.anchor"),
        ({"expires_after": "x"}, "expires_after"),
    ],
)
def test_a_wrong_time_to_live(api: Api, more: dict[str, str], param: str) -> None:
    answered = api.upload(LINE, **more)
    assert (answered.status, answered.error["param"]) == (400, param)


def test_files_whose_time_is_over_make_room(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    contents: Any = api.app._state.store.contents
    monkeypatch.setattr(contents, "_left", 2 * len(LINE))
    more = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    assert [api.upload(LINE, **more).status for _ in range(2)] == [200, 200]
    assert api.upload(LINE).error["code"] == "no_room"
    api.time += 3600
    assert api.upload(LINE).status == 200


# --- records ----------------------------------------------------------------------------------------------------------


def test_a_record_says_what_was_uploaded(api: Api) -> None:
    api.upload(LINE)
    (call,) = api.app.recorder.calls()
    assert (call.endpoint, call.body["purpose"]) == ("files", "batch")
    assert (call.body["file"]["filename"], call.body["file"]["bytes"]) == ("data.jsonl", len(LINE))
    assert call.body["file"].data == LINE


def test_ids_hang_on_what_is_in_a_file(api: Api) -> None:
    ids = [api.upload(data).json["id"] for data in (b"1\n", b"2\n", b"1\n")]
    assert len(set(ids)) == 3
    again = Api()
    assert [again.upload(data).json["id"] for data in (b"1\n", b"2\n", b"1\n")] == ids
