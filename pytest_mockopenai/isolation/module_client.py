"""The client behind `openai.chat.completions.create(...)` while on, and the module's settings after."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["ModuleClient", "module_client"]

_SETTINGS = (
    "_client",
    "_bedrock_api_key",
    "admin_api_key",
    "api_key",
    "api_type",
    "api_version",
    "azure_ad_token",
    "azure_endpoint",
    "base_url",
    "default_headers",
    "default_query",
    "http_client",
    "max_retries",
    "organization",
    "project",
    "timeout",
    "webhook_secret",
)
"""What building the module's client writes into `openai` (`_load_client`, the setters of `_ModuleClient`)."""

_READ_ON_IMPORT = {"api_version": "OPENAI_API_VERSION", "azure_endpoint": "AZURE_OPENAI_ENDPOINT"}

Environment = Mapping[str, str | None]


class ModuleClient:
    """Settings of the module `openai` as they were; `before` is the environment without the mock's variables.

    The mock's environment has a key for OpenAI and one for Azure. The SDK refuses to choose between them for
    its module-level client ("Ambiguous use of module client"), so the choice is made as it would have been
    without the mock.
    """

    __slots__ = ("_before", "_module", "_saved")

    def __init__(self, before: Environment) -> None:
        self._before = before
        self._module: Any = None
        self._saved: dict[str, Any] = {}

    def take(self) -> None:
        """Remember the settings and choose the kind of client; once, and only if openai is imported."""
        module: Any = sys.modules.get("openai")
        if module is None or self._module is not None or not hasattr(module, "_load_client"):
            return
        self._module = module
        self._saved = {name: vars(module)[name] for name in _SETTINGS if name in vars(module)}
        if module._client is None and module.api_type is None:
            module.api_type = self._kind()

    def take_imported(self) -> None:
        """The same for an openai that was imported just now, and so read the mock's environment."""
        for name, variable in _READ_ON_IMPORT.items():
            setattr(sys.modules["openai"], name, self._before.get(variable))
        self.take()

    def put_back(self) -> None:
        """Forget a client that was built since, with all it wrote; one that was there before stays."""
        if self._module is None or self._saved["_client"] is not None:
            return
        for name, value in self._saved.items():
            setattr(self._module, name, value)

    def _kind(self) -> str:
        azure = (
            self._before.get("AZURE_OPENAI_API_KEY")
            or self._before.get("AZURE_OPENAI_ENDPOINT")
            or self._module.azure_endpoint
        )
        return "azure" if azure and not self._before.get("OPENAI_API_KEY") else "openai"


@contextmanager
def module_client(before: Environment) -> Iterator[ModuleClient]:
    """Let `openai`'s module-level client be built for the mock, and leave the module as it was."""
    client = ModuleClient(before)
    client.take()
    try:
        yield client
    finally:
        client.put_back()
