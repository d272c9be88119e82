"""Compares the mock's replies with real ones, path by path, and with the types of the installed SDK: `make drift`.

The real ones are those of OpenAI's API reference (`drift_documented.json`, the examples of its OpenAPI document) and
those that others have recorded and published (`drift_recorded.json`), both reduced to paths and types, and, if given, a
folder of recordings, of your own account for instance. Ends with 1 for a difference that `drift_allowed.json` gives no
reason for.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import drift_calls
import drift_types
from drift_shapes import Finding, Shape, allowed, compared, covered, joined, shape_of, shape_of_events

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import events, reading
from pytest_mockopenai.recordings.folder import Folder

HERE = Path(__file__).parent
DOCUMENTED = HERE / "drift_documented.json"
RECORDED = HERE / "drift_recorded.json"
ALLOWED = HERE / "drift_allowed.json"
_EXAMPLES = "the examples of github.com/openai/openai-openapi, openapi.json, version {}"

Shapes = Mapping[str, Shape]
"""The shape of each operation's replies."""


def main(arguments: list[str] | None = None) -> int:
    """Prints a table of differences; see the module."""
    parser = argparse.ArgumentParser(prog="drift", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recordings", nargs="?", type=Path, help="a folder of recordings to compare with as well")
    parser.add_argument("--all", action="store_true", help="show what is allowed too")
    parser.add_argument("--openapi", metavar="FILE", type=Path, help="write drift_documented.json anew, and stop")
    parser.add_argument("--keep", metavar="SOURCE", help="write drift_recorded.json of the recordings, and stop")
    asked = parser.parse_args(arguments)
    if asked.openapi:
        openapi = json.loads(asked.openapi.read_text("utf-8"))
        write(_joined(_examples(openapi)), DOCUMENTED, _EXAMPLES.format(openapi["info"]["version"]))
        return 0
    if asked.keep and asked.recordings:
        write(recorded(asked.recordings), RECORDED, asked.keep)
        return 0
    real = merged(collected(DOCUMENTED), collected(RECORDED))
    if asked.recordings:
        real = merged(real, recorded(asked.recordings))
    listed = allowed(json.loads(ALLOWED.read_text("utf-8")))
    mock = mocked()
    found = findings(real, mock)
    left = [finding for finding in found if not covered(finding, listed)]
    print(table(found if asked.all else left))
    unused = [entry for entry in listed if not entry.seen]
    for entry in unused:
        print(f"allowed, but not seen any more: {entry.operation} {entry.path} ({entry.reason})")
    both = len(real.keys() & mock.keys())
    print(f"{both} operations compared, {len(found)} differences, {len(found) - len(left)} of them allowed")
    return 1 if left or (unused and not asked.recordings) else 0


def findings(real: Shapes, mock: Shapes) -> list[Finding]:
    """The differences of all operations that both have."""
    return [
        finding
        for operation in sorted(real.keys() & mock.keys())
        for finding in compared(operation, real[operation], mock[operation], drift_types.known_paths(operation))
    ]


def merged(one: Shapes, other: Shapes) -> Shapes:
    """What both know."""
    return {name: joined([one.get(name, {}), other.get(name, {})]) for name in {*one, *other}}


def mocked() -> Shapes:
    """The shapes of the mock's replies."""
    return _joined((name, _shape(value)) for name, value in drift_calls.replies())


def _shape(value: Any) -> Shape:
    return shape_of_events(value) if isinstance(value, list) else shape_of(value)


def _joined(pairs: Iterable[tuple[str, Shape]]) -> Shapes:
    shapes: dict[str, list[Shape]] = {}
    for name, shape in pairs:
        shapes.setdefault(name, []).append(shape)
    return {name: joined(each) for name, each in shapes.items()}


# --- what is real -----------------------------------------------------------------------------------------------------


def recorded(folder: Path) -> Shapes:
    """The shapes of the replies in a folder of recordings; errors are left out."""
    return _joined(_recorded(folder))


def _recorded(folder: Path) -> Iterator[tuple[str, Shape]]:
    routes = drift_calls.routes()
    for interaction in Folder(folder).read():
        request, reply = interaction.request, interaction.reply
        try:
            endpoint = routes.match(Request(request.method, f"/v1{request.path}")).endpoint
        except Refused:
            continue
        if reply.broken or not 200 <= reply.status < 300:
            continue
        if reply.streamed:
            told = [value for value in map(events.json_of, reply.events) if isinstance(value, dict)]
            yield f"{endpoint.method} {endpoint.path}, streamed", shape_of_events(told)
        elif isinstance(response := reading.response_of(reply), dict):
            yield f"{endpoint.method} {endpoint.path}", shape_of(response)


def collected(file: Path) -> Shapes:
    """The shapes that were collected in a file."""
    data = json.loads(file.read_text("utf-8"))["operations"]
    return {
        operation: {path: frozenset(types.split("|")) for path, types in shape.items()}
        for operation, shape in data.items()
    }


def write(shapes: Shapes, file: Path, source: str) -> None:
    """Write shapes into a file, with their source."""
    plain = {
        operation: {path: "|".join(sorted(types)) for path, types in sorted(shapes[operation].items())}
        for operation in sorted(shapes)
    }
    about = {"source": source, "operations": plain}
    file.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _examples(openapi: Any) -> Iterator[tuple[str, Shape]]:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            examples = (operation.get("x-oaiMeta") or {}).get("examples") if isinstance(operation, dict) else None
            for example in examples if isinstance(examples, list) else [examples]:
                found = _example(example.get("response")) if isinstance(example, dict) else None
                if found is not None:
                    streamed = ", streamed" if isinstance(found, list) else ""
                    yield f"{method.upper()} {path}{streamed}", _shape(found)


def _example(text: Any) -> Any:
    """The JSON of an example, the list of events of a stream; None of one that is neither, such as a broken one."""
    if not isinstance(text, str):
        return text if isinstance(text, dict) else None
    try:
        value = json.loads(text)
        return value if isinstance(value, dict) else None
    except ValueError:
        pass
    lines = [line.removeprefix("data:").strip() for line in text.splitlines()]
    found = []
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        found += [value] if isinstance(value, dict) else []
    return found if len(found) > 1 else None


# --- the table --------------------------------------------------------------------------------------------------------


def table(found: list[Finding]) -> str:
    """One line for each difference."""
    head = ("operation", "path", "the mock", "real", "mocked", "in the SDK")
    rows = [
        head,
        *((each.operation, each.path, each.what, each.documented, each.mocked, each.known) for each in found),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) if found else "no difference"


if __name__ == "__main__":
    sys.exit(main())
