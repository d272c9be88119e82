"""The pictures that a form brings along, to be edited or varied: what OpenAI takes for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.forms import File
from pytest_mockopenai.core.wording import listed
from pytest_mockopenai.endpoints.images.families import family_of, model_of

_PNG = ("image/png",)
_ALL = ("image/jpeg", "image/png", "image/webp")
_MOST = 16
_SMALL, _LARGE = 4, 50  # megabytes (openai/types/image_edit_params.py)
_MEGABYTE = 2**20
_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}  # colour types of PNG (PNG specification, 11.2.1)
_WITH_ALPHA = ("LA", "RGBA")
_COLOUR_TYPE = 25  # its place in a PNG file


def pictures_in(body: Mapping[str, Any]) -> list[File]:
    """The pictures of `image`; raises `Refused` for texts in their place."""
    given = body["image"]
    found = given if isinstance(given, list) else [given]
    if not all(isinstance(each, File) for each in found):  # wording: openai-ruby#147
        raise Refused(errors.invalid_type("image", "one of an array of files or file", "a string"))
    return found


def editable(context: Context) -> None:
    """Pictures that the model can edit: as many, as large and of such formats as it takes, and their mask."""
    body, pictures = context.body, pictures_in(context.body)
    problem = _wrong_number(context, pictures)
    many = isinstance(body["image"], list)
    for place, file in enumerate(pictures):
        problem = problem or _wrong_picture(context, f"image[{place}]" if many else "image", file, place + 1)
    problem = problem or _wrong_fidelity(context) or _wrong_overlays(body, pictures)
    if problem:
        raise Refused(problem)


def variable(context: Context) -> None:
    """A square PNG, for the one model that makes variations."""
    model = model_of(context.body)
    if model == "dall-e-3" or model.startswith("gpt-image"):
        message = f"Invalid value: '{model}'. Value must be 'dall-e-2'."
        raise Refused(errors.invalid(message, param="model", code="invalid_value"))
    pictures = pictures_in(context.body)
    problem = _wrong_number(context, pictures) or _wrong_picture(context, "image", pictures[0], 1)
    if problem:
        raise Refused(problem)


def _wrong_number(context: Context, pictures: list[File]) -> Error | None:
    if model_of(context.body) == "dall-e-3":
        return errors.invalid_value("model", "dall-e-3", ("dall-e-2", "gpt-image-1", "gpt-image-1-mini"))
    most = _MOST if family_of(context.body).is_gpt else 1
    if not pictures:
        return errors.missing_parameter("image")
    if len(pictures) <= most:
        return None
    limit = f"Expected an array with maximum length {most}, but got an array with length {len(pictures)} instead."
    return errors.invalid(f"Invalid 'image': array too long. {limit}", param="image", code="array_above_max_length")


def _wrong_picture(context: Context, name: str, file: File, number: int) -> Error | None:
    """What is wrong with the picture of this number; a model of one's own takes any bytes."""
    family = family_of(context.body)
    if family.free:
        return None
    problem = _wrong_type(name, file, _ALL if family.is_gpt else _PNG)
    if problem:
        return problem
    size = tokens.image_size(file.data)
    if size is None:
        message = f"Invalid image file or mode for image {number}, please check your image file."
        return errors.invalid(message, param=name, code="invalid_image_file")
    if family.is_gpt:
        return _too_large(name, file, _LARGE)
    if len(file.data) >= _SMALL * _MEGABYTE:
        return errors.invalid(f"Uploaded image must be a PNG and less than {_SMALL} MB.", param=name)
    if size[0] != size[1]:
        return errors.invalid("Invalid input image - must be a square image.", param=name, code="invalid_image_format")
    return _without_mask(context, name, file)


def _without_mask(context: Context, name: str, file: File) -> Error | None:
    """DALL-E edits where the picture is transparent, unless a mask says where."""
    mode = _mode(file)
    if "mask" in context.body or "prompt" not in context.body or mode in ("RGBA", "LA", "L"):
        return None
    message = f"Invalid input image - format must be in ['RGBA', 'LA', 'L'], got {mode}."
    return errors.invalid(message, param=name, code="invalid_image_format")


def _wrong_type(name: str, file: File, supported: tuple[str, ...]) -> Error | None:
    """Wording: pycasso#72, ComfyUI#9329."""
    kind = file["content_type"]
    if kind in supported or (kind == "image/jpg" and "image/jpeg" in supported):
        return None
    formats = listed([f"'{each}'" for each in supported])
    message = f"Invalid file '{name}': unsupported mimetype ('{kind}'). Supported file formats are {formats}."
    return errors.invalid(message, param=name, code="unsupported_file_mimetype")


def _too_large(name: str, file: File, most: int) -> Error | None:
    if len(file.data) < most * _MEGABYTE:
        return None
    message = f"Invalid file '{name}': file is too large. Files must be smaller than {most}MB."
    return errors.invalid(message, param=name, code="file_too_large")


def _wrong_fidelity(context: Context) -> Error | None:
    """Some models have one fidelity, or none (`input_fidelity` in openai/types/image_edit_params.py)."""
    asked, model = context.body.get("input_fidelity"), model_of(context.body)
    if asked is not None and model.startswith("gpt-image-2") and not model.startswith("gpt-image-2."):
        return errors.unsupported_parameter("input_fidelity")
    if asked == "high" and model.startswith("gpt-image-1-mini"):
        return errors.invalid_value("input_fidelity", asked, ("low",))
    return None


def _wrong_overlays(body: Mapping[str, Any], pictures: list[File]) -> Error | None:
    """What is laid over the first picture: PNG files of its size that can be transparent."""
    if body.get("mask") is not None and body.get("markup") is not None:
        return errors.mutually_exclusive("mask", "markup")
    return next(filter(None, _overlay_problems(body, pictures[0])), None)


def _overlay_problems(body: Mapping[str, Any], picture: File) -> Iterator[Error | None]:
    for name in ("mask", "markup"):
        overlay = body.get(name)
        if isinstance(overlay, File):
            yield (
                _wrong_type(name, overlay, _PNG) or _too_large(name, overlay, _SMALL) or _unlike(name, overlay, picture)
            )
        elif overlay is not None:
            yield errors.invalid_type(name, "a file", "a string")


def _unlike(name: str, overlay: File, picture: File) -> Error | None:
    if tokens.image_size(overlay.data) != tokens.image_size(picture.data):
        why = f"{name} size does not match image size"
    elif _mode(overlay) not in _WITH_ALPHA and b"tRNS" not in overlay.data[:1024]:
        why = f"{name} image missing alpha channel"
    else:
        return None
    return errors.invalid(f"Invalid {name} image format - {why}", param=name, code=f"invalid_{name}_image_format")


def _mode(file: File) -> str:
    """What the pixels of a PNG are, as imaging libraries call it."""
    colour_type = file.data[_COLOUR_TYPE] if len(file.data) > _COLOUR_TYPE else -1
    return _MODES.get(colour_type, "unknown")
