"""A mock of OpenAI's HTTP API, for tests and for gateways. Importing it loads nothing heavy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mockopenai.calls import Calls
    from pytest_mockopenai.core.usage import Usage
    from pytest_mockopenai.core.word import BadWord, Word
    from pytest_mockopenai.core.words import (
        bad_request,
        built_in_call,
        content_filtered,
        context_length_exceeded,
        custom_tool_call,
        cut,
        draws,
        embeds,
        error,
        error_event,
        fails,
        flags,
        hang,
        malformed,
        no_done,
        not_found,
        overloaded,
        permission_denied,
        quota_exceeded,
        rate_limit,
        raw_tool_call,
        refuses,
        reset,
        says,
        says_json,
        server_error,
        short_body,
        slow,
        stall,
        thinks,
        tool_call,
        unauthorized,
        usage,
    )
    from pytest_mockopenai.mock import MockOpenAI, Unmet
    from pytest_mockopenai.recorder import Call
    from pytest_mockopenai.verdict import Finding, Verdict

__version__ = "0.1.0"

__all__ = [
    "BadWord",
    "Call",
    "Calls",
    "Finding",
    "MockOpenAI",
    "Unmet",
    "Usage",
    "Verdict",
    "Word",
    "__version__",
    "bad_request",
    "built_in_call",
    "content_filtered",
    "context_length_exceeded",
    "custom_tool_call",
    "cut",
    "draws",
    "embeds",
    "error",
    "error_event",
    "fails",
    "flags",
    "hang",
    "malformed",
    "no_done",
    "not_found",
    "overloaded",
    "permission_denied",
    "quota_exceeded",
    "rate_limit",
    "raw_tool_call",
    "refuses",
    "reset",
    "says",
    "says_json",
    "server_error",
    "short_body",
    "slow",
    "stall",
    "thinks",
    "tool_call",
    "unauthorized",
    "usage",
]

_HOMES = {
    "BadWord": "core.word",
    "Call": "recorder",
    "Calls": "calls",
    "Finding": "verdict",
    "MockOpenAI": "mock",
    "Unmet": "mock",
    "Usage": "core.usage",
    "Verdict": "verdict",
    "Word": "core.word",
}
_WORDS = "core.words"  # where all other names are

if not TYPE_CHECKING:  # a type checker shall know the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES.get(name, _WORDS)}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
