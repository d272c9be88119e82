"""Reads operations from a resource file of the openai package: its calls of `self._get`, `_post`, `_delete` and so on.

The file is parsed, not imported. Paths are literals, f-strings (openai 1.x, 2.x) or `path_template("...")`; a list may
be asked for with POST (`_get_api_list(method="post")`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from urllib.parse import parse_qsl

from pytest_mockopenai.contract.derived.library import Source
from pytest_mockopenai.contract.derived.operation import Kind, Operation

_METHODS = {
    "_get": "GET",
    "_post": "POST",
    "_put": "PUT",
    "_patch": "PATCH",
    "_delete": "DELETE",
    "_get_api_list": "GET",
}
_PLAIN: Mapping[str, Kind] = {"NoneType": "nothing", "str": "text", "HttpxBinaryResponseContent": "binary"}
_TWINS = "\nclass Async"  # what follows says all of it again
_TRANSCRIPT = "openai.types.audio.transcription:Transcription"
"""What stands for a type that the SDK picks by `response_format` (`_create_response_format_type`)."""


@cache
def operations_of(source: Source) -> tuple[Operation, ...]:
    """The operations of a file, each once: where several methods call it, the one that is named after what it does."""
    tree = ast.parse(source.file.read_text("utf-8").partition(_TWINS)[0])
    names = dict(_imported(tree, source.module))
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], Operation] = {}
    for method, call in _calls(tree):
        operation = _operation(source, method, call, names)
        if operation is not None:
            key = operation.method, operation.path, operation.query
            known = found.get(key)
            found[key] = operation if known is None else _better(known, operation)
    return tuple(found.values())


def _better(one: Operation, other: Operation) -> Operation:
    """Of two methods that call the same operation: a list before one object of it, `create` before `parse`."""
    best = max((one, other), key=lambda each: (each.page is not None, each.name in _USUAL, each.stream is not None))
    return replace(best, stream=one.stream or other.stream, params=best.params or one.params or other.params)


_USUAL = ("create", "retrieve", "update", "list", "delete", "cancel")


def _calls(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """The calls of the transport, with the method each is in; asynchronous twins are left out."""
    for method in ast.walk(tree):
        if isinstance(method, ast.FunctionDef):
            for node in ast.walk(method):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
                    yield method, node


def _operation(source: Source, method: ast.FunctionDef, call: ast.Call, names: Mapping[str, str]) -> Operation | None:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    target = _path(call.args[0] if call.args else given.get("path"))
    if target is None:
        return None
    path, _, query = target.partition("?")
    kind, reply = _reply(given.get("cast_to") or given.get("model"), names)
    assert isinstance(call.func, ast.Attribute)
    verb = given.get("method")
    return Operation(
        method=str(verb.value).upper() if isinstance(verb, ast.Constant) else _METHODS[call.func.attr],
        path=path,
        query=tuple(parse_qsl(query)),
        resource=source.resource,
        name=method.name,
        kind=kind,
        reply=reply,
        page=_page(given.get("page")),
        stream=_event(given.get("stream_cls"), names),
        params=_params(given.get("body"), method, names),
        form="files" in given,
        always_streams=isinstance(given.get("stream"), ast.Constant) and "stream_cls" in given,
    )


def _path(node: ast.expr | None) -> str | None:
    """The path with its parameters in braces; None if it is no text that can be read here."""
    if isinstance(node, ast.Call) and node.args:
        return _path(node.args[0])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_piece(part) for part in node.values)
    return None


def _piece(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _reply(node: ast.expr | None, names: Mapping[str, str]) -> tuple[Kind, str | None]:
    """What a reply is. Types are written plainly, or as `cast(Any, X)` where X is a union."""
    if isinstance(node, ast.Call) and _last_name(node.func) == "cast":
        return _reply(node.args[-1], names)
    if isinstance(node, ast.Call):
        return "object", _TRANSCRIPT
    name = _last_name(node)
    return (_PLAIN[name], None) if name in _PLAIN else ("object", _named(node, names))


def _page(node: ast.expr | None) -> str | None:
    """`CursorPage` for `SyncCursorPage[Thing]`."""
    return _last_name(node.value if isinstance(node, ast.Subscript) else node).removeprefix("Sync") or None


def _event(node: ast.expr | None, names: Mapping[str, str]) -> str | None:
    """The type of an event: of `Stream[Event]`, also behind a cast; a class that extends Stream says it in its base."""
    if isinstance(node, ast.Call):
        return _event(node.args[-1], names)
    return _named(node.slice if isinstance(node, ast.Subscript) else node, names) if node else None


def _params(node: ast.expr | None, method: ast.FunctionDef, names: Mapping[str, str]) -> str | None:
    """The TypedDict that `maybe_transform` is given for the body, which may have been made before the call."""
    if isinstance(node, ast.Name):
        node = next((made for made in _assigned(method, node.id) if isinstance(made, ast.Call)), None)
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    type_ = node.args[1]
    if isinstance(type_, ast.IfExp):  # one for streaming, one for not; the union of both has the name without that
        named = _named(type_.body, names)
        return named.removesuffix("NonStreaming").removesuffix("Streaming") if named else None
    return _named(type_, names)


def _assigned(method: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(method):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                first = target.elts[0] if isinstance(target, ast.Tuple) else target
                if isinstance(first, ast.Name) and first.id == name:
                    yield node.value


# --- names ------------------------------------------------------------------------------------------------------------


def _imported(tree: ast.Module, module: str) -> Iterator[tuple[str, str]]:
    """What the names of a file stand for: `module:Name`, of a submodule `module`."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from ((alias.asname or alias.name, f"{base}:{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ClassDef):
            yield node.name, f"{module}:{node.name}"


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _named(node: ast.expr | None, names: Mapping[str, str]) -> str | None:
    """`module:Name` of a type that the file imports, or reaches through a module that it imports."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
        return f"{names[node.value.id].replace(':', '.')}:{node.attr}"
    return None


def _last_name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
