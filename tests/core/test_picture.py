"""Pictures that another decoder reads back: the right size, and the same pixels in every format."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pytest_mockopenai.core import picture
from pytest_mockopenai.core.picture import Picture, animated, drawn, encoded, sheet, size_of
from pytest_mockopenai.core.seed import draw_for

SIZES = st.integers(1, 140)
PICTURES = st.builds(
    lambda width, height, seed, transparent: drawn(width, height, draw_for(seed), transparent=transparent),
    SIZES,
    SIZES,
    st.integers(0, 9),
    st.booleans(),
)
RASTER = ("png", "jpeg", "webp", "gif")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pixels(made: Picture, form: str) -> list[tuple[int, ...]]:
    """Red, green, blue and alpha of each pixel; what cannot be seen has no colour."""
    data = opened(encoded(made, form)).convert("RGBA").tobytes()
    found = [tuple(data[at : at + 4]) for at in range(0, len(data), 4)]
    return [pixel if pixel[3] else (0, 0, 0, 0) for pixel in found]


def expected(made: Picture) -> list[tuple[int, ...]]:
    """The pixels by the picture's own description."""
    paper = (0, 0, 0, 0) if made.transparent else (*made.paper, 255)
    return [
        (*made.ink, 255) if made.rows[y // made.cell_height][x // made.cell_width] else paper
        for y in range(made.height)
        for x in range(made.width)
    ]


@pytest.mark.parametrize("form", ["png", "webp", "gif"])
@given(made=PICTURES)
def test_a_lossless_file_has_every_pixel(form: str, made: Picture) -> None:
    assert pixels(made, form) == expected(made)


@given(made=PICTURES)
def test_a_jpeg_is_near(made: Picture) -> None:
    found = opened(encoded(made, "jpeg"))
    assert found.size == (made.width, made.height)
    opaque = [pixel[:3] if pixel[3] else made.paper for pixel in expected(made)]
    shown = found.convert("RGB").tobytes()
    assert max(abs(is_ - want) for is_, want in zip(shown, b"".join(map(bytes, opaque)), strict=True)) <= 3


@given(made=PICTURES)
def test_an_svg_draws_the_ink(made: Picture) -> None:
    root = ET.fromstring(encoded(made, "svg"))
    assert (root.get("width"), root.get("height")) == (str(made.width), str(made.height))
    assert [element.tag.rpartition("}")[2] for element in root] == ["path"] if made.transparent else ["rect", "path"]
    area = sum(int(box.split("h")[1].split("v")[0]) * int(box.split("v")[1].split("h")[0]) for box in boxes(root))
    assert area == sum(pixel[:3] == made.ink and pixel[3] == 255 for pixel in expected(made)) or made.ink == made.paper


def boxes(root: ET.Element) -> list[str]:
    return list(filter(None, (root[-1].get("d") or "").split("M")))


@pytest.mark.parametrize("form", picture.FORMATS)
def test_a_large_picture_is_a_small_file(form: str) -> None:
    data = encoded(drawn(3840, 2160, draw_for(1)), form)
    assert len(data) < 300_000
    if form in RASTER:
        assert opened(data).size == (3840, 2160)
        assert opened(data).get_format_mimetype() == picture.content_type(form)


def test_another_draw_is_another_picture() -> None:
    made = [encoded(drawn(64, 64, draw_for(seed)), "png") for seed in range(20)]
    assert len(set(made)) == 20
    assert made[0] == encoded(drawn(64, 64, draw_for(0)), "png")


@given(made=PICTURES, of=st.integers(1, 8))
def test_a_picture_in_the_making_ends_as_itself(made: Picture, of: int) -> None:
    assert made.begun(of, of) == made
    inked = [sum(map(sum, made.begun(done, of).rows)) for done in range(of + 1)]
    assert inked == sorted(inked)
    assert inked[0] == 0


@given(made=PICTURES, count=st.integers(2, 4), ms=st.integers(10, 1000))
def test_a_gif_moves(made: Picture, count: int, ms: int) -> None:
    frames = [made.begun(step + 1, count) for step in range(count)]
    gif = opened(animated(frames, duration_ms=ms))
    assert gif.size == (made.width, made.height)
    assert getattr(gif, "n_frames", 1) == count
    assert gif.info["duration"] == (ms + 5) // 10 * 10


@pytest.mark.parametrize(
    ("text", "size"), [("1024x1536", (1024, 1536)), ("auto", None), (None, None), ("0x5", None), ("1x2x3", None)]
)
def test_sizes(text: object, size: tuple[int, int] | None) -> None:
    assert size_of(text) == size


@given(made=PICTURES, count=st.integers(1, 9))
def test_a_sheet_has_all_pictures(made: Picture, count: int) -> None:
    made = replace(made, width=made.width * 4, height=made.height * 4)
    frames = [made.begun(step + 1, count) for step in range(count)]
    found = opened(sheet(frames))
    width, height = found.width // 4, found.height // -(-count // 4)
    assert (width % 8, height % 8) == (0, 0)
    assert made.width <= 4 * width < made.width + 32
    for place, frame in enumerate(frames):
        small = replace(frame, width=width, height=height)
        left, top = place % 4 * width, place // 4 * height
        part = found.crop((left, top, left + width, top + height)).convert("RGB").tobytes()
        wanted = opened(encoded(small, "jpeg")).convert("RGB").tobytes()
        assert part == wanted
