"""Rate limits of a standalone mock: by one worker, and by two that share a Redis."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.serving import served
from tests.standalone.shared.conftest import RedisServer

CLIENTS = 32


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one", "workers"])
def test_the_same_standalone(tmp_path: Path, options: tuple[str, ...], redis_server: RedisServer) -> None:
    if options:
        options = (*options, "--redis", redis_server.url, "--redis-prefix", "limits")
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    with served(tmp_path, "--limits", "rpm=50;tpm=100000;per=key", "--log-level=off", *options) as mock:
        httpx.post(f"{mock.url}/_mock/clock/freeze", json={}).raise_for_status()

        async def statuses() -> list[int]:
            limits = httpx.Limits(max_connections=CLIENTS)
            async with httpx.AsyncClient(base_url=mock.url, limits=limits, timeout=60) as client:
                replies = await asyncio.gather(*(client.post("/v1/chat/completions", json=body) for _ in range(80)))
            return [reply.status_code for reply in replies]

        assert asyncio.run(statuses()).count(200) == 50
        assert asyncio.run(statuses()).count(200) == 0
        httpx.post(f"{mock.url}/_mock/clock/advance", json={"seconds": 30}).raise_for_status()
        assert asyncio.run(statuses()).count(200) == 25
