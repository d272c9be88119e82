"""Stubs: settings, models and rules from files in YAML, TOML or JSON, as one value.

Rules are in the order in which they are tried: the first that applies and has a word left answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from pytest_mockopenai.core.script import Rule
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.stubs import files, grammar, json_text, toml_text, yaml_text
from pytest_mockopenai.stubs.document import MAX_BYTES, Document, Path, Place, Unreadable, Wrong, check_size, shown
from pytest_mockopenai.stubs.grammar import Model

__all__ = ["BadStubs", "Model", "Place", "Stubs"]

FORMATS: Mapping[str, Callable[[str], Document]] = {
    "json": json_text.read,
    "toml": toml_text.read,
    "yaml": yaml_text.read,
    "yml": yaml_text.read,
}
_KEYS = ("settings", "models", "rules")


class BadStubs(ValueError):
    """A stubs file is wrong: `file`, `place` (None if it cannot be told), `path` (`rules[0].reply`) and `message`.

    Its text is all of them on one line: `stubs.yaml:4:7: rules[0].reply: ...`.
    """

    def __init__(self, file: str, message: str, place: Place | None = None, path: str = "") -> None:
        where = f"{file}:{place.line}:{place.column}" if place else file
        super().__init__(": ".join(filter(None, (where, path, message))))
        self.file = file
        self.message = message
        self.place = place
        self.path = path


@dataclass(frozen=True, slots=True)
class Stubs:
    """What stubs files say. `settings` holds those that are set, as fields of `settings.Settings`."""

    rules: tuple[Rule, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[Model, ...] = ()

    @classmethod
    def load(cls, *paths: str | File) -> Stubs:
        """What these files say together; of a folder its *.yaml, *.yml, *.toml and *.json, in the order of their names.

        Names in a folder that begin with a dot are passed over. Raises `BadStubs`.
        """
        try:
            found = files.listed(paths, FORMATS)
        except files.NotFound as error:
            raise BadStubs(error.path, error.message) from None
        stubs = Stubs()
        for file in found:
            stubs = stubs._with(_read(file), str(file))
        return stubs

    @classmethod
    def parse(cls, data: bytes, format: str, name: str = "stubs") -> Stubs:
        """What the bytes of a file say; `format` is `yaml`, `toml` or `json`. Raises `BadStubs`."""
        try:
            document = _document(data, format)
        except Unreadable as error:
            raise BadStubs(name, str(error), error.place) from None
        try:
            return _meant(document, name)
        except Wrong as wrong:
            raise BadStubs(name, str(wrong), document.locate(wrong.path), shown(wrong.path)) from None

    def _with(self, other: Stubs, name: str) -> Stubs:
        """Both files' stubs, these first; a setting has one value."""
        for setting, value in other.settings.items():
            if self.settings.get(setting, value) != value:
                message = f"{setting} is {value!r} here and {self.settings[setting]!r} in a file before"
                raise BadStubs(name, message, path=f"settings.{setting}")
        return Stubs(
            self.rules + other.rules,
            {**self.settings, **other.settings},
            tuple(dict.fromkeys(self.models + other.models)),
        )


def _read(file: File) -> Stubs:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadStubs(str(file), f"the file is larger than {MAX_BYTES:,} bytes")
        data = file.read_bytes()
    except OSError as error:
        raise BadStubs(str(file), f"the file cannot be read: {error.strerror or error}") from None
    return Stubs.parse(data, file.suffix[1:].lower(), str(file))


def _document(data: bytes, format: str) -> Document:
    if format not in FORMATS:
        raise Unreadable(f"no format '{format}'.{did_you_mean(format, FORMATS)}")
    if len(data) > MAX_BYTES:
        raise Unreadable(f"longer than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        raise Unreadable("this is not UTF-8", Place(line, column)) from None
    document = FORMATS[format](text)
    check_size(document.value)
    return document


def _meant(document: Document, name: str) -> Stubs:
    value = {} if document.value is None else document.value
    top = grammar.checked_mapping((), value, _KEYS, "part of a stubs file")

    def origin(path: Path) -> str:
        place = document.locate(path)
        return f"{File(name).name}:{place.line}" if place else f"{File(name).name} {shown(path)}"

    return Stubs(
        grammar.read_rules(top.get("rules", []), origin),
        grammar.read_settings(top.get("settings", {})),
        grammar.read_models(top.get("models", [])),
    )
