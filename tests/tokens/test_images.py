"""Image tokens follow OpenAI's published rules; sizes are read from the header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.tokens import Count, image_size, image_tokens
from pytest_mockopenai.tokens.images import Patches, Tiles, rule

SIZES = st.tuples(st.integers(1, 10_000), st.integers(1, 10_000))


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o-2024-08-06", (3008, 2000), "auto", 1105),  # recorded
        ("gpt-4-vision-preview", (2560, 1669), "auto", 1105),  # recorded
        ("gpt-4o-mini", (1, 1), "low", 2833),
        ("gpt-4o-mini", (512, 512), "high", 2833 + 5667),
        ("o1", (512, 513), "high", 75 + 2 * 150),
        ("gpt-5", (1024, 1024), "", 70 + 4 * 140),
        ("gpt-5-chat-latest", (10, 10), "", 70 + 140),
        ("gpt-4.1-nano", (540, 360), "auto", 502),  # recorded: 503
        ("gpt-4.1-mini", (1024, 1024), "auto", 1659),
        ("computer-use-preview", (600, 500), "high", 65 + 2 * 129),
    ],
)
def test_published_examples(model: str, size: tuple[int, int], detail: str, tokens: int) -> None:
    assert image_tokens(model, size, detail) == Count(tokens, "modelled")


def test_published_examples_of_patches() -> None:
    assert Patches().tokens(1024, 1024, "auto") == 1024
    assert Patches().tokens(1800, 2400, "auto") == 1452
    assert Patches().tokens(1800, 2400, "original") == 57 * 75
    assert Patches().tokens(1800, 2400, "low") == 12 * 16


def test_an_unknown_size_or_model_is_estimated() -> None:
    assert image_tokens("gpt-4o", None) == Count(765, "estimated")
    assert image_tokens("my-model", (1024, 1024)) == Count(765, "estimated")
    assert image_tokens("gpt-5.4", (1024, 1024)).method == "estimated"
    assert image_tokens("gpt-4o", (0, 0)).tokens == 85 + 170


@given(size=SIZES, model=st.sampled_from(["gpt-4o", "gpt-4o-mini", "o3", "gpt-5", "gpt-4.1-mini", "gpt-5.4"]))
def test_an_image_on_its_side_costs_the_same_and_has_a_limit(size: tuple[int, int], model: str) -> None:
    tokens = image_tokens(model, size).tokens
    assert tokens == image_tokens(model, size[::-1]).tokens
    applied = rule(model)
    most = applied.base + 8 * applied.tile if isinstance(applied, Tiles) else applied.budget * applied.multiplier + 1
    assert 0 < tokens <= most


def little(*values: int, size: int = 2) -> bytes:
    return b"".join(value.to_bytes(size, "little") for value in values)


def big(*values: int, size: int = 2) -> bytes:
    return b"".join(value.to_bytes(size, "big") for value in values)


PNG = b"\x89PNG\r\n\x1a\n" + big(13, size=4) + b"IHDR" + big(640, 480, size=4) + b"\x08\x06\0\0\0"
GIF = b"GIF89a" + little(640, 480) + b"\0\0\0"
JPEG_TABLE = b"\xff\xc4" + big(4) + b"\0\0"
JPEG = b"\xff\xd8\xff\xe0" + big(4) + b"ab" + JPEG_TABLE + b"\xff\xff\xc2" + big(17) + b"\x08" + big(480, 640) + b"\x03"
WEBP_LOSSY = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 4 + b"\x30\x01\0\x9d\x01\x2a" + little(640, 480 | 0x4000)
WEBP_LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + little(639 | 479 << 14, size=4)
WEBP_EXTENDED = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + little(639, 479, size=3)


@pytest.mark.parametrize("data", [PNG, GIF, JPEG, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_EXTENDED])
def test_sizes_are_read_from_headers(data: bytes) -> None:
    assert image_size(data + b"\0" * 40) == (640, 480)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBPABCD", b"GIF8"])
def test_other_data_has_no_size(data: bytes) -> None:
    assert image_size(data) is None


@given(data=st.binary(max_size=60), start=st.sampled_from([PNG[:8], GIF[:6], JPEG[:4], WEBP_LOSSY[:16], b""]))
def test_no_header_is_an_error(data: bytes, start: bytes) -> None:
    size = image_size(start + data)
    assert size is None or min(size) > 0
