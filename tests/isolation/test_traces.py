"""Traces of openai-agents: none is queued for OpenAI while the mock is on, all others are as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from pytest_mockopenai.isolation import isolated

processors = pytest.importorskip("agents.tracing.processors")
agents = pytest.importorskip("agents")

URL = "http://127.0.0.1:43121"


class Kept:
    """An exporter that keeps what it is given; `endpoint` is where a real one would post it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.items: list[Any] = []

    def export(self, items: list[Any]) -> None:
        self.items += items


def processor(endpoint: str) -> tuple[Any, Kept]:
    """A processor whose thread never wakes by itself, and its exporter."""
    kept = Kept(endpoint)
    made = processors.BatchTraceProcessor(kept, schedule_delay=3600)
    made._ensure_thread_started = lambda: None
    return made, kept


def traced(made: Any) -> None:
    made.on_trace_start("trace")
    made.on_span_end("span")
    made.force_flush()


@pytest.mark.parametrize("host", ["api.openai.com", "eu.api.openai.com"])
def test_nothing_is_queued_for_openai(host: str) -> None:
    made, kept = processor(f"https://{host}/v1/traces/ingest")
    with isolated(URL):
        traced(made)
    made.force_flush()  # not after the mock is off either
    assert kept.items == []
    traced(made)
    assert kept.items == ["trace", "span"]


@pytest.mark.parametrize("endpoint", ["https://traces.example.org/ingest", None])
def test_other_places_get_their_traces(endpoint: Any) -> None:
    made, kept = processor(endpoint)
    with isolated(URL):
        traced(made)
    assert kept.items == ["trace", "span"]


def test_nested() -> None:
    made, kept = processor("https://api.openai.com/v1/traces/ingest")
    with isolated(URL):
        with isolated(URL):
            traced(made)
        traced(made)
    assert kept.items == []


def test_a_child_makes_no_traces_unless_it_is_told_to() -> None:
    code = "import os; print(os.environ['OPENAI_AGENTS_DISABLE_TRACING'])"
    with isolated(URL):
        for given, seen in (({}, "1"), ({"OPENAI_AGENTS_DISABLE_TRACING": "0"}, "0")):
            done = subprocess.run(
                [sys.executable, "-c", code], env={**os.environ, **given}, capture_output=True, text=True, check=True
            )
            assert done.stdout.strip() == seen
