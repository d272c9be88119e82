"""The text of Word documents and PowerPoint slides: zip archives of XML (ECMA-376)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from pytest_mockopenai.retrieval.unreadable import unparsed

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDE = re.compile(r"ppt/slides/slide([0-9]{1,6})\.xml")
_MOST = 32 * 2**20
"""Bytes that the parts of an archive may unpack to: a small one may be packed to blow up."""


def document(data: bytes) -> str:
    """The paragraphs of a `.docx` file, a line each; raises `Unreadable`."""
    return "\n".join(_paragraphs(_parts(data, re.compile(r"word/document\.xml")), _WORD))


def slides(data: bytes) -> str:
    """The paragraphs of a `.pptx` file in the order of its slides, a line each; raises `Unreadable`."""
    return "\n".join(_paragraphs(_parts(data, _SLIDE), _DRAWING))


def _parts(data: bytes, wanted: re.Pattern[str]) -> list[bytes]:
    """The parts of an archive whose names match, sorted by the number in their names; at least one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [name for name in archive.namelist() if wanted.fullmatch(name)]
            found.sort(key=lambda name: int("".join(filter(str.isdigit, name)) or 0))
            if not found or sum(archive.getinfo(name).file_size for name in found) > _MOST:
                raise unparsed()
            return [archive.read(name) for name in found]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise unparsed() from None


def _paragraphs(parts: list[bytes], namespace: str) -> Iterator[str]:
    for part in parts:
        try:
            root = ElementTree.fromstring(part)
        except (ElementTree.ParseError, ValueError):
            raise unparsed() from None
        for paragraph in root.iter(f"{namespace}p"):
            yield "".join(text.text or "" for text in paragraph.iter(f"{namespace}t"))
