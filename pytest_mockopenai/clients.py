"""Ready clients of the installed openai package."""

from __future__ import annotations

from functools import cache

from openai import AsyncOpenAI, OpenAI


@cache
def sync_client(base_url: str, api_key: str, webhook_secret: str | None) -> OpenAI:
    """A client for this address, made once: the SDK's own set-up costs more than several calls."""
    client = OpenAI(base_url=base_url, api_key=api_key)
    _equip(client, api_key, webhook_secret)
    return client


def async_client(base_url: str, api_key: str, webhook_secret: str | None) -> AsyncOpenAI:
    """A client of its own for each test: what it keeps belongs to the test's event loop."""
    client = AsyncOpenAI(base_url=base_url, api_key=api_key)
    _equip(client, api_key, webhook_secret)
    return client


def _equip(client: OpenAI | AsyncOpenAI, api_key: str, webhook_secret: str | None) -> None:
    """Give a client what older SDKs have no arguments for: the key of `client.admin`, and what signs webhooks."""
    client.admin_api_key = api_key
    if webhook_secret:
        client.webhook_secret = webhook_secret
