"""Pictures made up for a request: real files of what was asked for, and what OpenAI refuses to draw."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pytest_mockopenai.core import words
from pytest_mockopenai.core.wire import Send, Stream, body_of
from pytest_mockopenai.endpoints.images.families import GPT_ONLY
from tests.endpoints.conftest import KEY, NOW, Answered, Api
from tests.endpoints.forms import sent

GPT = "gpt-image-1"
PIXEL = base64.b64encode(b"a file of the test's own").decode()


def drawn(api: Api, **more: Any) -> Answered:
    return api.send("POST", "/v1/images/generations", {"prompt": "A red cat", **more})


def opened(data: str | bytes) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(data) if isinstance(data, str) else data))
    image.load()
    return image


def events_of(answered: Answered) -> list[Any]:
    """The events of a stream of pictures; each is named by its type."""
    import json

    assert isinstance(answered.reply, Stream)
    events = []
    for step in answered.reply.steps:
        assert isinstance(step, Send)
        name, data, *rest = step.data.decode().split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert (name, rest) == (f"event: {events[-1]['type']}", ["", ""])
    return events


# --- what is drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "gif"])
@pytest.mark.parametrize("size", ["1024x1024", "1024x1536", "1536x1024"])
def test_it_is_a_file_of_the_size_and_format(api: Api, form: str, size: str) -> None:
    reply = drawn(api, model=GPT, size=size, output_format=form).json
    image = opened(reply["data"][0]["b64_json"])
    assert f"{image.width}x{image.height}" == size == reply["size"]
    assert (image.format or "").lower() == form == reply["output_format"]


@given(st.integers(1, 40), st.integers(1, 40))
def test_later_models_draw_any_size(wide: int, high: int) -> None:
    answered = drawn(Api(), model="gpt-image-2", size=f"{16 * wide}x{16 * high}")
    if max(wide, high) > 3 * min(wide, high):
        assert answered.error["param"] == "size"
    else:
        assert opened(answered.json["data"][0]["b64_json"]).size == (16 * wide, 16 * high)


def test_what_is_left_open_is_told(api: Api) -> None:
    reply = drawn(api, model=GPT, size="auto", quality="auto", background="auto").json
    asked = {name: reply[name] for name in ("background", "output_format", "quality", "size", "created")}
    assert asked == {
        "background": "opaque",
        "output_format": "png",
        "quality": "high",
        "size": "1024x1024",
        "created": NOW,
    }


def test_a_transparent_background(api: Api) -> None:
    for form in ("png", "webp", "gif"):
        data = drawn(api, model=GPT, background="transparent", output_format=form).json["data"][0]["b64_json"]
        assert opened(data).convert("RGBA").getextrema()[3][0] == 0
    assert opened(drawn(api, model=GPT).json["data"][0]["b64_json"]).convert("RGBA").getextrema()[3] == (255, 255)


def test_a_moving_picture(api: Api) -> None:
    data = drawn(api, model="gpt-image-2", output_format="gif", frame_count=3, frame_duration_ms=50).json["data"][0]
    gif = opened(data["b64_json"])
    assert (getattr(gif, "n_frames", 1), gif.info["duration"]) == (3, 50)


def test_an_svg_and_its_author(api: Api) -> None:
    reply = drawn(api, model="gpt-image-2", output_format="svg", svg={"model": "gpt-5"}).json
    assert base64.b64decode(reply["data"][0]["b64_json"]).startswith(b"<svg ")
    used = reply["svg_usage"]
    assert used["model"] == "gpt-5"
    assert used["total_tokens"] == used["input_tokens"] + used["output_tokens"] > 0
    assert "svg_usage" not in drawn(api, model="gpt-image-2", output_format="svg").json


def test_pictures_differ_and_come_again() -> None:
    def files(prompt: str, **more: Any) -> list[str]:
        return [each["b64_json"] for each in drawn(Api(), model=GPT, prompt=prompt, **more).json["data"]]

    made = files("A red cat", n=3)
    assert len(set(made + files("A blue dog", n=3))) == 6
    assert files("A red cat", n=3) == made


def test_usage_by_size_and_quality(api: Api) -> None:
    reply = drawn(api, model=GPT, size="1024x1536", quality="low", n=2).json
    assert reply["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 3},
        "output_tokens": 816,
        "output_tokens_details": {"image_tokens": 816, "text_tokens": 0},
        "total_tokens": 819,
    }
    (call,) = api.app.recorder.calls()
    assert call.usage is not None
    assert (call.usage.prompt_tokens, call.usage.completion_tokens) == (3, 816)
    assert call.last_message == "A red cat"


def test_a_safety_identifier_is_told(api: Api) -> None:
    assert drawn(api, model=GPT, user="u").json["safety_identifier"] == "u"
    assert "safety_identifier" not in drawn(api, model=GPT).json


# --- links ------------------------------------------------------------------------------------------------------------


def test_dall_e_sends_a_link_that_needs_no_key(api: Api) -> None:
    host = ("host", "mock.test:81")
    answered = api.send("POST", "/v1/images/generations", {"prompt": "A cat", "model": "dall-e-3"}, KEY, JSON, host)
    (found,) = answered.json["data"]
    assert found["url"].startswith("http://mock.test:81/v1/images/files/img-")
    assert found["revised_prompt"].startswith("A cat ")
    assert set(answered.json) == {"created", "data"}
    picture = api.send("GET", found["url"].removeprefix("http://mock.test:81"), None, ("accept", "*/*"))
    assert picture.header("content-type") == "image/png"
    assert opened(body_of(picture.reply)).size == (1024, 1024)


JSON = ("content-type", "application/json")


@pytest.mark.parametrize(("header", "scheme"), [("x-forwarded-proto", "https"), ("x-other", "http")])
def test_a_link_has_the_scheme_of_the_client(api: Api, header: str, scheme: str) -> None:
    body = {"prompt": "A cat", "model": "dall-e-2"}
    url = api.send("POST", "/v1/images/generations", body, KEY, JSON, (header, "https")).json["data"][0]["url"]
    assert url.startswith(f"{scheme}://localhost/")


def test_a_link_is_good_for_an_hour(api: Api) -> None:
    target = drawn(api, model="dall-e-2").json["data"][0]["url"].removeprefix("http://localhost")
    api.time = NOW + 3599
    assert api.get(target).status == 200
    api.time = NOW + 3600
    expired = api.get(target)
    assert (expired.status, expired.error["code"]) == (403, "AuthenticationFailed")
    assert api.get("/v1/images/files/img-never.png").status == 404


def test_old_links_make_room(api: Api) -> None:
    first = drawn(api, model="dall-e-2", size="256x256").json["data"][0]["url"].removeprefix("http://localhost")
    for _ in range(26):
        drawn(api, model="dall-e-2", size="256x256", n=10)
    assert api.get(first).status == 404
    assert len(api.app._state.store.collection("images.files").all()) == 256


def test_a_deployment_of_azure(api: Api) -> None:
    target = "/openai/deployments/Dalle3/images/generations?api-version=2024-02-01"
    assert "url" in api.send("POST", target, {"prompt": "A cat", "size": "1024x1792"}).json["data"][0]


def test_each_picture_has_a_link_of_its_own(api: Api) -> None:
    urls = [each["url"] for _ in range(2) for each in drawn(api, model="dall-e-2", n=3).json["data"]]
    assert len(set(urls)) == 6


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"prompt": ...}, "prompt", "missing_required_parameter"),
    ({"prompt": ""}, "prompt", "empty_string"),
    ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length"),
    ({"prompt": "x" * 4001, "model": "dall-e-3"}, "prompt", "string_above_max_length"),
    ({"prompt": "x" * 1001, "model": "dall-e-2"}, "prompt", "string_above_max_length"),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"n": 11}, "n", "integer_above_max_value"),
    ({"n": 2, "model": "dall-e-3"}, "n", "integer_above_max_value"),
    ({"size": "256x256"}, "size", "invalid_value"),
    ({"size": "1000x1000", "model": "gpt-image-2"}, "size", "invalid_value"),
    ({"size": "4096x2160", "model": "gpt-image-2"}, "size", "invalid_value"),
    ({"size": "big", "model": "gpt-image-2"}, "size", "invalid_value"),
    ({"size": "99999x99999", "model": "my-own"}, "size", "invalid_value"),
    ({"size": "256x256", "model": "dall-e-3"}, None, "invalid_size"),
    ({"quality": "hd"}, "quality", "invalid_value"),
    ({"quality": "max"}, "quality", "invalid_value"),
    ({"quality": "high", "model": "dall-e-3"}, "quality", "invalid_value"),
    ({"response_format": "url"}, "response_format", "unknown_parameter"),
    ({"style": "vivid"}, "style", "unknown_parameter"),
    ({"style": "vivid", "model": "dall-e-2"}, "style", "unknown_parameter"),
    ({"background": "transparent", "output_format": "jpeg"}, "background", "invalid_value"),
    ({"output_compression": 50}, "output_compression", "invalid_value"),
    ({"output_compression": 101, "output_format": "webp"}, "output_compression", "integer_above_max_value"),
    ({"partial_images": 4, "stream": True}, "partial_images", "integer_above_max_value"),
    ({"output_format": "bmp"}, "output_format", "invalid_value"),
    ({"output_format": "gif", "stream": True}, "stream", "invalid_value"),
    ({"output_format": "svg", "n": 2}, "n", "invalid_value"),
    ({"output_format": "svg", "partial_images": 1}, "partial_images", "invalid_value"),
    ({"frame_count": 3}, "frame_count", "invalid_value"),
    ({"svg": {"model": "gpt-5"}}, "svg", "invalid_value"),
    ({"colour": "red"}, "colour", "unknown_parameter"),
]


@pytest.mark.parametrize(("change", "param", "code"), REFUSED, ids=[str(change)[:60] for change, _, _ in REFUSED])
def test_refusals(api: Api, change: dict[str, Any], param: str | None, code: str | None) -> None:
    body = {name: value for name, value in {"model": GPT, **change}.items() if value is not ...}
    target = {"prompt": "A cat", **body}
    if change.get("prompt") is ...:
        del target["prompt"]
    answered = api.send("POST", "/v1/images/generations", target)
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


@pytest.mark.parametrize("name", sorted(GPT_ONLY - {"input_fidelity", "markup"}))
def test_dall_e_does_not_know_what_is_gpt_images(api: Api, name: str) -> None:
    value = {"stream": True, "background": "auto", "moderation": "low", "output_format": "png", "complexity": "low"}
    error = drawn(api, model="dall-e-2", **{name: value.get(name, {"model": "gpt-5"} if name == "svg" else 2)}).error
    assert error["param"] == name


def test_without_a_model_the_parameters_tell_which(api: Api) -> None:
    assert "url" in drawn(api).json["data"][0]
    assert "b64_json" in drawn(api, background="opaque").json["data"][0]


def test_a_model_of_ones_own_can_do_everything(api: Api) -> None:
    reply = drawn(api, model="my-own", size="100x50", quality="hd", style="vivid", output_format="webp", n=2)
    assert opened(reply.json["data"][1]["b64_json"]).size == (100, 50)
    assert "url" in drawn(api, model="my-own", response_format="url").json["data"][0]


# --- streams ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 3), st.integers(1, 3), st.integers(0, 99))
def test_a_stream_ends_in_the_whole(partial: int, n: int, seed: int) -> None:
    asked = {"model": GPT, "partial_images": partial, "n": n, "size": "1024x1536"}
    whole = drawn(Api(seed=seed), **asked).json
    events = events_of(drawn(Api(seed=seed), **asked, stream=True))
    kinds = [event["type"].removeprefix("image_generation.") for event in events]
    assert kinds == (["partial_image"] * partial + ["completed"]) * n
    done = [event for event in events if event["type"] == "image_generation.completed"]
    assert [event["b64_json"] for event in done] == [each["b64_json"] for each in whole["data"]]
    for event in events:
        assert {event[name] == whole[name] for name in ("size", "quality", "background", "output_format")} == {True}
        assert opened(event["b64_json"]).size == (1024, 1536)
    assert [e["partial_image_index"] for e in events if "partial_image_index" in e] == list(range(partial)) * n
    spent = sum(event["usage"]["output_tokens"] for event in done)
    assert spent == whole["usage"]["output_tokens"] + 100 * partial * n
    assert sum(event["usage"]["input_tokens"] for event in done) == whole["usage"]["input_tokens"]


def test_partial_pictures_grow(api: Api) -> None:
    events = events_of(drawn(api, model=GPT, partial_images=3, stream=True))
    assert len({event["b64_json"] for event in events}) == 4


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_file_of_the_tests_own(api: Api) -> None:
    api.reply(words.draws(PIXEL), words.draws(PIXEL, base64.b64encode(b"2").decode()))
    assert [each["b64_json"] for each in drawn(api, model=GPT, n=2).json["data"]] == [PIXEL, PIXEL]
    assert [each["b64_json"] for each in drawn(api, model=GPT, n=2).json["data"]] == [PIXEL, "Mg=="]


def test_a_file_of_the_tests_own_behind_a_link_and_in_a_stream(api: Api) -> None:
    api.reply(words.draws(PIXEL, revised_prompt="A cat, red."), words.draws(PIXEL))
    (found,) = drawn(api, model="dall-e-3").json["data"]
    assert found["revised_prompt"] == "A cat, red."
    assert body_of(api.get(found["url"].removeprefix("http://localhost")).reply) == b"a file of the test's own"
    events = events_of(drawn(api, model=GPT, stream=True, partial_images=1))
    assert [event["b64_json"] for event in events] == [PIXEL, PIXEL]


def test_as_many_files_as_pictures() -> None:
    api = Api()
    api.reply(words.draws(PIXEL, PIXEL))
    assert drawn(api, model=GPT, n=3).error["code"] == "script_mistake"
    assert len(api.app.problems) == 1


def test_a_text_is_not_for_a_picture(api: Api) -> None:
    api.reply("Paris")
    assert drawn(api, model=GPT).status == 200
    assert api.chat().json["choices"][0]["message"]["content"] == "Paris"


def test_a_prompt_that_is_blocked(api: Api) -> None:
    api.reply("content_filtered")
    error = drawn(api, model=GPT).error
    assert (error["type"], error["code"]) == ("image_generation_user_error", "moderation_blocked")
    assert "request ID req_" in error["message"]


def test_a_model_that_fails(api: Api) -> None:
    api.reply(words.fails("Out of paint."))
    answered = drawn(api, model=GPT)
    assert (answered.status, answered.error["message"]) == (500, "Out of paint.")


def test_an_error_in_a_stream(api: Api) -> None:
    api.reply("error_event;after=1")
    events = events_of(drawn(api, model=GPT, stream=True, partial_images=2))
    assert [event["type"] for event in events] == ["image_generation.partial_image", "error"]
    assert events[-1]["error"]["type"] == "server_error"


def test_strict_asks_for_a_script() -> None:
    api = Api(strict=True)
    assert drawn(api, model=GPT).error["code"] == "unscripted_call"
    api.reply(words.draws(PIXEL))
    assert drawn(api, model=GPT).status == 200


def test_a_scenario_of_the_request(api: Api) -> None:
    body = {"prompt": "A cat", "model": GPT}
    headers = (KEY, JSON, ("x-test-scenario", "rate-limit"))
    assert api.send("POST", "/v1/images/generations", body, *headers).status == 429


# --- edits and variations ---------------------------------------------------------------------------------------------


def file(mode: str = "RGBA", size: tuple[int, int] = (64, 64), form: str = "PNG") -> tuple[str, str, bytes]:
    data = io.BytesIO()
    Image.new(mode, size).save(data, form)
    return f"a.{form.lower()}", f"image/{form.lower()}", data.getvalue()


PNG = file()
EDIT = [("prompt", "A hat"), ("model", GPT)]


def edited(api: Api, *fields: tuple[str, Any], base: list[tuple[str, Any]] | None = None) -> Answered:
    given = {name for name, _ in fields}
    kept = [(name, value) for name, value in (EDIT if base is None else base) if name not in given]
    return sent(api, "/v1/images/edits", [*kept, *fields])


def test_an_edit_is_billed_for_its_pictures(api: Api) -> None:
    wide = file("RGB", (1536, 1024), "JPEG")
    reply = edited(api, ("image[]", PNG), ("image[]", wide), ("input_fidelity", "high"), ("quality", "low"), ("n", "2"))
    assert opened(reply.json["data"][1]["b64_json"]).size == (1024, 1024)
    seen = 65 + 129 + 4160 + 65 + 2 * 129 + 6240
    assert reply.json["usage"]["input_tokens_details"] == {"image_tokens": seen, "text_tokens": 2}
    assert reply.json["usage"]["output_tokens"] == 544
    (call,) = api.app.recorder.calls()
    assert [each["filename"] for each in call.body["image"]] == ["a.png", "a.jpeg"]
    assert (call.endpoint, call.last_message) == ("images", "A hat")


def test_an_edit_is_streamed(api: Api) -> None:
    whole = edited(api, ("image", PNG)).json
    events = events_of(edited(api, ("image", PNG), ("stream", "true")))
    assert [event["type"] for event in events] == ["image_edit.completed"]
    assert events[0]["b64_json"] == whole["data"][0]["b64_json"]
    assert events[0]["usage"] == whole["usage"]


def test_another_picture_is_another_edit() -> None:
    made = {edited(Api(), ("image", file(size=(size, size)))).json["data"][0]["b64_json"] for size in (8, 9, 10)}
    assert len(made) == 3


def test_a_mask_and_markup(api: Api) -> None:
    assert edited(api, ("image", PNG), ("mask", PNG)).status == 200
    later = [("prompt", "A hat"), ("model", "gpt-image-2.5-flare")]
    assert edited(api, ("image", PNG), ("markup", PNG), base=later).status == 200
    assert edited(api, ("image", PNG), ("markup", PNG), ("mask", PNG), base=later).error["param"] == "mask"


def test_variations(api: Api) -> None:
    fields = [("image", PNG), ("n", "2"), ("size", "256x256"), ("response_format", "b64_json")]
    reply = sent(api, "/v1/images/variations", fields).json
    assert [opened(each["b64_json"]).size for each in reply["data"]] == [(256, 256)] * 2
    assert reply["data"][0] != reply["data"][1]


EDITS_REFUSED: list[tuple[str, list[tuple[str, Any]], str | None, str | None]] = [
    ("no picture", [], "image", "missing_required_parameter"),
    ("no prompt", [("image", PNG), ("prompt", None)], "prompt", "missing_required_parameter"),
    ("a text", [("image", "a.png")], "image", "invalid_type"),
    ("unnamed", [("image", ("x", "application/octet-stream", PNG[2]))], "image", "unsupported_file_mimetype"),
    ("no image", [("image", ("a.png", "image/png", b"PNG"))], "image", "invalid_image_file"),
    (
        "no image in many",
        [("image[]", PNG), ("image[]", ("a.png", "image/png", b""))],
        "image[1]",
        "invalid_image_file",
    ),
    ("too many", [("image[]", PNG)] * 17, "image", "array_above_max_length"),
    ("mask of another size", [("image", PNG), ("mask", file(size=(5, 5)))], "mask", "invalid_mask_image_format"),
    ("opaque mask", [("image", PNG), ("mask", file("RGB"))], "mask", "invalid_mask_image_format"),
    ("mask of another type", [("image", PNG), ("mask", file("RGB", form="JPEG"))], "mask", "unsupported_file_mimetype"),
    ("a mask in words", [("image", PNG), ("mask", "all")], "mask", "invalid_type"),
    (
        "fidelity",
        [("image", PNG), ("input_fidelity", "high"), ("model", "gpt-image-1-mini")],
        "input_fidelity",
        "invalid_value",
    ),
    (
        "no fidelity",
        [("image", PNG), ("input_fidelity", "low"), ("model", "gpt-image-2")],
        "input_fidelity",
        "unsupported_parameter",
    ),
    ("a model that only draws", [("image", PNG), ("model", "dall-e-3")], "model", "invalid_value"),
    ("two for dall-e-2", [("image[]", PNG)] * 2 + [("model", "dall-e-2")], "image", "array_above_max_length"),
    ("not square", [("image", file(size=(5, 6))), ("model", "dall-e-2")], "image", "invalid_image_format"),
    ("opaque", [("image", file("RGB")), ("model", "dall-e-2")], "image", "invalid_image_format"),
    ("a gif with a mask", [("image", PNG), ("mask", PNG), ("output_format", "gif")], "mask", "invalid_value"),
    ("n", [("image", PNG), ("n", "eleven")], "n", "invalid_type"),
]


@pytest.mark.parametrize(("what", "fields", "param", "code"), EDITS_REFUSED, ids=[case[0] for case in EDITS_REFUSED])
def test_edits_refused(api: Api, what: str, fields: Any, param: str | None, code: str | None) -> None:
    given = {name for name, _ in fields}
    base = [(name, value) for name, value in EDIT if name not in given]
    answered = sent(api, "/v1/images/edits", [*base, *((name, value) for name, value in fields if value is not None)])
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, param, code)


def test_variations_refused(api: Api) -> None:
    target = "/v1/images/variations"
    assert sent(api, target, [("image", PNG), ("model", GPT)]).error["param"] == "model"
    assert sent(api, target, [("image", file(size=(5, 6)))]).error["code"] == "invalid_image_format"
    assert sent(api, target, [("n", "1")]).error["param"] == "image"
    assert api.send("POST", target, {"image": "x"}).status == 415


def test_a_model_of_ones_own_edits_any_bytes(api: Api) -> None:
    assert edited(api, ("image", ("x", "text/plain", b"x")), ("model", "my-own")).status == 200
