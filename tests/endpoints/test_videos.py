"""Videos are jobs that go by the clock, and their files are real; what OpenAI refuses to make."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pytest_mockopenai.core import words
from pytest_mockopenai.core.wire import body_of
from tests.endpoints.conftest import NOW, Answered, Api
from tests.endpoints.forms import sent

TALL, WIDE = (720, 1280), (1280, 720)


def made(api: Api, **more: Any) -> Answered:
    return api.send("POST", "/v1/videos", {"prompt": "A cat", **more})


def finished(api: Api, **more: Any) -> str:
    """The id of a video that is completed by now."""
    id_: str = made(api, **more).json["id"]
    api.time += 1
    return id_


def picture(size: tuple[int, int] = TALL, form: str = "PNG") -> tuple[str, str, bytes]:
    data = io.BytesIO()
    Image.new("RGB", size).save(data, form)
    return f"a.{form.lower()}", f"image/{form.lower()}", data.getvalue()


def boxes(data: bytes) -> dict[bytes, bytes]:
    """The boxes of an MP4 by type, those within others too."""
    found, at = {}, 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        assert size >= 8
        content = data[at + 8 : at + size]
        found[kind] = content
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            found.update(boxes(content))
        at += size
    assert at == len(data)
    return found


def frames_of(data: bytes) -> list[Image.Image]:
    """The frames, found by the tables of the file."""
    found = boxes(data)
    count = int.from_bytes(found[b"stsz"][8:12], "big")
    numbers = lambda box, start: [int.from_bytes(box[start + 4 * n : start + 4 * n + 4], "big") for n in range(count)]  # noqa: E731
    sizes, places = numbers(found[b"stsz"], 12), numbers(found[b"stco"], 8)
    assert sum(sizes) == len(found[b"mdat"])
    return [Image.open(io.BytesIO(data[at : at + size])) for at, size in zip(places, sizes, strict=True)]


# --- a life -----------------------------------------------------------------------------------------------------------


def test_from_the_queue_to_completion() -> None:
    api = Api(job_seconds=10)
    video = made(api, model="sora-2-pro", size="1792x1024", seconds="8")
    asked = {"model": "sora-2-pro", "size": "1792x1024", "seconds": "8", "prompt": "A cat"}
    assert video.json == {
        **asked,
        "id": video.json["id"],
        "object": "video",
        "status": "queued",
        "progress": 0,
        "created_at": NOW,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "remixed_from_video_id": None,
    }
    assert video.header("openai-poll-after-ms") == "10"
    target = f"/v1/videos/{video.json['id']}"
    seen = []
    for seconds in (0.5, 1, 4.2, 9.99, 10):
        api.time = NOW + seconds
        now = api.get(target)
        seen.append((now.json["status"], now.json["progress"], now.header("openai-poll-after-ms")))
    assert seen == [
        ("queued", 0, "10"),
        ("in_progress", 10, "10"),
        ("in_progress", 42, "10"),
        ("in_progress", 99, "10"),
        ("completed", 100, None),
    ]
    done = api.get(target).json
    assert (done["completed_at"], done["expires_at"]) == (NOW + 10, NOW + 10 + 3600)


@given(st.lists(st.floats(0, 30), min_size=2, max_size=6))
def test_progress_never_goes_back(times: list[float]) -> None:
    api = Api(job_seconds=20)
    target = f"/v1/videos/{made(api).json['id']}"
    seen = []
    for seconds in sorted(times):
        api.time = NOW + seconds
        seen.append(api.get(target).json["progress"])
    assert seen == sorted(seen)
    assert all(0 <= each <= 100 for each in seen)


def test_without_waiting() -> None:
    assert made(Api(job_seconds=0)).json["status"] == "completed"


def test_one_that_fails(api: Api) -> None:
    api.reply(words.fails("It was blocked.", code="moderation_blocked"))
    video = made(api)
    assert (video.status, video.json["status"], video.json["error"]) == (200, "queued", None)
    api.time += 1
    failed = api.get(f"/v1/videos/{video.json['id']}").json
    assert failed["status"] == "failed"
    assert failed["error"] == {"code": "moderation_blocked", "message": "It was blocked."}
    assert api.get(f"/v1/videos/{video.json['id']}/content").status == 404


def test_a_list_goes_over_all(api: Api) -> None:
    ids = [made(api).json["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    first = api.get("/v1/videos?limit=2").json
    assert [each["id"] for each in first["data"]] == ids[:0:-1]
    assert (first["has_more"], first["last_id"]) == (True, ids[1])
    assert [each["id"] for each in api.get(f"/v1/videos?after={ids[1]}").json["data"]] == ids[:1]
    assert [each["id"] for each in api.get("/v1/videos?order=asc").json["data"]] == ids
    assert api.get("/v1/videos?limit=0").json["data"] == []


def test_deleted_is_gone(api: Api) -> None:
    id_ = finished(api)
    target = f"/v1/videos/{id_}"
    assert api.send("DELETE", target).json == {"id": id_, "object": "video.deleted", "deleted": True}
    for answered in (api.get(target), api.get(f"{target}/content"), api.send("DELETE", target)):
        assert (answered.status, answered.error["message"]) == (404, f"Video with id '{id_}' not found.")
    assert api.get("/v1/videos").json["data"] == []


# --- its files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["720x1280", "1280x720"])
@pytest.mark.parametrize("seconds", ["4", "12"])
def test_the_video_is_a_real_file(api: Api, size: str, seconds: str) -> None:
    content = api.get(f"/v1/videos/{finished(api, size=size, seconds=seconds)}/content")
    assert content.header("content-type") == "video/mp4"
    data = body_of(content.reply)
    found = boxes(data)
    assert found[b"ftyp"].startswith(b"isom")
    assert int.from_bytes(found[b"mvhd"][16:20], "big") == 1000 * int(seconds)
    frames = frames_of(data)
    assert len(frames) == int(seconds)
    assert {f"{frame.width}x{frame.height}" for frame in frames} == {size}
    assert len({frame.tobytes() for frame in frames}) > 2
    assert body_of(api.get(f"/v1/videos/{api.get('/v1/videos').json['first_id']}/content").reply) == data


def test_pictures_of_it(api: Api) -> None:
    target = f"/v1/videos/{finished(api, seconds='12')}/content?variant="
    thumbnail, sheet = api.get(f"{target}thumbnail"), api.get(f"{target}spritesheet")
    assert (thumbnail.header("content-type"), sheet.header("content-type")) == ("image/webp", "image/jpeg")
    assert Image.open(io.BytesIO(body_of(thumbnail.reply))).size == TALL
    assert Image.open(io.BytesIO(body_of(sheet.reply))).size == (4 * 184, 3 * 320)


def test_it_is_ready_for_an_hour(api: Api) -> None:
    id_ = made(api).json["id"]
    early = api.get(f"/v1/videos/{id_}/content")
    assert early.status == 404
    assert early.error["message"] == f"Video is not ready yet, use GET /v1/videos/{id_} to check status."
    api.time = NOW + 3599
    assert api.get(f"/v1/videos/{id_}/content").status == 200
    api.time = NOW + 3601
    assert "expired" in api.get(f"/v1/videos/{id_}/content").error["message"]
    assert api.get(f"/v1/videos/{id_}").status == 200


def test_an_unknown_variant(api: Api) -> None:
    error = api.get(f"/v1/videos/{finished(api)}/content?variant=sound").error
    assert (error["param"], error["code"]) == ("variant", "invalid_value")


@pytest.mark.parametrize("fault", ["cut", "malformed", "short_body", "error_event"])
def test_a_file_that_breaks(api: Api, fault: str) -> None:
    target = f"/v1/videos/{finished(api)}/content"
    whole = api.get(target).reply
    api.reply(fault)
    assert api.get(target).reply != whole


# --- others of it -----------------------------------------------------------------------------------------------------


def test_a_remix_is_another_like_it(api: Api) -> None:
    id_ = finished(api, size="1280x720", seconds="12")
    remix = api.send("POST", f"/v1/videos/{id_}/remix", {"prompt": "A dog"}).json
    assert (remix["remixed_from_video_id"], remix["size"], remix["seconds"]) == (id_, "1280x720", "12")
    assert (remix["status"], remix["prompt"]) == ("queued", "A dog")
    assert remix["id"] != id_


def test_edits_and_extensions(api: Api) -> None:
    id_ = finished(api, seconds="8")
    edit = api.send("POST", "/v1/videos/edits", {"prompt": "At night", "video": {"id": id_}}).json
    assert (edit["seconds"], edit["remixed_from_video_id"]) == ("8", id_)
    longer = api.send("POST", "/v1/videos/extensions", {"prompt": "On", "seconds": "20", "video": {"id": id_}}).json
    assert longer["seconds"] == "28"
    form = [("prompt", "On"), ("video[id]", id_), ("seconds", "4")]
    assert sent(api, "/v1/videos/extensions", form).json["seconds"] == "12"
    uploaded = [("prompt", "On"), ("video", ("a.mp4", "video/mp4", b"x"))]
    assert sent(api, "/v1/videos/edits", uploaded).json["seconds"] == "4"


def test_characters(api: Api) -> None:
    character = sent(api, "/v1/videos/characters", [("name", "Ann"), ("video", ("a.mp4", "video/mp4", b"x"))]).json
    assert api.get(f"/v1/videos/characters/{character['id']}").json == character
    assert (character["name"], character["created_at"]) == ("Ann", NOW)
    assert api.get("/v1/videos/characters/char_x").status == 404


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"prompt": ...}, "prompt", "missing_required_parameter"),
    ({"prompt": ""}, "prompt", "empty_string"),
    ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length"),
    ({"seconds": "5"}, "seconds", "invalid_value"),
    ({"seconds": 4}, "seconds", "invalid_type"),
    ({"size": "1792x1024"}, "size", "invalid_value"),
    ({"size": "1x1"}, "size", "invalid_value"),
    ({"input_reference": "x"}, "input_reference", "invalid_type"),
    ({"colour": "red"}, "colour", "unknown_parameter"),
]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED, ids=[str(change)[:50] for change, _, _ in REFUSED])
def test_refusals(api: Api, change: dict[str, Any], param: str | None, code: str | None) -> None:
    body = {name: value for name, value in {"prompt": "A cat", **change}.items() if value is not ...}
    answered = api.send("POST", "/v1/videos", body)
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


def test_a_picture_to_start_from(api: Api) -> None:
    def asked(file: Any, *more: tuple[str, str]) -> Answered:
        return sent(api, "/v1/videos", [("prompt", "A cat"), ("input_reference", file), *more])

    assert asked(picture()).status == 200
    assert asked(picture(WIDE, "WEBP"), ("size", "1280x720")).status == 200
    assert "must match the requested width and height" in asked(picture(WIDE)).error["message"]
    assert asked(picture(form="GIF")).error["code"] == "unsupported_file_mimetype"
    reference = {"image_url": "https://example.com/a.png"}
    assert made(api, input_reference=reference).status == 200


def test_only_what_is_completed_is_used(api: Api) -> None:
    id_ = made(api).json["id"]
    error = api.send("POST", f"/v1/videos/{id_}/remix", {"prompt": "A dog"}).error
    assert "its status is 'queued', not 'completed'" in error["message"]
    assert api.send("POST", "/v1/videos/video_x/remix", {"prompt": "A dog"}).status == 404
    assert api.send("POST", "/v1/videos/edits", {"prompt": "A dog", "video": {"id": "video_x"}}).status == 404
    assert api.send("POST", "/v1/videos/edits", {"prompt": "A dog", "video": "x"}).status == 400


def test_an_extended_video_has_an_end(api: Api) -> None:
    id_ = finished(api, seconds="12")
    for _ in range(5):
        body = {"prompt": "On", "seconds": "20", "video": {"id": id_}}
        id_ = api.send("POST", "/v1/videos/extensions", body).json["id"]
        api.time += 1
    error = api.send("POST", "/v1/videos/extensions", {"prompt": "On", "seconds": "20", "video": {"id": id_}}).error
    assert (error["param"], error["code"]) == ("seconds", "invalid_value")


def test_words_on_every_endpoint(api: Api) -> None:
    id_ = finished(api)
    api.reply("content_filtered", words.server_error().times(3), "rate_limit")
    error = made(api).error
    assert (error["type"], error["code"]) == ("video_generation_user_error", "moderation_blocked")
    for target in ("/v1/videos", f"/v1/videos/{id_}", f"/v1/videos/{id_}/content"):
        assert api.get(target).status == 500
    assert api.send("POST", f"/v1/videos/{id_}/remix", {"prompt": "x"}).status == 429
    api.reply("Paris")
    assert made(api).status == 200
    assert api.chat().json["choices"][0]["message"]["content"] == "Paris"


def test_the_same_seed_makes_the_same_video() -> None:
    def content(prompt: str) -> bytes:
        api = Api()
        return body_of(api.get(f"/v1/videos/{finished(api, prompt=prompt)}/content").reply)

    assert content("A cat") == content("A cat") != content("A dog")
