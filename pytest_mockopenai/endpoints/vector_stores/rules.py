"""What the API refuses of files that are put into a vector store: attributes, chunking strategies, kinds of file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.files import file_of
from pytest_mockopenai.retrieval.documents import is_supported, kind_of

AUTO: JSON = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
"""What the strategy `auto` is (openai/types/auto_file_chunking_strategy_param.py)."""

EXPIRY_BOUNDS = {"expires_after.days": Range(1, 365)}


def file_bounds(prefix: str = "") -> dict[str, Length | Range]:
    """The bounds of a file's attributes and chunking strategy (openai/types/static_file_chunking_strategy_param.py)."""
    static = f"{prefix}chunking_strategy.static"
    return {
        f"{prefix}attributes": Length(0, 16),
        f"{prefix}attributes.*": Length(0, 512),
        f"{static}.max_chunk_size_tokens": Range(100, 4096),
        f"{static}.chunk_overlap_tokens": Range(0, None),
    }


def file_settings(context: Context) -> None:
    """Refuse an attribute's name that is too long, and chunks that overlap by more than half."""
    check_file(context.body, "")
    for place, file in enumerate(context.body.get("files") or ()):
        check_file(file, f"files[{place}].")


def check_file(given: Mapping[str, Any], prefix: str) -> None:
    """The same of one file, whose parameters begin with `prefix`."""
    checks.metadata_keys(given, "attributes", prefix=prefix)
    static = (given.get("chunking_strategy") or {}).get("static")
    if static and static["chunk_overlap_tokens"] * 2 > static["max_chunk_size_tokens"]:
        path = f"{prefix}chunking_strategy.static.chunk_overlap_tokens"
        message = f"Invalid value for '{path}': expected at most half of 'max_chunk_size_tokens'."
        raise Refused(errors.invalid(message, param=path, code="invalid_value"))


def static(strategy: Mapping[str, Any] | None) -> JSON:
    """The strategy by which a file is cut: the one of the request, or what `auto` stands for."""
    return AUTO if not strategy or strategy["type"] == "auto" else {"type": "static", "static": strategy["static"]}


def refuse_files(context: Context, file_ids: Iterable[str]) -> None:
    """Refuse files that do not exist (404), or whose kind cannot be searched (wording: stdapi-ai/stdapi.ai#275)."""
    names = [file_of(context, id_)["filename"] for id_ in file_ids]
    wrong = dict.fromkeys(kind_of(name) or "none" for name in names if not is_supported(name))
    if wrong:
        message = (
            f"Files with extensions [{', '.join(wrong)}] are not supported for retrieval. "
            "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
        )
        raise Refused(errors.invalid(message, param="file_ids", code="unsupported_file"))
