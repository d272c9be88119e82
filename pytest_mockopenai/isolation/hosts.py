"""Which hosts are OpenAI's own, at OpenAI and at Azure: names only, nothing is resolved."""

from __future__ import annotations

import unicodedata

__all__ = ["PATTERNS", "is_real_host"]

PATTERNS: tuple[str, ...] = (
    "api.openai.com",
    "auth.openai.com",
    ".openai.azure.com",
    ".openai.azure.us",
    ".openai.azure.cn",
    ".services.ai.azure.com",
    ".services.ai.azure.us",
    ".services.ai.azure.cn",
    ".cognitiveservices.azure.com",
    ".cognitiveservices.azure.us",
    ".cognitiveservices.azure.cn",
    ".api.cognitive.microsoft.com",
    ".api.cognitive.microsoft.us",
)
"""`name` is a host and everything below it, `.name` only what is below it.

Sources: OpenAI's data residency page (`us.`, `eu.`, `gb.`, ... before `api.openai.com`), the SDK's
`_data_residency.py` and `auth/` (`mtls-eu.api.openai.com`, token exchange at `auth.openai.com`),
Azure's endpoint forms for an OpenAI, a Foundry, an AI services and a regional resource, and the
same in its government (`.us`) and China (`.cn`) clouds.
"""

_EXACT = frozenset(pattern for pattern in PATTERNS if not pattern.startswith("."))
_BELOW = tuple("." + pattern.lstrip(".") for pattern in PATTERNS)


def is_real_host(host: str | bytes | bytearray | None) -> bool:
    """Whether a request to `host` would reach OpenAI; `host` may have a port, a final dot, odd letters."""
    if not host:
        return False
    name = _normal(host if isinstance(host, str) else bytes(host).decode("latin-1"))
    return name in _EXACT or name.endswith(_BELOW)


def _normal(host: str) -> str:
    name = (host if host.isascii() else _ascii(host)).strip().lower()
    head, colon, port = name.rpartition(":")
    if colon and ":" not in head and (port.isdigit() or not port):
        name = head
    return name.rstrip(".")


def _ascii(host: str) -> str:
    """What a resolver would ask for: full-width letters, soft hyphens and the other dots disappear."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return unicodedata.normalize("NFKC", host)
