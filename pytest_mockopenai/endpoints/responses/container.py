"""The container that code runs in: the one that the request names, the one of the turns before, or a new one.

Forms as in openai/types/responses/tool_param.py (`CodeInterpreter`) and function_shell_tool_param.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pytest_mockopenai.core import containers
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.files import content_of, file_of
from pytest_mockopenai.core.seed import Draw

_RUNNING_CODE = {"code_interpreter": "container", "shell": "environment"}
"""The tools that run code, and what of them says where."""

TOOLS = ("code_interpreter", "hosted_shell")
"""The same tools, as they are used in a container of OpenAI's."""


def runs_code(tool: Mapping[str, Any]) -> bool:
    """Whether a tool of a request is one that runs code."""
    return tool["type"] in _RUNNING_CODE


def check(context: Context) -> None:
    """Refuse, unless the answer is scripted, containers that cannot be used and files that do not exist."""
    if context.answer is not None or context.forgiving:
        return
    for tool in filter(runs_code, context.body.get("tools") or ()):
        id_ = _named(tool)
        if id_ is not None:
            containers.used(context, id_)
        for file_id in _configured(tool).get("file_ids") or ():
            file_of(context, file_id)


def container_of(context: Context, tool: Mapping[str, Any], items: Sequence[JSON], serial: Draw) -> str:
    """The id of the container that this use of a tool runs in, which is used now; `items` are the turns before."""
    id_ = _named(tool)
    if id_ is not None:  # a scripted use may be in one that the mock does not have
        with suppress(Refused):
            containers.used(context, id_)
        return id_
    for earlier in _earlier(items):
        with suppress(Refused):
            return str(containers.used(context, earlier)["container"]["id"])
    return _new(context, _configured(tool), serial)


def _new(context: Context, configured: Mapping[str, Any], serial: Draw) -> str:
    id_ = str(containers.keep(context, serial, memory_limit=configured.get("memory_limit"))["container"]["id"])
    for file_id in configured.get("file_ids") or ():
        with suppress(Refused):
            name, data = file_of(context, file_id)["filename"], content_of(context, file_id)
            containers.add_file(context, id_, serial.child(f"copy of {file_id}"), name, data, source="user")
    return id_


def _earlier(items: Iterable[JSON]) -> Iterator[str]:
    """The containers of the turns before, the last one first."""
    for item in reversed(list(items)):
        id_ = item.get("container_id") or (item.get("environment") or {}).get("container_id")
        if id_:
            yield str(id_)


def _named(tool: Mapping[str, Any]) -> str | None:
    """The id of the container that the request names, if it does."""
    given = tool.get(_RUNNING_CODE.get(tool.get("type", ""), ""))
    return given if isinstance(given, str) else (given or {}).get("container_id")


def _configured(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the request wants a container to be made."""
    given = tool.get(_RUNNING_CODE.get(tool.get("type", ""), ""))
    return given if isinstance(given, Mapping) else {}
