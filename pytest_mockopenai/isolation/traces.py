"""Keeps the traces of openai-agents' runs from OpenAI's servers, also after the mock is off; imports no agents.

Its exporter queues the spans of a run and posts them seconds later, or when the process ends: by then the mock may be
off, and what a test said would go out. So nothing is queued for a real host while the mock is on. Processors of the
application's own see every span (`agents/tracing/processors.py`; 0.24).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from .hosts import is_real_host
from .patching import Patches, Point

__all__ = ["unsent"]


@contextmanager
def unsent() -> Iterator[None]:
    """Drop what the batch processor would send to a real host; one that exports elsewhere is left alone."""
    with _PATCHES.on():
        yield


def _received(original: Any) -> Any:
    """A method that queues its one argument."""

    @functools.wraps(original)
    def received(self: Any, item: Any) -> None:
        if not (_PATCHES.active and _is_for_openai(self)):
            original(self, item)

    return received


def _is_for_openai(processor: Any) -> bool:
    endpoint = getattr(getattr(processor, "_exporter", None), "endpoint", None)
    return isinstance(endpoint, str) and is_real_host(urlsplit(endpoint).hostname)


_PATCHES = Patches(
    (
        Point("agents.tracing.processors", "BatchTraceProcessor.on_trace_start", _received),
        Point("agents.tracing.processors", "BatchTraceProcessor.on_span_end", _received),
    )
)
