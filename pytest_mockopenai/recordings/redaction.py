"""What never gets into a recording: keys, cookies, and whose account it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.headers import ORGANIZATION, PROJECT, SECRET
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.recorder import REDACTED

_REQUEST = ("content-type", "openai-beta")
_REPLY = (
    *("content-type", "content-disposition", "cache-control", "location", "x-request-id", "x-should-retry"),
    *("openai-processing-ms", "openai-version", "retry-after", "retry-after-ms"),
)
_REPLY_PREFIXES = ("x-ratelimit-",)
_ACCOUNT = {"openai-organization": ORGANIZATION, "openai-project": PROJECT}

_SECRET_FIELDS = SECRET | {"api_key", "apikey", "access_token", "refresh_token", "password"}
"""Keys of a body, in lower case, whose texts are secret: MCP tools carry `authorization` and headers."""

_PATTERNS = (
    (re.compile(r"\b(?:sk|sess|rk)-[\w-]{16,}"), REDACTED),
    (re.compile(r"\bek_\w{16,}"), REDACTED),
    (re.compile(r"(?i)\bbearer\s+[\w.~+/-]{16,}=*"), f"Bearer {REDACTED}"),
    (re.compile(r"(?i)(?<=[?&])((?:sig|signature|x-amz-signature|x-amz-security-token)=)[^&\s\"]+"), rf"\1{REDACTED}"),
    (re.compile(r"\borg-[A-Za-z0-9]{12,}"), ORGANIZATION),
    (re.compile(r"\bproj_[A-Za-z0-9]{12,}"), PROJECT),
)
"""Keys of OpenAI's forms (`sk-`, `sess-`, ephemeral `ek_`), signatures of links, IDs of organizations and projects."""


def request_headers(headers: Headers) -> Headers:
    """Those that say how a request is meant, in the order of their names."""
    return _sorted((name.lower(), value) for name, value in headers if name.lower() in _REQUEST)


def reply_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """Those that clients read, in the order of their names; whose account it was is replaced by the mock's names."""
    named = [(name.lower(), value) for name, value in headers]
    kept = [(name, value) for name, value in named if name in _REPLY or name.startswith(_REPLY_PREFIXES)]
    return _sorted([*kept, *((name, _ACCOUNT[name]) for name, _ in named if name in _ACCOUNT)])


def _sorted(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple(sorted(headers, key=lambda pair: pair[0]))


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes secrets out of texts and JSON values; `secrets` are those that are known by their very text."""

    secrets: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        for pattern, by in _PATTERNS:
            text = pattern.sub(by, text)
        return text

    def value(self, value: Any) -> Any:
        """The JSON value without secrets, in its texts and under keys that name one."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, Mapping):
            return {self.text(key): self._field(key, item) for key, item in value.items()}
        return value

    def _field(self, key: str, item: Any) -> Any:
        return REDACTED if isinstance(item, str) and key.lower() in _SECRET_FIELDS else self.value(item)


def secrets_of(request: Request) -> tuple[str, ...]:
    """The secrets that a request shows in its headers, the longest first."""
    found = set()
    for name, value in request.headers:
        if name.lower() in SECRET and value.strip():
            scheme, _, token = value.strip().partition(" ")
            found.add(token.strip() if token and scheme.lower() in ("bearer", "basic") else value.strip())
    return longest_first(found)


def longest_first(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets in the order in which they are taken out: none before one that it is a part of. Short texts are none."""
    return tuple(
        sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=lambda text: (-len(text), text))
    )


_SHORTEST = 8
