"""`mockopenai import`: recordings and VCR cassettes, turned into a stubs file or into a recording of the mock's own."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytest_mockopenai import isolation
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import BadRecording, files, payload, text, vcr
from pytest_mockopenai.recordings.interaction import Interaction
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.recordings.stubbing import stubs_of
from pytest_mockopenai.scene import all_routes
from pytest_mockopenai.stubs import BadStubs, Stubs, yaml_text

_SUFFIXES = (".json", ".yaml", ".yml")
_SHOWN = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `import`."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="a recording, a cassette, or a folder of them"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the file to write: YAML or JSON"
    )
    parser.add_argument("--to", choices=("stubs", "recording"), default="stubs", help="what to write [stubs]")
    parser.add_argument("--timing", action="store_true", help="in stubs, let replies take as long as they took")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(asked: argparse.Namespace) -> int:
    """Reads, turns and writes; 1 if there is nothing to write, or something cannot be read."""
    output: Path = asked.output
    try:
        _check_output(output, asked.to, force=asked.force)
        found, others = _read(asked.files)
        if not found:
            raise BadRecording("there is no call of OpenAI's API in " + ", ".join(map(str, asked.files)))
        left_out = others + (
            _write_recording(output, found) if asked.to == "recording" else _write_stubs(output, found, asked)
        )
    except (BadRecording, BadStubs) as error:
        print(f"mockopenai import: {error}", file=sys.stderr)
        return 1
    for line in _told(left_out):
        print(line, file=sys.stderr)
    return 0


def _check_output(output: Path, to: str, *, force: bool) -> None:
    wanted = (".json",) if to == "recording" else _SUFFIXES
    if output.suffix.lower() not in wanted:
        raise BadRecording(f"{output}: the name of a {to} file ends in {' or '.join(wanted)}")
    if output.exists() and not force:
        raise BadRecording(f"{output} is there already: name another file, or give --force")


def _told(left_out: Sequence[str]) -> list[str]:
    lines = vcr.summed(left_out)
    more = [f"  ... {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return ["left out:", *(f"  {line}" for line in lines[:_SHOWN]), *more] if lines else []


# --- reading ----------------------------------------------------------------------------------------------------------


@cache
def _routes() -> Routes:
    return all_routes()


def _read(paths: Sequence[Path]) -> tuple[list[Interaction], list[str]]:
    """The interactions of all files, and the addresses of calls that are not of OpenAI's API."""
    found: list[Interaction] = []
    others: list[str] = []
    for path in paths:
        for file in _files(path):
            here, elsewhere = _file(file)
            found += here
            others += elsewhere
    return found, others


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise BadRecording(f"there is no {path}")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
    if not found:
        raise BadRecording(f"{path} holds no recording: *.json, *.yaml or *.yml")
    return found


def _file(file: Path) -> tuple[list[Interaction], list[str]]:
    try:
        data = file.read_bytes()
        value = vcr.values(data, is_yaml=file.suffix.lower() != ".json")
        if isinstance(value, dict) and value.get("format") == text.FORMAT:
            return text.read(data.decode()), []
        if not vcr.is_cassette(value):
            raise BadRecording(
                "this is neither a recording of the mock nor a cassette of VCR: it has no 'interactions', each with a "
                "'request' that has a 'uri'"
            )
        return vcr.read(value, _is_ours)
    except OSError as error:
        raise BadRecording(f"{file}: the file cannot be read: {error.strerror or error}") from None
    except (BadRecording, UnicodeError) as error:
        raise BadRecording(f"{file}: {error}") from None


def _is_ours(uri: str, request: Request) -> bool:
    """Whether a call is one of OpenAI's API, at OpenAI or at another that serves the like of it."""
    if isolation.is_real_host(urlsplit(uri).hostname):
        return True
    try:
        _routes().match(request)
    except Refused as refused:
        return refused.error.status == 405
    return True


def _inquiry(interaction: Interaction) -> Inquiry:
    """What a recorded request asks, as the mock will see it."""
    asked = interaction.request
    body = asked.body.get("json")
    sent = b"" if "form" in asked.body else payload.to_bytes(asked.body)
    request = Request(asked.method, f"/v1{asked.path}", asked.headers, sent)
    fields: dict[str, Any] = body if isinstance(body, dict) else _of_form(asked.body)
    try:
        match = _routes().match(request)
    except Refused:
        return Inquiry("", request, fields, str(fields.get("model", "")))
    model = match.path.get("model") or fields.get("model") or match.deployment or ""
    return Inquiry(match.endpoint.resource, request, fields, str(model))


def _of_form(body: payload.Payload) -> dict[str, Any]:
    return {part["name"]: part["text"] for part in body.get("form", ()) if "text" in part and "filename" not in part}


# --- writing ----------------------------------------------------------------------------------------------------------


def _write_recording(output: Path, found: list[Interaction]) -> list[str]:
    files.write(output, found, Redactor())
    print(f"{output}: {_count(len(found), 'call')}")
    return []


def _write_stubs(output: Path, found: list[Interaction], asked: argparse.Namespace) -> list[str]:
    stubs, left_out = stubs_of(found, _inquiry, timing=asked.timing)
    if not stubs["rules"]:
        raise BadRecording("no word of the mock answers any of these calls; a recording can: --to recording")
    is_json = output.suffix.lower() == ".json"
    written = json.dumps(stubs, indent=2, ensure_ascii=False) + "\n" if is_json else yaml_text.write(stubs)
    Stubs.parse(written.encode("utf-8", "surrogatepass"), "json" if is_json else "yaml", str(output))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(written, encoding="utf-8", errors="surrogatepass", newline="\n")
    print(f"{output}: {_count(len(stubs['rules']), 'rule')} from {_count(len(found) - len(left_out), 'call')}")
    return left_out


def _count(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"
