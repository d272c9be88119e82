"""The command `mockopenai load`: its options, its progress bar and its report."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from importlib.util import find_spec

from pytest_mockopenai.standalone import values
from pytest_mockopenai.standalone.config import BadOption
from pytest_mockopenai.standalone.load.figures import report
from pytest_mockopenai.standalone.load.plan import KINDS, Plan, request_of, target_of
from pytest_mockopenai.standalone.load.running import Run, watched

_DEFAULT_URL = "http://127.0.0.1:8080/v1"
_DEFAULT_TOTAL = 100
_WIDTH = 30


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `load`."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", help=f"base URL [OPENAI_BASE_URL, else {_DEFAULT_URL}]")
    add(
        "-c",
        "--concurrency",
        metavar="N",
        type=_typed(values.whole(1, 10_000)),
        default=10,
        help="calls at a time [10]",
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("-n", "--total", metavar="N", type=_typed(values.whole(1, 10**7)), help="so many calls [100]")
    amount.add_argument("-s", "--seconds", metavar="TIME", type=_typed(values.seconds), help="calls for so long")
    add("--path", choices=sorted(KINDS), default="chat", help="what is called [chat]")
    add(
        "--stream", action="store_true", help="ask for streams: measures the time to the first token and between tokens"
    )
    add("--model", metavar="NAME", help="the model asked for [gpt-4o, or text-embedding-3-small]")
    add("--prompt", metavar="TEXT", default="Say hello.", help="what is asked")
    add("--key", metavar="KEY", default=os.environ.get("OPENAI_API_KEY") or "sk-load", help="API key [OPENAI_API_KEY]")
    add("--header", metavar="LINE", help="one more header, such as 'X-Test-Scenario: rate-limit'")
    add("--timeout", metavar="TIME", type=_typed(values.seconds), default=60.0, help="how long a call may take [60]")
    add("--json", action="store_true", help="the report as JSON")
    add("--quiet", action="store_true", help="no progress bar")


def _typed(read: values.Reader) -> values.Reader:
    """A reader whose sentence argparse shows."""

    def typed(text: str) -> object:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


def run(asked: argparse.Namespace) -> int:
    """Runs the load; 1 if any call failed."""
    if find_spec("httptools") is None:
        raise BadOption("load needs httptools: pip install 'pytest-mockopenai[server]'")
    plan = plan_of(asked)
    running = Run(plan)
    shows = sys.stderr.isatty() and not asked.quiet and not asked.json
    asyncio.run(watched(running, _show if shows else None))
    if shows:
        print("\r\x1b[K", end="", file=sys.stderr)
    summary = running.figures.summary(running.seconds)
    print(json.dumps(summary, indent=2) if asked.json else report(summary, plan.concurrency))
    return 1 if running.figures.failed or not running.figures.calls else 0


def plan_of(asked: argparse.Namespace) -> Plan:
    """What is asked for. Raises BadOption."""
    target = target_of(asked.url or os.environ.get("OPENAI_BASE_URL") or _DEFAULT_URL)
    if asked.seconds is not None and not 0 < asked.seconds <= 3600:
        raise BadOption("--seconds is a time of at most an hour, and more than 0")
    if not asked.timeout:
        raise BadOption("--timeout is more than 0")
    request = request_of(
        target,
        asked.path,
        model=asked.model,
        prompt=asked.prompt,
        stream=asked.stream,
        key=asked.key,
        header=asked.header,
    )
    total = asked.total if asked.seconds is not None else asked.total or _DEFAULT_TOTAL
    return Plan(target, request, asked.stream, asked.concurrency, total, asked.seconds, asked.timeout)


def _show(running: Run) -> None:
    filled = round(running.share * _WIDTH)
    figures = running.figures
    failed = f", {figures.failed:,} failed" if figures.failed else ""
    bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {running.share:4.0%} {figures.calls:,} calls{failed}"
    print(f"\r\x1b[K{bar}", end="", file=sys.stderr, flush=True)
