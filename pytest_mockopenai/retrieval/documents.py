"""The text of a file by its kind, or why a vector store cannot search it.

Which kinds the API takes is in OpenAI's file search guide, under "Supported files"; the mock reads all but `.doc`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from pytest_mockopenai import tokens
from pytest_mockopenai.retrieval import html, office, pdf
from pytest_mockopenai.retrieval.unreadable import Unreadable, unparsed

ENCODING = "cl100k_base"
"""What a file's tokens are counted by: OpenAI's embedding models'."""

_MOST_TOKENS = 5_000_000
"""Of one file (guide "Retrieval": limits)."""


def kind_of(filename: str) -> str:
    """The extension of a file in lower case, with its dot; empty if it has none."""
    return PurePosixPath(filename).suffix.lower()


def is_supported(filename: str) -> bool:
    """Whether the API takes files of this kind into a vector store."""
    return kind_of(filename) in _READERS


def text_of(data: bytes, filename: str) -> str:
    """The text in a file of a supported kind; raises `Unreadable`."""
    text = _READERS[kind_of(filename)](data)
    if not text.strip():
        raise Unreadable("invalid_file", "The file could not be parsed because it is empty.")
    if len(text.encode()) > _MOST_TOKENS and tokens.load(ENCODING).count(text) > _MOST_TOKENS:
        raise Unreadable("invalid_file", "The file could not be parsed because it is too large.")
    return text


def _plain(data: bytes) -> str:
    """Text in one of the encodings that the guide names; UTF-16 is known by its mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Unreadable("unsupported_file", "The file type is not supported.")
    return text


def _html(data: bytes) -> str:
    return html.text_of(_plain(data))


def _word_of_old(data: bytes) -> str:
    raise unparsed()


_CODE = (".c", ".cpp", ".cs", ".css", ".go", ".java", ".js", ".php", ".py", ".rb", ".sh", ".ts")

_READERS: Mapping[str, Callable[[bytes], str]] = {
    **dict.fromkeys((".txt", ".md", ".json", ".tex", *_CODE), _plain),
    ".html": _html,
    ".docx": office.document,
    ".pptx": office.slides,
    ".pdf": pdf.text_of,
    ".doc": _word_of_old,
}
