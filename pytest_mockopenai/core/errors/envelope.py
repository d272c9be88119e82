"""OpenAI's error envelope as a value, and the exception that answers a request with one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_mockopenai.core.wire import Headers

INVALID = "invalid_request_error"
HELP = "help.openai.com"
"""Where OpenAI's messages send people for help."""


@dataclass(frozen=True, slots=True)
class Error:
    """An error reply: HTTP `status` and the four keys of OpenAI's envelope, with the headers it brings along.

    `retry_after` is in seconds. In `message`, `{model}` and `{request_id}` stand for those of the request (`filled`).
    """

    status: int
    message: str
    type: str = INVALID
    param: str | None = None
    code: str | None = None
    headers: Headers = ()
    retry_after: float | None = None

    def envelope(self) -> dict[str, dict[str, str | None]]:
        """The JSON body: `{"error": {"message", "type", "param", "code"}}`."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def filled(self, *, model: str, request_id: str) -> Error:
        """The same error with the placeholders of its message filled in."""
        message = self.message.replace("{model}", model).replace("{request_id}", request_id)
        return replace(self, message=message)

    def with_headers(self, *headers: tuple[str, str]) -> Error:
        """The same error with more headers."""
        return replace(self, headers=self.headers + headers)


class Refused(Exception):
    """Raised anywhere below the app to answer a request with an `Error`."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error
