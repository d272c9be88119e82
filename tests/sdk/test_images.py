"""Images through the SDK: bytes that open, streams, links; sync and async, checked against the SDK's own types."""

from __future__ import annotations

import asyncio
import base64
import inspect
import io
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from pytest_mockopenai import MockOpenAI, draws

if "gpt-image-1" not in str(openai.types.ImageModel):
    pytest.skip("this SDK has no GPT Image models", allow_module_level=True)

STREAMS = "stream" in inspect.signature(openai.resources.images.Images.generate).parameters
"""Whether this SDK streams images."""


def opened(image: Any) -> Image.Image:
    found = Image.open(io.BytesIO(base64.b64decode(image.b64_json)))
    found.load()
    return found


@pytest.fixture
def strict(mock_openai: MockOpenAI) -> Any:
    """A client that refuses what does not fit the SDK's types."""
    with openai.OpenAI(base_url=mock_openai.base_url, api_key="sk-test", _strict_response_validation=True) as client:
        yield client


def test_generate(strict: Any, mock_openai: MockOpenAI) -> None:
    reply = strict.images.generate(model="gpt-image-1", prompt="A cat", size="1536x1024", n=2)
    assert [opened(each).size for each in reply.data] == [(1536, 1024)] * 2
    assert reply.usage.output_tokens == 2 * 6208
    assert mock_openai.usage.completion_tokens == 2 * 6208
    assert mock_openai.calls[0].last_message == "A cat"


def test_a_link_is_fetched(strict: Any) -> None:
    (found,) = strict.images.generate(model="dall-e-3", prompt="A cat").data
    fetched = httpx.get(found.url)
    assert fetched.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(fetched.content)).size == (1024, 1024)
    assert found.revised_prompt


@pytest.mark.skipif(not STREAMS, reason="this SDK does not stream images")
def test_a_stream(strict: Any, mock_openai: MockOpenAI) -> None:
    stream = strict.images.generate(model="gpt-image-1", prompt="A cat", stream=True, partial_images=2)
    events = list(stream)
    assert [event.type.partition(".")[2] for event in events] == ["partial_image", "partial_image", "completed"]
    assert {opened(event).size for event in events} == {(1024, 1024)}
    assert events[-1].usage.output_tokens == mock_openai.usage.completion_tokens


@pytest.mark.skipif(not STREAMS, reason="this SDK does not stream images")
def test_without_blocking(mock_openai: MockOpenAI) -> None:
    async def drawn() -> list[Any]:
        async with mock_openai.async_client as client:
            whole: Any = await client.images.generate(model="gpt-image-1", prompt="A cat")
            stream: Any = await client.images.generate(model="gpt-image-1", prompt="A cat", stream=True)
            return [whole.data[0].b64_json, *[event.b64_json async for event in stream]]

    whole, streamed = asyncio.run(drawn())
    assert whole == streamed


def png(size: tuple[int, int] = (64, 64)) -> bytes:
    data = io.BytesIO()
    Image.new("RGBA", size).save(data, "PNG")
    return data.getvalue()


def test_edit(strict: Any, mock_openai: MockOpenAI) -> None:
    pictures: Any = [("a.png", png()), ("b.png", png())]
    reply = strict.images.edit(model="gpt-image-1", image=pictures, mask=("m.png", png()), prompt="A hat")
    assert opened(reply.data[0]).size == (1024, 1024)
    assert reply.usage.input_tokens_details.image_tokens == 2 * (65 + 129)
    assert [each["filename"] for each in mock_openai.calls[0].body["image"]] == ["a.png", "b.png"]
    with pytest.raises(openai.BadRequestError) as refused:
        strict.images.edit(model="gpt-image-1", image=png(), prompt="A hat")
    assert refused.value.code == "unsupported_file_mimetype"


@pytest.mark.skipif(not STREAMS, reason="this SDK does not stream images")
def test_an_edit_streamed(strict: Any) -> None:
    stream = strict.images.edit(model="gpt-image-1", image=("a.png", png()), prompt="A hat", stream=True)
    assert [event.type for event in stream] == ["image_edit.completed"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_variations(strict: Any) -> None:
    reply = strict.images.create_variation(image=("a.png", png()), n=2, size="512x512", response_format="b64_json")
    assert [opened(each).size for each in reply.data] == [(512, 512)] * 2


def test_a_blocked_prompt_and_a_file_of_ones_own(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("content_filtered", draws(base64.b64encode(b"mine").decode()))
    with pytest.raises(openai.BadRequestError) as blocked:
        mock_openai.client.images.generate(model="gpt-image-1", prompt="A cat")
    assert blocked.value.code == "moderation_blocked"
    reply: Any = mock_openai.client.images.generate(model="gpt-image-1", prompt="A cat")
    assert base64.b64decode(reply.data[0].b64_json) == b"mine"
