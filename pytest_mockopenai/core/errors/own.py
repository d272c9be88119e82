"""The mock's own errors, which OpenAI would never send."""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import Error

MOCK = "mock_error"
"""The `type` of errors that OpenAI would never send: the test or the mock is at fault, and retrying is no use."""

_NO_RETRY = ("x-should-retry", "false")  # the SDKs obey it


def unscripted(headline: str) -> Error:
    """400: a strict mock got a call that no rule answers."""
    return Error(400, headline, type=MOCK, code="unscripted_call", headers=(_NO_RETRY,))


def script_mistake(message: str, *, param: str | None = None) -> Error:
    """400: a scripted word cannot be played on this call."""
    return Error(400, message, type=MOCK, param=param, code="script_mistake", headers=(_NO_RETRY,))


def our_bug(exception: BaseException) -> Error:
    """500: the mock itself, or a function of the test's that it called, failed."""
    name = type(exception).__name__
    return Error(500, f"pytest-mockopenai failed: {name}: {exception}", type=MOCK, code=name, headers=(_NO_RETRY,))


def state_unavailable(where: str, why: str) -> Error:
    """503: the store that mocks share what they keep in cannot be reached; it may be back soon."""
    message = f"pytest-mockopenai cannot reach its shared store ({where}): {why}. It goes on as soon as the store does."
    return Error(
        503, message, type=MOCK, code="state_unavailable", headers=(("x-should-retry", "true"),), retry_after=1.0
    )


def no_room(limit: int) -> Error:
    """400: the files that a mock keeps may not be larger together."""
    message = f"pytest-mockopenai keeps at most {limit} bytes of files and media: delete some."
    return Error(400, message, type=MOCK, code="no_room", headers=(_NO_RETRY,))


def not_derivable(method: str, path: str, why: str) -> Error:
    """501: the installed openai package has this operation, but not in a form from which a reply can be made."""
    message = f"pytest-mockopenai cannot derive a reply to {method} {path} from the installed package openai: {why}"
    return Error(501, message, type=MOCK, code="not_derivable", headers=(_NO_RETRY,))


def no_websockets() -> Error:
    """501: the package that speaks WebSocket is not installed."""
    message = (
        "pytest-mockopenai speaks WebSocket with the package 'websockets', which is not installed. "
        "Run: pip install 'pytest-mockopenai[realtime]'"
    )
    return Error(501, message, type=MOCK, code="websockets_missing", headers=(_NO_RETRY,))


def unrecorded(headline: str) -> Error:
    """400: no recording answers the call."""
    return Error(400, headline, type=MOCK, code="unrecorded_call", headers=(_NO_RETRY,))


def upstream_unreachable(why: str) -> Error:
    """502: what was to be recorded could not be asked for."""
    return Error(
        502, f"pytest-mockopenai records, but {why}", type=MOCK, code="upstream_unreachable", headers=(_NO_RETRY,)
    )
