"""Videos through the SDK: created, polled, downloaded; sync and async."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import openai
import pytest
from PIL import Image

from pytest_mockopenai import MockOpenAI, fails

if not hasattr(openai.resources, "Videos"):
    pytest.skip("this SDK has no videos", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def videos(mock_openai: MockOpenAI) -> Any:
    """The videos of a client that refuses what does not fit the SDK's types."""
    with openai.OpenAI(base_url=mock_openai.base_url, api_key="sk-test", _strict_response_validation=True) as client:
        yield client.videos


def test_created_polled_and_downloaded(videos: Any, mock_openai: MockOpenAI) -> None:
    video = videos.create_and_poll(prompt="A cat", size="1280x720", seconds="4")
    assert (video.status, video.progress) == ("completed", 100)
    content = videos.download_content(video.id)
    assert content.response.headers["content-type"] == "video/mp4"
    assert content.content[4:8] == b"ftyp"
    thumbnail = videos.download_content(video.id, variant="thumbnail")
    assert Image.open(io.BytesIO(thumbnail.content)).size == (1280, 720)
    assert mock_openai.calls[0].last_message == "A cat"


def test_by_the_clock(videos: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.clock.freeze()
    video = videos.create(prompt="A cat")
    with pytest.raises(openai.NotFoundError, match="not ready yet"):
        videos.download_content(video.id)
    mock_openai.clock.advance(0.2)
    assert videos.retrieve(video.id).status == "in_progress"
    mock_openai.clock.advance(1)
    assert videos.retrieve(video.id).status == "completed"
    mock_openai.clock.advance(3600)
    with pytest.raises(openai.NotFoundError, match="expired"):
        videos.download_content(video.id)


def test_a_failure_is_polled(videos: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(fails("It was blocked.", code="moderation_blocked"))
    video = videos.create_and_poll(prompt="A cat")
    assert (video.status, video.error.code) == ("failed", "moderation_blocked")


def test_iterating_and_deleting(videos: Any) -> None:
    ids = [videos.create(prompt=f"Cat {number}").id for number in range(3)]
    assert [video.id for video in videos.list(limit=1)] == ids[::-1]
    assert videos.delete(ids[0]).deleted
    assert [video.id for video in videos.list()] == ids[:0:-1]


def test_a_remix_and_a_picture_to_start_from(videos: Any, mock_openai: MockOpenAI) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (720, 1280)).save(picture, "PNG")
    video = videos.create_and_poll(prompt="A cat", input_reference=("a.png", picture.getvalue()))
    assert mock_openai.calls[0].body["input_reference"]["filename"] == "a.png"
    assert videos.remix(video.id, prompt="A dog").remixed_from_video_id == video.id


def test_without_blocking(mock_openai: MockOpenAI) -> None:
    async def downloaded() -> bytes:
        async with mock_openai.async_client as client:
            video = await client.videos.create_and_poll(prompt="A cat")
            return (await client.videos.download_content(video.id)).content

    assert asyncio.run(downloaded())[4:8] == b"ftyp"
