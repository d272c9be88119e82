"""Files and uploads through the SDK, sync and async: run by `make sdks` with openai 1, 2 and 3."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_mockopenai import MockOpenAI

LINES = b'{"a": 1}\n{"a": 2}\n'


@pytest.mark.parametrize("kind", ["bytes", "path", "stream"])
def test_a_file_of_any_kind(mock_openai: MockOpenAI, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(LINES)
    files = mock_openai.client.files
    stream = io.BytesIO(LINES)
    stream.name = "data.jsonl"
    given: dict[str, Any] = {"bytes": ("data.jsonl", LINES), "path": path, "stream": stream}
    file = files.create(file=given[kind], purpose="batch")
    assert (file.filename, file.bytes) == ("data.jsonl", len(LINES))
    assert files.wait_for_processing(file.id).status == "processed"
    assert files.content(file.id).read() == LINES
    assert files.delete(file.id).deleted


def test_iterating_goes_over_all_pages(mock_openai: MockOpenAI) -> None:
    files = mock_openai.client.files
    ids = [files.create(file=("data.jsonl", LINES), purpose="batch").id for _ in range(5)]
    assert [file.id for file in files.list(limit=2)] == ids[::-1]
    assert [file.id for file in files.list(limit=2, order="asc", purpose="batch")] == ids


def test_without_blocking(mock_openai: MockOpenAI) -> None:
    async def story() -> None:
        async with mock_openai.async_client as client:
            file = await client.files.create(file=("data.jsonl", LINES), purpose="fine-tune")
            assert (await client.files.wait_for_processing(file.id)).id == file.id
            assert (await client.files.content(file.id)).content == LINES
            upload = await client.uploads.upload_file_chunked(
                file=LINES, filename="b.jsonl", bytes=len(LINES), mime_type="text/jsonl", purpose="batch", part_size=7
            )
            assert upload.file is not None
            assert [each.id async for each in client.files.list(limit=1)] == [upload.file.id, file.id]
            await client.files.delete(file.id)
            with pytest.raises(openai.NotFoundError):
                await client.files.retrieve(file.id)

    asyncio.run(story())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_upload_in_parts(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"  # which an older SDK leaves open: that warns when it is collected
    path.write_bytes(LINES * 100)
    uploads = mock_openai.client.uploads
    upload = uploads.upload_file_chunked(
        file=path,
        mime_type="text/jsonl",
        purpose="batch",
        part_size=500,
        md5=hashlib.md5(LINES * 100).hexdigest(),
    )
    assert upload.status == "completed"
    assert upload.file is not None
    assert mock_openai.client.files.content(upload.file.id).read() == LINES * 100
    cancelled = uploads.create(bytes=1, filename="a", mime_type="text/plain", purpose="vision")
    assert uploads.cancel(cancelled.id).status == "cancelled"


def test_refusals(mock_openai: MockOpenAI) -> None:
    files = mock_openai.client.files
    with pytest.raises(openai.BadRequestError) as refused:
        files.create(file=LINES, purpose="batch")  # the SDK calls it "upload"
    assert "Must be .jsonl" in refused.value.message
    kept_back = files.create(file=("a.txt", b"x"), purpose="user_data")
    with pytest.raises(openai.BadRequestError):
        files.content(kept_back.id)
