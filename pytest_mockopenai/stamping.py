"""What a reply is marked with: ids that no other reply has, and the headers that say how it came about."""

from __future__ import annotations

from pytest_mockopenai.core import handle, headers, scenario
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.pace import Rendered
from pytest_mockopenai.core.seed import Draw, draw_for
from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.exchange import Attempt
from pytest_mockopenai.reading import count_key
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.state import State

_DERIVED = ("x-mock-contract", "derived")
"""The header of a reply that is derived from the installed SDK."""


class Stamp:
    """Marks the replies of one app under some settings."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings = settings
        self._state = state

    def serial(self, attempt: Attempt) -> Draw:
        """A draw of its own for each repetition of a request, so that ids are unique within a run.

        A request that was refused before it was read counts as a repetition of its target.
        """
        if attempt.serial is None:
            target = attempt.request.target.encode("utf-8", "surrogatepass")
            attempt.serial = draw_for(self._settings.seed, target, self._state.seen(count_key(target)))
        return attempt.serial

    def request_id(self, attempt: Attempt) -> str:
        """The `x-request-id`, the same for one attempt however often it is asked for."""
        attempt.request_id = attempt.request_id or headers.request_id(self.serial(attempt))
        return attempt.request_id

    def standard_headers(self, attempt: Attempt) -> Headers:
        """What OpenAI says with every reply, and what the mock does."""
        tokens = attempt.usage.total_tokens if attempt.usage else 0
        standard = headers.standard(self.request_id(attempt), tokens)
        if attempt.admission:
            standard = headers.merged(standard, attempt.admission.headers)
        return (*standard, *self.own_headers(attempt))

    def own_headers(self, attempt: Attempt) -> Headers:
        """What the mock itself has to say."""
        told = scenario.told(attempt.word, attempt.source, attempt.usage)
        if attempt.endpoint is not None and attempt.endpoint.contract == "derived":
            told = (*told, _DERIVED)
        closes = not self._settings.keep_alive and attempt.heading.is_sdk
        return (*told, ("connection", "close")) if closes else told

    def error_reply(self, attempt: Attempt, error: Error) -> Rendered:
        """The error in OpenAI's envelope."""
        return handle.rendered_error(error, self.standard_headers(attempt), self._settings.retry_waits)
