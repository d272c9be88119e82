"""POST /videos, /videos/{video_id}/remix, /videos/edits and /videos/extensions: each makes a new video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, forms, picture
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.forms import File
from pytest_mockopenai.core.wording import listed
from pytest_mockopenai.endpoints.videos import jobs

_MODEL, _SECONDS, _SIZE = "sora-2", "4", "720x1280"  # openai/types/video_create_params.py
_CLIPS = ("4", "8", "12")
_LONGEST = 120  # seconds of an extended video ("Video generation" guide)
_SIZES = ("720x1280", "1280x720")
_PRO_SIZES = (*_SIZES, "1024x1792", "1792x1024")
_PICTURES = ("image/jpeg", "image/png", "image/webp")
_BOUNDS = {"prompt": Length(1, 32_000)}


def create(context: Context) -> Finished:
    """A new video from a prompt, and perhaps a picture."""
    body = context.body
    model, seconds, size = (
        body.get(name) or default for name, default in (("model", _MODEL), ("seconds", _SECONDS), ("size", _SIZE))
    )
    return jobs.made(context, model=model, seconds=seconds, size=size)


def remix(context: Context) -> Finished:
    """A new video like a finished one, with another prompt; raises `Refused` if there is none such."""
    return _like(context, jobs.finished(context, context.path["video_id"], "remix"))


def edit(context: Context) -> Finished:
    """The same, of a video that is named or uploaded."""
    return _like(context, _source(context, "edit"))


def extend(context: Context) -> Finished:
    """A video that is longer by so many seconds."""
    source = _source(context, "extend")
    seconds = int(source["seconds"]) + int(context.body["seconds"])
    if seconds > _LONGEST:
        message = f"Invalid 'seconds': an extended video has at most {_LONGEST} seconds, this one would have {seconds}."
        raise Refused(errors.invalid(message, param="seconds", code="invalid_value"))
    return _like(context, source, seconds=str(seconds))


def _like(context: Context, source: JSON, *, seconds: str | None = None) -> Finished:
    length, size, model = (source[name] for name in ("seconds", "size", "model"))
    return jobs.made(context, model=model, seconds=seconds or length, size=size, source=source["id"])


def _source(context: Context, use: str) -> JSON:
    """The video to start from. An uploaded one is not looked into: it is taken for one of the usual length and size."""
    given = context.body["video"]
    if isinstance(given, File):
        return {"id": None, "seconds": _SECONDS, "size": _SIZE, "model": _MODEL}
    if not isinstance(given, Mapping) or not isinstance(given.get("id"), str):
        raise Refused(errors.invalid_type("video", "a file or a reference to a video", "a string"))
    return jobs.finished(context, given["id"], use)


# --- rules ------------------------------------------------------------------------------------------------------------


def drawable(context: Context) -> None:
    """Length and size as the model has them, and a picture of just that size."""
    problem = _wrong_clip(context.body) or _wrong_reference(context.body)
    if problem:
        raise Refused(problem)


def _wrong_clip(body: Mapping[str, Any]) -> Error | None:
    """The larger sizes are not for sora-2; a model of one's own has all of them."""
    model, seconds, size = body.get("model") or _MODEL, body.get("seconds"), body.get("size")
    if seconds is not None and seconds not in _CLIPS:
        return errors.invalid_value("seconds", seconds, _CLIPS)
    small = model.startswith("sora-2") and not model.startswith("sora-2-pro")
    sizes = _SIZES if small else _PRO_SIZES
    return errors.invalid_value("size", size, sizes) if size is not None and size not in sizes else None


def _wrong_reference(body: Mapping[str, Any]) -> Error | None:
    given = body.get("input_reference")
    if given is None or (isinstance(given, Mapping) and not isinstance(given, File)):
        return None
    if not isinstance(given, File):  # wording: huobao-drama#49
        return errors.invalid_type("input_reference", "a file", "a string")
    if given["content_type"] not in _PICTURES:
        formats = listed([f"'{each}'" for each in _PICTURES])
        message = f"Invalid file 'input_reference': unsupported mimetype ('{given['content_type']}'). "
        message += f"Supported file formats are {formats}."
        return errors.invalid(message, param="input_reference", code="unsupported_file_mimetype")
    if tokens.image_size(given.data) != picture.size_of(body.get("size") or _SIZE):  # wording: mslearn-ai-vision#78
        return errors.invalid("Inpaint image must match the requested width and height")
    return None


_ERRORS = {"invalid_prompt": errors.moderation_blocked("video")}
_KINDS = frozenset({"failure"})


def _endpoint(path: str, answer: Any, params: str, *needed: str, rules: Any = ()) -> Endpoint:
    return Endpoint(
        "POST",
        path,
        "videos",
        answer,
        params=f"openai.types.{params}",
        bounds=_BOUNDS,
        rules=(checks.needs("prompt", *needed), *rules),
        errors=_ERRORS,
        kinds=_KINDS,
        read=forms.read_either,
    )


ENDPOINTS = (
    _endpoint("/videos", create, "video_create_params:VideoCreateParams", rules=(drawable,)),
    _endpoint("/videos/{video_id}/remix", remix, "video_remix_params:VideoRemixParams"),
    _endpoint("/videos/edits", edit, "video_edit_params:VideoEditParams", "video"),
    _endpoint("/videos/extensions", extend, "video_extend_params:VideoExtendParams", "video", "seconds"),
)
