"""What one request costs the mock itself, without any socket, and how much memory many requests take.

    python tools/bench_exchange.py [--quick] [--json] [--memory REQUESTS]

CPU time of `App.exchange`, recording included. `repeated` is one request again and again, `anew` the same by an app
that remembers nothing, `new` never the same request twice. Divided by the CPU time that `json` needs to read the
request and to print the reply, they are figures that another machine reproduces.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from bench_runs import output_of

from pytest_mockopenai.app import App
from pytest_mockopenai.core.heading import Heading
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.reading import Reading, Readings
from pytest_mockopenai.settings import Settings

_HEADERS = (
    *(("host", "127.0.0.1:8080"), ("accept", "application/json"), ("accept-encoding", "gzip, deflate")),
    *(("connection", "keep-alive"), ("user-agent", "OpenAI/Python 3.54.0"), ("content-type", "application/json")),
    *(("x-stainless-lang", "python"), ("x-stainless-async", "false"), ("x-stainless-retry-count", "0")),
    *(("authorization", "Bearer sk-test"), ("content-length", "110")),
)
_FIFTY = 47  # words that make a stream of 50 chunks
_SAID = " ".join(["word"] * _FIFTY)

Row = tuple[float, float, float, float]
"""CPU microseconds: repeated, anew, new, and of `json` alone."""


def _chat(text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


KINDS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "chat": _chat,
    "chat, 4 KB": lambda text: _chat(f"{text} {'lorem ipsum ' * 340}"),
    "chat, stream of 50 chunks": lambda text: _chat(text, stream=True),
    "embeddings, base64": lambda text: (
        "/v1/embeddings",
        {"model": "text-embedding-3-small", "encoding_format": "base64", "input": text},
    ),
    "responses": lambda text: ("/v1/responses", {"model": "gpt-4o", "input": text}),
    "responses, not stored": lambda text: ("/v1/responses", {"model": "gpt-4o", "input": text, "store": False}),
}


class _Forgetful(Readings):
    def find(self, request: Request, heading: Heading) -> Reading | None:
        return None


def measure(requests: int, rounds: int) -> dict[str, Row]:
    """The typical costs of each kind."""
    return {kind: _costs(kind, requests, rounds) for kind in KINDS}


def _costs(kind: str, requests: int, rounds: int) -> Row:
    same, new = [_request(kind, "Hi")] * requests, iter(range(requests * rounds))
    remembering, forgetful, fresh = _app(kind), _app(kind, anew=True), _app(kind)
    reply = body_of(remembering.exchange(same[0]).reply)
    turns = [
        (
            _cost(remembering, same),
            _cost(forgetful, same),
            _cost(fresh, [_request(kind, f"Hi {next(new)}") for _ in range(requests)]),
            _json_cost(same[0].body, reply, requests),
        )
        for _ in range(rounds)
    ]
    repeated, anew, unseen, unit = (median(column) for column in zip(*turns, strict=True))
    return repeated, anew, unseen, unit


def _request(kind: str, text: str) -> Request:
    target, body = KINDS[kind](text)
    return Request("POST", target, _HEADERS, json.dumps(body).encode())


def _app(kind: str, *, anew: bool = False, record_bytes: int = 24 * 2**20) -> App:
    endpoints = [replace(each, repeatable=lambda _: False) if anew else each for each in all_endpoints()]
    app = App(
        Routes(endpoints), KnownModels(), Settings(record_bytes=record_bytes), readings=_Forgetful() if anew else None
    )
    if "stream" in kind:
        _say(app, _SAID)
    app.exchange(_request(kind, "the first one loads what all need"))
    return app


def _say(app: App, text: str) -> None:
    from pytest_mockopenai.scripting import Scripted, when

    Scripted(app, when()).always(text)


def _cost(app: App, requests: Sequence[Request]) -> float:
    begun = process_time()
    for request in requests:
        app.exchange(request).ended("done")
    return (process_time() - begun) / len(requests) * 1e6


def _json_cost(body: bytes, reply: bytes, times: int) -> float:
    """Of reading the request and printing the reply, if a stream's then event by event."""
    events = [event.removeprefix(b"data: ") for event in reply.split(b"\n\n")] if b"\n\n" in reply else [reply]
    values = [json.loads(event) for event in events if event.startswith(b"{")]
    begun = process_time()
    for _ in range(times):
        json.loads(body)
        for value in values:
            json.dumps(value)
    return (process_time() - begun) / times * 1e6


# --- memory -----------------------------------------------------------------------------------------------------------


def grow(requests: int, steps: int = 10) -> list[float]:
    """Resident megabytes after each part of so many requests: of all kinds, repeated and new, all recorded."""
    kinds = list(KINDS)
    app = _app("chat")
    sizes = [_resident()]
    for step in range(steps):
        for place in range(step * requests // steps, (step + 1) * requests // steps):
            kind = kinds[place % len(kinds)]
            repeated = place // len(kinds) % 2
            app.exchange(_request(kind, "Hi" if repeated else f"Hi {place}")).ended("done")
        sizes.append(_resident())
    return sizes


def _resident() -> float:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096 / 2**20


# --- how it is shown --------------------------------------------------------------------------------------------------


def run(python: Path, folder: Path, *, quick: bool) -> dict[str, Row]:
    """The same in a process of its own, for `bench.py`."""
    command: list[str | Path] = [python, Path(__file__).resolve(), "--json", *(["--quick"] if quick else [])]
    measured: dict[str, Row] = json.loads(output_of(command, folder))
    return measured


def cells(row: Row) -> list[str]:
    """A row of the table: microseconds, then ratios to `json` alone and to making all anew."""
    repeated, anew, new, unit = row
    return [*(f"{cost:.1f}" for cost in row), f"{repeated / unit:.1f}", f"{new / unit:.1f}", f"{anew / repeated:.1f}"]


HEAD = ("App.exchange of", "repeated", "anew", "new", "json alone", "repeated / json", "new / json", "anew / repeated")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What one request costs the mock itself, in CPU microseconds.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean nothing")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--memory", type=int, metavar="REQUESTS", help="print the resident memory instead")
    options = parser.parse_args()
    if options.memory:
        print("MB resident, from the first request on:", *(f"{size:.0f}" for size in grow(options.memory)))
        return
    measured = measure(*((20, 1) if options.quick else (1000, 5)))
    if options.json:
        print(json.dumps(measured))
        return
    for cell in (HEAD, *((kind, *cells(row)) for kind, row in measured.items())):
        print(f"{cell[0]:26}", *(f"{each:>15}" for each in cell[1:]))


if __name__ == "__main__":
    main()
