"""What a server says of itself when it starts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest_mockopenai
from pytest_mockopenai.settings import OPENAI
from pytest_mockopenai.standalone.config import Config

_CHAT = '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}'
_STREAM = '{"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'


def ready_line(urls: Sequence[str], format: str) -> str:
    """The first line on standard output: it is written once connections are accepted."""
    bases = [f"{url}/v1" if url.startswith("http") and "+unix" not in url else url for url in urls]
    if format == "json":
        return json.dumps({"event": "listening", "urls": bases})
    return f"Listening on {' and '.join(bases)}"


def banner(config: Config, urls: Sequence[str], *, metrics: bool) -> str:
    """What to paste, and the three first commands to try."""
    return "\n".join(_said(config, urls, metrics)) + "\n"


def _said(config: Config, urls: Sequence[str], metrics: bool) -> Iterator[str]:
    base, curl = _reached(config, urls[0])
    yield f"mockopenai {pytest_mockopenai.__version__}: a mock of OpenAI's API"
    yield f"  base URL   {base}/v1"
    yield f"  export OPENAI_BASE_URL={base}/v1 OPENAI_API_KEY=sk-mock"
    if config.tls or (config.ca_file is not None):
        yield f"  export SSL_CERT_FILE={config.ca_file}   # the CA to trust"
    if config.redis is not None:
        yield f"  state is shared in Redis, by all mocks of the prefix {config.redis_prefix!r}"
    elif config.workers > 1:
        yield (
            f"  {config.workers} workers: answers are the same from each; recorded calls, the rules' sequences, stored "
            "objects and how often a request was repeated (it decides ids) are each worker's own"
        )
    if config.record is not None:
        yield f"  recording {config.upstream or OPENAI} into {config.record}, mode {config.record_mode}"
    if config.replay is not None:
        yield f"  replaying {config.replay}"
    if config.metrics and not metrics:
        yield "  no /metrics: pip install 'pytest-mockopenai[server]'"
    yield "Try:"
    send = f"{base}/v1/chat/completions{_key(config)} -H 'content-type: application/json' -d"
    yield f"  {curl} -s {send} '{_CHAT}'"
    yield f"  {curl} -sN {send} '{_STREAM}'"
    yield f"  {curl} -si -H 'X-Test-Scenario: rate-limit' {send} '{_CHAT}'"


def _reached(config: Config, url: str) -> tuple[str, str]:
    """The base URL, and how curl is called."""
    trust = f" --cacert {config.ca_file}" if config.ca_file is not None else ""
    if config.unix is not None:
        scheme = "https" if config.cert or config.tls else "http"
        return f"{scheme}://localhost", f"curl --unix-socket {config.unix}{trust}"
    return url, f"curl{trust}"


def _key(config: Config) -> str:
    return " -H 'authorization: Bearer sk-mock'" if config.require_key else ""
