"""The files of a skill: read from a form or a zip, checked, and packed as one zip.

The limits are those of OpenAI's guide on skills; the manifest is that of the Agent Skills standard.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.forms import File

MOST_FILES = 500
LARGEST_FILE, LARGEST_ZIP = 25 * 2**20, 50 * 2**20
"""Bytes: of a file, unpacked, and of a zip that is uploaded."""

_MANIFEST = "skill.md"  # in any case
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_KEY = re.compile(r"(\w[\w-]*):[ \t]*(.*)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of a zip: the same files give the same bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a skill by their paths, with the name and the description that its manifest gives."""

    name: str
    description: str
    files: dict[str, bytes]

    @property
    def zipped(self) -> bytes:
        """All of them in one zip."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(path, _EPOCH), data, zipfile.ZIP_DEFLATED)
        return packed.getvalue()


def bundle_of(given: object) -> Bundle:
    """The bundle that `files` of a form holds: a zip, or the files of a folder; raises `Refused` for what is none."""
    listed = given if isinstance(given, list) else [given]
    uploaded = [each for each in listed if isinstance(each, File)]
    if len(uploaded) < len(listed):
        raise Refused(errors.invalid_type("files", "a file", "a string"))
    is_zip = len(uploaded) == 1 and zipfile.is_zipfile(io.BytesIO(uploaded[0].data))
    files = _unpacked(uploaded[0].data) if is_zip else {each["filename"]: each.data for each in uploaded}
    _check(files)
    manifest = [path for path in files if path.rpartition("/")[2].lower() == _MANIFEST]
    if len(manifest) != 1:
        raise _wrong(f"A skill needs exactly one SKILL.md, but this one has {len(manifest)}.")
    head = _front_matter(files[manifest[0]])
    for name in ("name", "description"):
        if not head.get(name):
            raise _wrong(f"The front matter of SKILL.md needs a '{name}'.")
    return Bundle(head["name"], head["description"], files)


def _wrong(message: str) -> Refused:
    return Refused(errors.invalid(message, param="files", code="invalid_skill"))


def _unpacked(data: bytes) -> dict[str, bytes]:
    if len(data) > LARGEST_ZIP:
        raise _wrong(f"The zip is too large: it may have {LARGEST_ZIP} bytes.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                raise _wrong(f"A skill may have {MOST_FILES} files, but this one has {len(entries)}.")
            return {entry.filename: _read(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise _wrong(f"The zip cannot be read: {error}.") from None


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """No more than a file may have, whatever the zip says of its size."""
    with archive.open(entry) as file:
        return file.read(LARGEST_FILE + 1)


def _check(files: dict[str, bytes]) -> None:
    if len(files) > MOST_FILES:
        raise _wrong(f"A skill may have {MOST_FILES} files, but this one has {len(files)}.")
    if len({path.partition("/")[0] for path in files if "/" in path}) > 1 or not all("/" in path for path in files):
        raise _wrong("The files of a skill are in a single folder: 'my-skill/SKILL.md'.")
    for path, data in files.items():
        if path.startswith("/") or "\\" in path or {"", ".", ".."} & set(path.split("/")):
            raise _wrong(f"'{path:.100}' is no path of a file in a folder.")
        if len(data) > LARGEST_FILE:
            raise _wrong(f"'{path:.100}' is too large: a file may have {LARGEST_FILE} bytes.")


def _front_matter(manifest: bytes) -> dict[str, str]:
    """The keys of the front matter, as far as they are plain texts of one line, or blocks of several."""
    found = _FRONT_MATTER.match(manifest.decode("utf-8", "replace"))
    if found is None:
        raise _wrong("SKILL.md begins with its front matter: '---', 'name: ...', 'description: ...', '---'.")
    return dict(_keys(found[1].splitlines()))


def _keys(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    key, texts = "", [""]
    for line in [*lines, "end:"]:
        begins = _KEY.fullmatch(line.rstrip())
        if begins is None:
            texts.append(line.strip())
            continue
        if key:
            yield key, " ".join(filter(None, texts))
        key, first = begins.groups()
        texts = ["" if first in ("|", ">", "|-", ">-") else _unquoted(first)]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
