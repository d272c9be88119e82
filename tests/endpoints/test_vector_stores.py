"""Vector stores: what is in them, how far it is, what is found, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import VectorStore, VectorStoreDeleted, VectorStoreSearchResponse
from openai.types.vector_stores import (
    FileContentResponse,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreFileDeleted,
)

from pytest_mockopenai.core import words
from tests.endpoints.conftest import KEY, NOW, Api

DAY = 24 * 60 * 60
REFUNDS = "Refunds are paid within ten days."
SHIPPING = "Parcels are shipped from Rotterdam."
STORES = "/v1/vector_stores"


@pytest.fixture
def api() -> Any:
    """Jobs take three seconds."""
    made = Api(job_seconds=3)
    yield made
    assert made.app.problems == []


def uploaded(api: Api, name: str, content: str | bytes) -> str:
    """The id of a new file."""
    data = content.encode() if isinstance(content, str) else content
    return str(api.upload(data, name, "assistants").json["id"])


def post(api: Api, path: str, body: Any = None) -> Any:
    return api.send("POST", STORES + path, body if body is not None else {})


def store(api: Api, *file_ids: str, **body: Any) -> str:
    """A vector store with these files, processed."""
    made = post(api, "", {**({"file_ids": list(file_ids)} if file_ids else {}), **body}).json
    api.time += 3
    return str(made["id"])


def found(api: Api, id_: str, query: Any = "refunds", **more: Any) -> list[Any]:
    reply = post(api, f"/{id_}/search", {"query": query, **more}).json
    return [VectorStoreSearchResponse.model_validate(item) and item for item in reply["data"]]


def names(items: list[Any]) -> list[str]:
    return [item["filename"] for item in items]


# --- vector stores ----------------------------------------------------------------------------------------------------


def test_an_empty_store(api: Api) -> None:
    made = post(api, "", {"name": "Manuals", "metadata": {"a": "1"}, "description": "All of them"}).json
    assert VectorStore.model_validate(made).id.startswith("vs_")
    assert made == {
        "id": made["id"],
        "object": "vector_store",
        "created_at": NOW,
        "name": "Manuals",
        "description": "All of them",
        "usage_bytes": 0,
        "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": NOW,
        "metadata": {"a": "1"},
    }
    assert api.get(f"{STORES}/{made['id']}").json == made


def test_a_store_is_completed_when_its_files_are(api: Api) -> None:
    files = [uploaded(api, "a.md", REFUNDS), uploaded(api, "b.txt", "\0")]
    made = post(api, "", {"file_ids": files}).json
    assert (made["status"], made["file_counts"]["in_progress"], made["usage_bytes"]) == ("in_progress", 2, 0)
    target = f"{STORES}/{made['id']}"
    waiting = api.get(target)
    assert (waiting.json, waiting.header("openai-poll-after-ms")) == (made, "10")
    api.time += 3
    done = api.get(target)
    assert (done.json["status"], done.header("openai-poll-after-ms")) == ("completed", None)
    assert done.json["file_counts"] == {"in_progress": 0, "completed": 1, "failed": 1, "cancelled": 0, "total": 2}
    assert done.json["usage_bytes"] == len(REFUNDS)


def test_stores_are_updated_listed_and_deleted(api: Api) -> None:
    ids = [store(api, name=name) for name in "abc"]
    changed = post(api, f"/{ids[1]}", {"name": "B", "metadata": {"x": "y"}}).json
    assert (changed["name"], changed["metadata"]) == ("B", {"x": "y"})
    assert post(api, f"/{ids[1]}", {"metadata": None}).json == {**changed, "metadata": {}}
    page = api.get(f"{STORES}?limit=2").json
    assert ([item["name"] for item in page["data"]], page["has_more"]) == (["c", "B"], True)
    deleted = api.send("DELETE", f"{STORES}/{ids[1]}", None, KEY).json
    assert VectorStoreDeleted.model_validate(deleted).deleted
    assert [item["id"] for item in api.get(f"{STORES}?order=asc").json["data"]] == [ids[0], ids[2]]


def test_a_store_expires_when_it_is_not_used(api: Api) -> None:
    id_ = store(api, uploaded(api, "a.md", REFUNDS), expires_after={"anchor": "last_active_at", "days": 2})
    assert api.get(f"{STORES}/{id_}").json["expires_at"] == NOW + 2 * DAY
    api.time += DAY
    assert found(api, id_)
    seen = api.get(f"{STORES}/{id_}").json
    assert (seen["last_active_at"], seen["expires_at"]) == (NOW + 3 + DAY, NOW + 3 + 3 * DAY)
    api.time = NOW + 3 + 3 * DAY
    assert api.get(f"{STORES}/{id_}").json["status"] == "expired"
    for path, body in [
        ("search", {"query": "refunds"}),
        ("files", {"file_id": uploaded(api, "b.md", SHIPPING)}),
        ("file_batches", {"file_ids": [uploaded(api, "c.md", SHIPPING)]}),
    ]:
        refused = post(api, f"/{id_}/{path}", body)
        assert (refused.status, refused.error["message"]) == (400, f"Vector store '{id_}' has expired.")
    assert len(api.get(f"{STORES}/{id_}/files").json["data"]) == 1
    assert post(api, f"/{id_}", {"expires_after": None}).json["status"] == "completed"
    assert found(api, id_)


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_processed_by_the_clock(api: Api) -> None:
    id_, file = store(api), uploaded(api, "a.md", REFUNDS)
    made = post(api, f"/{id_}/files", {"file_id": file, "attributes": {"year": 2024}}).json
    assert VectorStoreFile.model_validate(made).chunking_strategy is not None
    assert made == {
        "id": file,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": NOW + 3,
        "vector_store_id": id_,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {"year": 2024},
    }
    target = f"{STORES}/{id_}/files/{file}"
    waiting = api.get(target)
    assert (waiting.json, waiting.header("openai-poll-after-ms")) == (made, "10")
    assert not found(api, id_)
    assert not api.get(f"{target}/content").json["data"]
    api.time += 3
    assert api.get(target).json == {**made, "status": "completed", "usage_bytes": len(REFUNDS)}
    content = api.get(f"{target}/content").json
    assert content["object"] == "vector_store.file_content.page"
    assert [FileContentResponse.model_validate(each).text for each in content["data"]] == [REFUNDS]


def test_jobs_may_take_no_time() -> None:
    api = Api(job_seconds=0)
    id_ = store(api, uploaded(api, "a.md", REFUNDS))
    assert api.get(f"{STORES}/{id_}").json["status"] == "completed"


def test_a_file_that_cannot_be_read_fails(api: Api) -> None:
    id_ = store(api)
    for name, data, code in [("a.md", b"\xff\x00", "unsupported_file"), ("b.md", b" ", "invalid_file")]:
        file = uploaded(api, name, data)
        post(api, f"/{id_}/files", {"file_id": file})
        api.time += 3
        seen = api.get(f"{STORES}/{id_}/files/{file}").json
        assert (seen["status"], seen["last_error"]["code"], seen["usage_bytes"]) == ("failed", code, 0)
        assert VectorStoreFile.model_validate(seen).last_error


def test_files_are_listed_by_status(api: Api) -> None:
    good, bad = uploaded(api, "a.md", REFUNDS), uploaded(api, "b.md", b" ")
    id_ = store(api, good, bad)
    late = uploaded(api, "c.md", SHIPPING)
    post(api, f"/{id_}/files", {"file_id": late})

    def listed(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"{STORES}/{id_}/files{query}").json["data"]]

    assert listed("") == [late, bad, good]
    for status, ids in {"completed": [good], "failed": [bad], "in_progress": [late], "cancelled": []}.items():
        assert listed(f"?filter={status}") == ids
    refused = api.get(f"{STORES}/{id_}/files?filter=done")
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, "filter", "invalid_value")


def test_attributes_are_replaced_as_a_whole(api: Api) -> None:
    file = uploaded(api, "a.md", REFUNDS)
    id_ = store(api)
    post(api, f"/{id_}/files", {"file_id": file, "attributes": {"a": "1", "b": True}})
    changed = post(api, f"/{id_}/files/{file}", {"attributes": {"c": 1.5}}).json
    assert changed["attributes"] == {"c": 1.5}
    assert api.get(f"{STORES}/{id_}/files/{file}").json == changed
    assert post(api, f"/{id_}/files/{file}", {"attributes": None}).json["attributes"] == {}


def test_a_file_taken_out_is_found_no_more(api: Api) -> None:
    file = uploaded(api, "a.md", REFUNDS)
    id_, other = store(api, file), store(api, file)
    deleted = api.send("DELETE", f"{STORES}/{id_}/files/{file}", None, KEY).json
    assert VectorStoreFileDeleted.model_validate(deleted).deleted
    assert (found(api, id_), names(found(api, other))) == ([], ["a.md"])
    assert api.get(f"{STORES}/{id_}").json["file_counts"]["total"] == 0


def test_a_deleted_file_leaves_every_store(api: Api) -> None:
    file, stays = uploaded(api, "a.md", REFUNDS), uploaded(api, "b.md", SHIPPING)
    id_ = store(api, file, stays)
    assert api.send("DELETE", f"/v1/files/{file}", None, KEY).json["deleted"]
    assert names(found(api, id_)) == ["b.md"]
    assert api.get(f"{STORES}/{id_}").json["file_counts"]["total"] == 1
    assert api.get(f"{STORES}/{id_}/files/{file}").status == 404


def test_a_file_added_again_is_processed_again(api: Api) -> None:
    file = uploaded(api, "a.md", REFUNDS)
    id_ = store(api, file)
    post(api, f"/{id_}/files", {"file_id": file, "attributes": {"v": 2}})
    assert api.get(f"{STORES}/{id_}").json["file_counts"]["total"] == 1
    assert api.get(f"{STORES}/{id_}/files/{file}").json["status"] == "in_progress"


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_of_files(api: Api) -> None:
    id_, files = store(api), [uploaded(api, f"{name}.md", REFUNDS) for name in "ab"]
    body = {"file_ids": files, "attributes": {"lang": "en"}}
    made = post(api, f"/{id_}/file_batches", body).json
    batch = VectorStoreFileBatch.model_validate(made)
    assert (batch.status, batch.file_counts.in_progress, batch.vector_store_id) == ("in_progress", 2, id_)
    target = f"{STORES}/{id_}/file_batches/{batch.id}"
    assert api.get(target).header("openai-poll-after-ms") == "10"
    api.time += 3
    assert api.get(target).json == {
        **made,
        "status": "completed",
        "file_counts": {"in_progress": 0, "completed": 2, "failed": 0, "cancelled": 0, "total": 2},
    }
    listed = api.get(f"{target}/files?order=asc").json["data"]
    assert [item["id"] for item in listed] == files
    assert all(item["attributes"] == {"lang": "en"} for item in listed)


def test_a_batch_whose_files_have_settings_of_their_own(api: Api) -> None:
    id_, files = store(api), [uploaded(api, f"{name}.md", REFUNDS) for name in "ab"]
    static = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    given = [{"file_id": files[0], "attributes": {"n": 1}}, {"file_id": files[1], "chunking_strategy": static}]
    batch = post(api, f"/{id_}/file_batches", {"files": given, "attributes": {"n": 0}}).json
    one, other = api.get(f"{STORES}/{id_}/file_batches/{batch['id']}/files?order=asc").json["data"]
    assert (one["attributes"], other["attributes"]) == ({"n": 1}, {})
    assert other["chunking_strategy"] == static


def test_a_batch_is_cancelled(api: Api) -> None:
    id_, files = store(api), [uploaded(api, f"{name}.md", REFUNDS) for name in "ab"]
    batch = post(api, f"/{id_}/file_batches", {"file_ids": files}).json
    target = f"/{id_}/file_batches/{batch['id']}"
    cancelled = post(api, f"{target}/cancel").json
    assert (cancelled["status"], cancelled["file_counts"]["cancelled"]) == ("cancelled", 2)
    api.time += 9
    assert api.get(STORES + target).json == cancelled
    assert not found(api, id_)
    assert len(api.get(f"{STORES}{target}/files?filter=cancelled").json["data"]) == 2


def test_a_batch_that_has_ended_is_not_cancelled(api: Api) -> None:
    id_ = store(api)
    batch = post(api, f"/{id_}/file_batches", {"file_ids": [uploaded(api, "a.md", REFUNDS)]}).json
    api.time += 3
    assert post(api, f"/{id_}/file_batches/{batch['id']}/cancel").json["status"] == "completed"


def test_a_batch_of_which_nothing_can_be_read(api: Api) -> None:
    id_ = store(api)
    batch = post(api, f"/{id_}/file_batches", {"file_ids": [uploaded(api, "a.md", b" ")]}).json
    api.time += 3
    assert api.get(f"{STORES}/{id_}/file_batches/{batch['id']}").json["status"] == "failed"


# --- search -----------------------------------------------------------------------------------------------------------


def test_search_finds_the_right_chunk_of_the_right_file(api: Api) -> None:
    long = "\n".join(f"Section {number}: nothing of note happens here." for number in range(300))
    files = [uploaded(api, "long.md", f"{long}\n{REFUNDS}\n{long}"), uploaded(api, "short.md", SHIPPING)]
    id_ = store(api, *files)
    first, *rest = found(api, id_, "When are refunds paid?")
    assert (first["filename"], first["file_id"]) == ("long.md", files[0])
    assert REFUNDS in first["content"][0]["text"]
    assert REFUNDS not in rest[-1]["content"][0]["text"]
    scores = [item["score"] for item in (first, *rest)]
    assert scores == sorted(scores, reverse=True)
    assert 1 >= scores[0] > 0.8 > scores[-1] >= 0
    assert names(found(api, id_, "Where are parcels shipped from?"))[0] == "short.md"


def test_what_a_search_says_of_itself(api: Api) -> None:
    id_ = store(api)
    for query, more, said in [
        ("What is the height of it?", {}, ["What is the height of it?"]),
        ("What is the height of it?", {"rewrite_query": True}, ["height"]),
        (["refunds", "parcels"], {}, ["refunds", "parcels"]),
    ]:
        assert post(api, f"/{id_}/search", {"query": query, **more}).json == {
            "object": "vector_store.search_results.page",
            "search_query": said,
            "data": [],
            "has_more": False,
            "next_page": None,
        }


def test_any_of_several_queries_may_be_answered(api: Api) -> None:
    texts = "Opening hours.", SHIPPING, REFUNDS
    id_ = store(api, *(uploaded(api, f"{place}.md", text) for place, text in enumerate(texts)))
    *good, bad = found(api, id_, ["refunds", "parcels"])
    assert (sorted(names(good)), names([bad])) == (["1.md", "2.md"], ["0.md"])


def test_results_are_limited(api: Api) -> None:
    id_ = store(api, *(uploaded(api, f"{number}.md", f"{REFUNDS} {number}") for number in range(12)))
    assert len(found(api, id_)) == 10
    assert len(found(api, id_, max_num_results=50)) == 12
    assert names(found(api, id_, max_num_results=2)) == ["0.md", "1.md"]


def test_only_good_results_are_wanted(api: Api) -> None:
    id_ = store(api, uploaded(api, "a.md", REFUNDS), uploaded(api, "b.md", SHIPPING))
    assert names(found(api, id_)) == ["a.md", "b.md"]
    assert names(found(api, id_, ranking_options={"score_threshold": 0.5, "ranker": "auto"})) == ["a.md"]
    assert names(found(api, id_, ranking_options={"score_threshold": 0})) == ["a.md", "b.md"]


def test_filters_pick_files_by_their_attributes(api: Api) -> None:
    id_ = store(api)
    for year in (2022, 2023, 2024):
        file = uploaded(api, f"{year}.md", REFUNDS)
        post(api, f"/{id_}/files", {"file_id": file, "attributes": {"year": year, "lang": "en"}})
    api.time += 3
    late = {"type": "gte", "key": "year", "value": 2023}
    english = {"type": "eq", "key": "lang", "value": "en"}
    assert names(found(api, id_, filters=late)) == ["2023.md", "2024.md"]
    both = {"type": "and", "filters": [english, {"type": "or", "filters": [{**late, "type": "lt"}]}]}
    assert names(found(api, id_, filters=both)) == ["2022.md"]
    assert names(found(api, id_, filters={"type": "in", "key": "year", "value": [2022, 2024]})) == [
        "2022.md",
        "2024.md",
    ]


def test_small_chunks(api: Api) -> None:
    static = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    text = " ".join(str(number) for number in range(300))
    id_, file = store(api), uploaded(api, "a.txt", text)
    post(api, f"/{id_}/files", {"file_id": file, "chunking_strategy": static})
    api.time += 3
    chunks = [each["text"] for each in api.get(f"{STORES}/{id_}/files/{file}/content").json["data"]]
    assert len(chunks) > 3
    assert "".join(chunks) == text
    assert found(api, id_, "251")[0]["content"][0]["text"] == next(chunk for chunk in chunks if " 251 " in chunk)


# --- refused ----------------------------------------------------------------------------------------------------------

STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 201}}


@pytest.mark.parametrize(
    ("path", "body", "param", "code"),
    [
        ("", {"names": "x"}, "names", "unknown_parameter"),
        ("", {"name": 1}, "name", "invalid_type"),
        ("", {"file_ids": "file-x"}, "file_ids", "invalid_type"),
        ("", {"file_ids": ["file-x"] * 501}, "file_ids", "array_above_max_length"),
        ("", {"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor", "invalid_value"),
        ("", {"expires_after": {"anchor": "last_active_at"}}, "expires_after.days", "missing_required_parameter"),
        (
            "",
            {"expires_after": {"anchor": "last_active_at", "days": 0}},
            "expires_after.days",
            "integer_below_min_value",
        ),
        (
            "",
            {"expires_after": {"anchor": "last_active_at", "days": 366}},
            "expires_after.days",
            "integer_above_max_value",
        ),
        ("", {"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
        ("", {"metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length"),
        ("", {"chunking_strategy": STATIC}, "chunking_strategy.static.chunk_overlap_tokens", "invalid_value"),
        ("/{id}", {"metadata": "x"}, "metadata", "invalid_type"),
        ("/{id}/files", {}, "file_id", "missing_required_parameter"),
        ("/{id}/files", {"file_id": 1}, "file_id", "invalid_type"),
        ("/{id}/files", {"file_id": "f", "attributes": {"a": "x" * 513}}, "attributes.a", "string_above_max_length"),
        ("/{id}/files", {"file_id": "f", "attributes": {"a" * 65: 1}}, "attributes", "string_above_max_length"),
        ("/{id}/files", {"file_id": "f", "attributes": {"a": []}}, "attributes.a", "invalid_type"),
        (
            "/{id}/files",
            {"file_id": "f", "attributes": {str(number): number for number in range(17)}},
            "attributes",
            "object_above_max_properties",
        ),
        (
            "/{id}/files",
            {
                "file_id": "f",
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0},
                },
            },
            "chunking_strategy.static.max_chunk_size_tokens",
            "integer_below_min_value",
        ),
        ("/{id}/file_batches", {}, "file_ids", "missing_required_parameter"),
        ("/{id}/file_batches", {"file_ids": []}, "file_ids", "empty_array"),
        (
            "/{id}/file_batches",
            {"file_ids": ["f"], "files": [{"file_id": "f"}]},
            "file_ids",
            "mutually_exclusive_parameters",
        ),
        ("/{id}/file_batches", {"files": [{}]}, "files[0].file_id", "missing_required_parameter"),
        (
            "/{id}/file_batches",
            {"files": [{"file_id": "f", "chunking_strategy": STATIC}]},
            "files[0].chunking_strategy.static.chunk_overlap_tokens",
            "invalid_value",
        ),
        ("/{id}/search", {}, "query", "missing_required_parameter"),
        ("/{id}/search", {"query": ""}, "query", "empty_string"),
        ("/{id}/search", {"query": []}, "query", "empty_array"),
        ("/{id}/search", {"query": "x", "max_num_results": 0}, "max_num_results", "integer_below_min_value"),
        ("/{id}/search", {"query": "x", "max_num_results": 51}, "max_num_results", "integer_above_max_value"),
        ("/{id}/search", {"query": "x", "filters": {"type": "is"}}, "filters.type", "invalid_value"),
        (
            "/{id}/search",
            {"query": "x", "filters": {"type": "and", "filters": [{"type": "eq", "key": "a"}]}},
            "filters.filters[0].value",
            "missing_required_parameter",
        ),
        (
            "/{id}/search",
            {"query": "x", "ranking_options": {"score_threshold": 1.5}},
            "ranking_options.score_threshold",
            "decimal_above_max_value",
        ),
        (
            "/{id}/search",
            {"query": "x", "ranking_options": {"ranker": "best"}},
            "ranking_options.ranker",
            "invalid_value",
        ),
    ],
)
def test_bad_parameters(api: Api, path: str, body: Any, param: str, code: str) -> None:
    refused = post(api, path.replace("{id}", store(api)), body)
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, param, code)


UNKNOWN = "No vector store found with id 'vs_x'."


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/search", {"query": "x"}),
        ("GET", "/files", None),
        ("POST", "/files", {"file_id": "file-x"}),
        ("GET", "/files/file-x", None),
        ("POST", "/files/file-x", {"attributes": {}}),
        ("DELETE", "/files/file-x", None),
        ("GET", "/files/file-x/content", None),
        ("POST", "/file_batches", {"file_ids": ["file-x"]}),
        ("GET", "/file_batches/vsfb_x", None),
        ("POST", "/file_batches/vsfb_x/cancel", {}),
        ("GET", "/file_batches/vsfb_x/files", None),
    ],
)
def test_an_unknown_vector_store(api: Api, method: str, path: str, body: Any) -> None:
    refused = api.send(method, f"{STORES}/vs_x{path}", body)
    assert (refused.status, refused.error["message"]) == (404, UNKNOWN)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "", {"attributes": {}}),
        ("DELETE", "", None),
        ("GET", "/content", None),
    ],
)
def test_a_file_that_is_not_in_the_store(api: Api, method: str, path: str, body: Any) -> None:
    id_, file = store(api), uploaded(api, "a.md", REFUNDS)
    refused = api.send(method, f"{STORES}/{id_}/files/{file}{path}", body)
    message = f"No file found with id '{file}' in vector store '{id_}'."
    assert (refused.status, refused.error["message"]) == (404, message)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/cancel"), ("GET", "/files")])
def test_an_unknown_batch(api: Api, method: str, path: str) -> None:
    id_ = store(api)
    refused = api.send(method, f"{STORES}/{id_}/file_batches/vsfb_x{path}", {} if method == "POST" else None)
    assert (refused.status, refused.error["code"]) == (404, None)
    assert "vsfb_x" in refused.error["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", lambda file: {"file_ids": [file]}),
        ("/{id}/files", lambda file: {"file_id": file}),
        ("/{id}/file_batches", lambda file: {"file_ids": [file]}),
        ("/{id}/file_batches", lambda file: {"files": [{"file_id": file}]}),
    ],
)
def test_files_that_cannot_be_added(api: Api, path: str, body: Any) -> None:
    """Kinds that the API does not search are refused at once; what does not exist is not found."""
    target = path.replace("{id}", store(api))
    assert post(api, target, body("file-x")).error["message"] == "No such File object: file-x"
    refused = post(api, target, body(uploaded(api, "table.csv", "a,b")))
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, "file_ids", "unsupported_file")
    assert refused.error["message"].startswith(
        "Files with extensions [.csv] are not supported for retrieval. See https:"
    )
    assert "[none]" in post(api, target, body(uploaded(api, "README", "x"))).error["message"]


def test_a_refused_file_changes_nothing(api: Api) -> None:
    good, bad = uploaded(api, "a.md", REFUNDS), uploaded(api, "a.csv", "x")
    id_ = store(api)
    assert post(api, f"/{id_}/file_batches", {"file_ids": [good, bad]}).status == 400
    assert post(api, "", {"file_ids": [good, bad]}).status == 400
    assert api.get(f"{STORES}/{id_}").json["file_counts"]["total"] == 0
    assert len(api.get(STORES).json["data"]) == 1


def test_scripted_errors_are_for_every_call(api: Api) -> None:
    api.reply(words.rate_limit())
    assert post(api, "", {}).status == 429
    assert post(api, "", {}).status == 200
