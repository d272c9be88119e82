"""What OpenAI refuses in a request for images beyond types: what the model cannot do, and what does not go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors, picture
from pytest_mockopenai.core.bounds import Length, Range, check_bounds
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.endpoints.images.families import Family, family_of

BOUNDS: Mapping[str, Range | Length] = {
    "n": Range(1, 10),
    "output_compression": Range(0, 100),
    "partial_images": Range(0, 3),
    "frame_count": Range(2, 16),
    "frame_duration_ms": Range(1, None),
}

_STEP = 16  # pixels
_WIDEST, _NARROWEST = 3840, 2160  # pixels of the longer and of the shorter side
_MOST_UNEQUAL = 3  # times as long as the other side


def fits_model(context: Context) -> None:
    """Parameters, prompt, number, size and quality as this model takes them."""
    body, family = context.body, family_of(context.body)
    unknown = next((name for name in body if name in family.refused and body[name] is not None), None)
    problem = errors.unknown_parameter(unknown) if unknown else None
    problem = problem or check_bounds({"prompt": Length(1, family.prompt), "n": Range(1, family.most)}, body)
    problem = problem or _wrong_size(body.get("size"), family) or _wrong_quality(body.get("quality"), family)
    if problem:
        raise Refused(problem)


def goes_together(context: Context) -> None:
    """Output formats and what they cannot do."""
    problem = _wrong_output(context.body)
    if problem:
        raise Refused(problem)


def _wrong_size(size: str | None, family: Family) -> Error | None:
    if size in (None, "auto", *family.sizes):
        return None
    if family.by_url:  # wording: redevrx/chat_gpt_sdk#93
        return errors.invalid("The size is not supported by this model.", code="invalid_size")
    if family.sizes:
        return errors.invalid_value("size", size, (*family.sizes, "auto"))
    return _not_drawable(str(size), 1 if family.free else _STEP)


def _not_drawable(size: str, step: int) -> Error | None:
    """Why a model that draws any size does not draw this one; the rules are those of `size` in the SDK's docstring."""
    sides = picture.size_of(size)
    if sides is None:
        return _invalid_size(size, "Expected 'auto' or WIDTHxHEIGHT in pixels, such as '1536x864'.")
    short, long = sorted(sides)
    if short % step or long % step:  # wording: jezweb/claude-skills#91
        return _invalid_size(size, f"Width and height must both be divisible by {step}.")
    if long > _WIDEST or short > _NARROWEST:
        return _invalid_size(size, f"The maximum supported resolution is {_WIDEST}x{_NARROWEST}.")
    if step > 1 and long > short * _MOST_UNEQUAL:
        return _invalid_size(size, "The aspect ratio must be between 1:3 and 3:1.")
    return None


def _invalid_size(size: str, why: str) -> Error:
    return errors.invalid(f"Invalid size '{size:.20}'. {why}", param="size", code="invalid_value")


def _wrong_quality(quality: str | None, family: Family) -> Error | None:
    if quality in (None, "auto", *family.qualities):
        return None
    supported = (*reversed(family.qualities), "auto") if family.is_gpt else family.qualities
    return errors.invalid_value("quality", quality, supported)


def _wrong_output(body: Mapping[str, Any]) -> Error | None:
    form = body.get("output_format") or "png"
    if form not in picture.FORMATS:
        return errors.invalid_value("output_format", form, picture.FORMATS)
    compression = body.get("output_compression")
    if compression not in (None, 100) and form not in ("jpeg", "webp"):
        message = f"Compression less than 100 is not supported for {form.upper()} output format."
        return errors.invalid(message, param="output_compression", code="invalid_value")
    if body.get("background") == "transparent" and form == "jpeg":
        message = "Transparent background is not supported for JPEG output format. Use 'png' or 'webp' instead."
        return errors.invalid(message, param="background", code="invalid_value")
    return _wrong_moving(body, form) or _wrong_drawing(body, form)


def _wrong_moving(body: Mapping[str, Any], form: str) -> Error | None:
    """GIF has frames, and no other format (`frame_count` in the SDK's docstring)."""
    if form != "gif":
        given = next((name for name in ("frame_count", "frame_duration_ms") if body.get(name) is not None), None)
        return _only_for(given, "gif") if given else None
    return _not_for(body, "gif", ("stream", "partial_images", "mask"))


def _wrong_drawing(body: Mapping[str, Any], form: str) -> Error | None:
    """SVG is one picture at a time (`svg` in the SDK's docstring)."""
    if form != "svg":
        return _only_for("svg", "svg") if body.get("svg") is not None else None
    if (body.get("n") or 1) > 1:
        return errors.invalid("SVG output requires n=1.", param="n", code="invalid_value")
    return _not_for(body, "svg", ("stream", "partial_images"))


def _only_for(name: str, form: str) -> Error:
    message = f"'{name}' is only supported with output_format='{form}'."
    return errors.invalid(message, param=name, code="invalid_value")


def _not_for(body: Mapping[str, Any], form: str, names: tuple[str, ...]) -> Error | None:
    given = next((name for name in names if body.get(name)), None)
    if given is None:
        return None
    message = f"'{given}' is not supported with output_format='{form}'."
    return errors.invalid(message, param=given, code="invalid_value")
