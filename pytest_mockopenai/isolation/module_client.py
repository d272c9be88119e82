"""The client behind `openai.chat.completions.create(...)` while on, and the module's settings after."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .late import on_import

__all__ = ["ModuleClient", "module_client"]

_SETTINGS = (
    "api_key",
    "api_type",
    "api_version",
    "azure_endpoint",
    "default_headers",
    "default_query",
    "http_client",
)
"""What building the module's client writes into `openai` (`_load_client`, the setters of `_ModuleClient`)."""

_READ_ON_IMPORT = {"api_version": "OPENAI_API_VERSION", "azure_endpoint": "AZURE_OPENAI_ENDPOINT"}
_BUILT_HTTP_CLIENT = "SyncHttpxClientWrapper"  # the SDK's name of the one it makes when it is given none


class ModuleClient:
    """Settings of the module `openai` as they were; `env` are the mock's variables, `before` what they were.

    The mock's environment has a key for OpenAI and one for Azure. The SDK refuses to choose between them for
    its module-level client ("Ambiguous use of module client"), so the choice is made as it would have been
    without the mock.
    """

    __slots__ = ("_before", "_module", "_ours", "_saved")

    def __init__(self, env: Mapping[str, str], before: Mapping[str, str | None]) -> None:
        self._before = before
        self._ours: set[str] = set(env.values())
        self._module: Any = None
        self._saved: dict[str, Any] = {}

    def take(self) -> None:
        """Remember the settings and choose the kind of client, if openai is imported and has none yet."""
        module: Any = sys.modules.get("openai")
        if self._module is not None or not callable(getattr(module, "__dict__", {}).get("_load_client")):
            return
        if module._client is None:
            self._module = module
            self._saved = {name: vars(module)[name] for name in _SETTINGS}
            self._choose()

    def take_imported(self) -> None:
        """The same for an openai that was imported just now, and so read the mock's environment."""
        for name, variable in _READ_ON_IMPORT.items():
            setattr(sys.modules["openai"], name, self._before.get(variable))
        self.take()

    def put_back(self) -> None:
        """Forget a client built since, and what of the mock it wrote; what the application set stays."""
        if self._module is None:
            return
        self._module._client = None
        for name, value in self._saved.items():
            if self._is_ours(getattr(self._module, name)):
                setattr(self._module, name, value)

    def _choose(self) -> None:
        if self._module.api_type is None:
            self._module.api_type = "azure" if self._is_azure() else "openai"
            self._ours.add(self._module.api_type)

    def _is_azure(self) -> bool:
        configured = map(self._before.get, ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"))
        return any((*configured, self._module.azure_endpoint)) and not self._before.get("OPENAI_API_KEY")

    def _is_ours(self, value: Any) -> bool:
        if isinstance(value, str):
            return value in self._ours
        if isinstance(value, dict):  # empty, or Azure's {"api-version": ...}
            return all(map(self._is_ours, value.values()))
        return type(value).__name__ == _BUILT_HTTP_CLIENT


@contextmanager
def module_client(env: Mapping[str, str], before: Mapping[str, str | None]) -> Iterator[ModuleClient]:
    """Let `openai`'s module-level client be built for the mock, and leave the module as it was."""
    client = ModuleClient(env, before)
    client.take()
    try:
        with on_import(("openai",), client.take_imported):
            yield client
    finally:
        client.put_back()
