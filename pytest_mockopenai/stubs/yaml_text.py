"""Reads YAML: scalars by version 1.2's core schema (`no` is a text), no tags, no key twice; aliases are bounded."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pytest_mockopenai.stubs.document import MAX_DEPTH, MAX_VALUES, Document, Path, Place, Unreadable

_TAG = "tag:yaml.org,2002:"
_CORE = {
    "null": (r"null|~|", "n~\0"),
    "bool": (r"true|false", "tf"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
}
"""The scalars that are no texts: form and first characters. NaN and Infinity, which JSON has not, are texts."""

_ODD_BREAK = re.compile("[\x85\u2028\u2029]")


def read(text: str) -> Document:
    """The document; raises `Unreadable`, also if PyYAML is not installed."""
    try:
        import yaml
    except ImportError:
        raise Unreadable("YAML needs PyYAML: pip install 'pytest-mockopenai[server]'") from None
    try:
        root = _loader()(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise Unreadable(f"this is no YAML: {_told(error)}", _place(error.problem_mark or error.context_mark)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"this is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    value = None if root is None else _Reading().value(root, 0)
    return Document(value, lambda path: _locate(root, path))


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way

    for name, (form, first) in _CORE.items():
        Loader.add_implicit_resolver(_TAG + name, re.compile(f"(?:{form})\\Z"), ["" if c == "\0" else c for c in first])
    return Loader


def write(value: Any) -> str:
    """The text of a value, which is read again as the same by this schema and by that of YAML 1.1.

    Raises `Unreadable` if PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise Unreadable("YAML needs PyYAML: pip install 'pytest-mockopenai[server]'") from None
    text: str = yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110)
    return text


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, data: str) -> Any:
        quoted = '"' if _ODD_BREAK.search(data) else None  # else they are taken for the end of a line
        return dumper.represent_scalar(_TAG + "str", data, style=quoted)

    Dumper.add_representer(str, text)
    for name, (form, first) in _CORE.items():
        Dumper.add_implicit_resolver(_TAG + name, re.compile(f"(?:{form})\\Z"), ["" if c == "\0" else c for c in first])
    return Dumper


def _told(error: Any) -> str:
    return ", ".join(filter(None, (error.context, error.problem))) or "it cannot be read"


def _place(mark: Any) -> Place | None:
    return Place(mark.line + 1, mark.column + 1) if mark else None


class _Reading:
    """Turns nodes into values, and counts them: an alias counts as what it stands for."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def value(self, node: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            what = f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else f"more than {MAX_VALUES:,} values"
            raise Unreadable(f"{what}, with aliases written out", _place(node.start_mark))
        if node.tag == _TAG + "map":
            return self._mapping(node, depth)
        if node.tag == _TAG + "seq":
            return [self.value(item, depth + 1) for item in node.value]
        return _scalar(node)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if key.tag != _TAG + "str" or not isinstance(key.value, str):
                raise Unreadable("a key is a text: put it in quotes", _place(key.start_mark))
            if key.value in found:
                raise Unreadable(f"the key '{key.value}' is written twice", _place(key.start_mark))
            found[key.value] = self.value(item, depth + 1)
        return found


def _scalar(node: Any) -> Any:
    make = _SCALARS.get(node.tag.removeprefix(_TAG))
    if make is None or not isinstance(node.value, str):
        raise Unreadable(f"the tag {node.tag} means nothing here", _place(node.start_mark))
    try:
        return make(node.value)
    except (ValueError, KeyError):
        kind = node.tag.removeprefix(_TAG)
        raise Unreadable(f"{node.value!r:.60} is no {kind}", _place(node.start_mark)) from None


_SCALARS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": {"true": True, "false": False}.__getitem__,
    "null": lambda _: None,
}


def _locate(node: Any, path: Path) -> Place | None:
    mark = None
    for step in path:
        try:
            if isinstance(step, int):
                node = node.value[step]
                mark = node.start_mark
            else:
                key, node = next(pair for pair in node.value if pair[0].value == step)
                mark = key.start_mark
        except (StopIteration, IndexError, TypeError, AttributeError):
            break
    return _place(mark)
