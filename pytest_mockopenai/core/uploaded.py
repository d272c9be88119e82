"""What is asked of files that clients upload, whole or in parts, and how long files live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors, files, jsontext
from pytest_mockopenai.core.bounds import Range
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import whole_number

MONTH = 30 * 24 * 3600
"""Seconds that a file of a batch lives unless it is told otherwise (openai/types/file_create_params.py)."""

LIVES = Range(3600, MONTH)
"""Seconds that a file may be told to live (the same)."""

LARGEST, LARGEST_BATCH = 512 * 2**20, 200 * 2**20
"""Bytes of a file that is uploaded in one piece, and of any file of a batch (openai/resources/files.py, `create`)."""

_OF_LINES: Mapping[str, str] = {"batch": "Batch", "fine-tune": "Fine-Tuning"}
"""The purposes for which a file has to be JSON lines, and what the API calls them."""


def receive(context: Context, data: bytes, *, filename: str, purpose: str, lives: int | None, largest: int) -> JSON:
    """Keep an uploaded file and return its object; raises `Refused` for one that the API does not take.

    `lives` is in seconds; None: for as long as files of this purpose do. `largest` is in bytes.
    """
    _check(data, filename, purpose, LARGEST_BATCH if purpose == "batch" else largest)
    if lives is None and purpose == "batch":
        lives = MONTH
    return files.keep(context, data, filename=filename, purpose=purpose, lives=lives)


def _check(data: bytes, filename: str, purpose: str, largest: int) -> None:
    """Wordings: curator#111 (too large), openai-go#434 (empty); of lines the API reads no more than the first."""
    if purpose in _OF_LINES and not (filename.endswith(".jsonl") and _is_json(data.partition(b"\n")[0])):
        raise Refused(errors.invalid(f"Invalid file format for {_OF_LINES[purpose]} API. Must be .jsonl"))
    if not data:
        raise Refused(errors.invalid("File is empty."))
    if len(data) > largest:
        raise Refused(errors.invalid("File is too large."))


def _is_json(line: bytes) -> bool:
    try:
        jsontext.loads(line)
    except jsontext.BadJSON:
        return False
    return True


def lifetime(body: Mapping[str, Any], name: str = "expires_after", default: int | None = None) -> int | None:
    """The seconds that a request's policy gives a file; `default` without one. Raises `Refused` for what is none."""
    policy = body.get(name)
    if policy is None:
        return default
    seconds = policy.get("seconds") if isinstance(policy, Mapping) else None
    if seconds is None:
        raise Refused(errors.missing_parameter(f"{name}.seconds"))
    return whole_number(f"{name}.seconds", str(seconds))
