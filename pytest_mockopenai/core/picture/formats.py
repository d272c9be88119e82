"""The formats of `output_format` by name: how each is made and what it is called in HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_mockopenai.core.picture import gif, jpeg, png, svg, webp
from pytest_mockopenai.core.picture.mosaic import Picture

_ENCODERS: Mapping[str, Callable[[Picture], bytes]] = {
    "png": png.encode,
    "jpeg": jpeg.encode,
    "webp": webp.encode,
    "gif": lambda picture: gif.encode([picture]),
    "svg": svg.encode,
}

FORMATS: tuple[str, ...] = tuple(_ENCODERS)
"""All formats (openai/types/image_generate_params.py)."""


def encoded(picture: Picture, form: str) -> bytes:
    """The picture as a file of one of `FORMATS`."""
    return _ENCODERS[form](picture)


def content_type(form: str) -> str:
    """The `content-type` of a format."""
    return "image/svg+xml" if form == "svg" else f"image/{form}"
