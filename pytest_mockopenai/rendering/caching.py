"""Prompt caching, simulated for requests that ask for it by `prompt_cache_key`: which tokens were there before.

Rule of the prompt caching guide (platform.openai.com/docs/guides/prompt-caching): a prefix of at least 1,024 tokens
that an earlier prompt of the same model and key began with is cached, in steps of 128 tokens. Here a prefix is of whole
messages or items. Without a key nothing is cached, so that counts do not depend on what other tests have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.endpoint import Context

_LEAST = 1024
_STEP = 128
_REMEMBERED = 4096  # prefixes of one key


def cached_tokens(context: Context, head: Any, parts: Sequence[Any], count: Callable[[int], int]) -> int:
    """How many tokens of a prompt are cached; the prompt is remembered for the next one.

    `head` is what stands before the `parts` (tools, formats); `count` counts a prompt of so many parts.
    """
    key = context.body.get("prompt_cache_key")
    if not key:
        return 0
    prefixes = _prefixes(head, parts)
    caches, name = context.store.collection("prompt_caches"), f"{context.model}\n{key}"
    known = dict.fromkeys((caches.get(name) or {"prefixes": ()})["prefixes"])
    longest = next((size for size in range(len(parts), 0, -1) if prefixes[size - 1] in known), 0)
    caches.put(name, {"prefixes": [*known, *(prefix for prefix in prefixes if prefix not in known)][-_REMEMBERED:]})
    found = count(longest) if longest else 0
    return found - found % _STEP if found >= _LEAST else 0


def _prefixes(head: Any, parts: Sequence[Any]) -> list[str]:
    """A digest of each prefix: of `head` and one part, of `head` and two, ..."""

    def longer(digest: str, part: Any) -> str:
        return blake2b(digest.encode() + jsontext.canonical(part), digest_size=16).hexdigest()

    return list(accumulate(parts, longer, initial=longer("", head)))[1:]
