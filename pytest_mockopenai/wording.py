"""Which word a call is answered with, and who says it."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mockopenai import explain
from pytest_mockopenai.core import errors, scenario
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Endpoint
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.script import Script
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.exchange import NOTHING, Attempt
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.stamping import Stamp
from pytest_mockopenai.state import State

_FAILURE = frozenset({"failure"})
"""What an endpoint can say of which nothing else can be scripted: it needs no script."""


class Wording:
    """Finds the words of an app's calls under some settings: the header's, the script's, those of chaos."""

    def __init__(
        self, settings: Settings, state: State, stamp: Stamp, note: Callable[[str], object], *, recorded: bool
    ) -> None:
        """`note` is told of a call that a strict mock refuses; `recorded`: recordings answer what no script does."""
        self._settings = settings
        self._state = state
        self._stamp = stamp
        self._note = note
        self._recorded = recorded

    def asked(self, attempt: Attempt) -> Word | None:
        """The word that the request asks for itself."""
        return scenario.asked(attempt.heading.scenario) if self._settings.scenario_header else None

    def word(self, attempt: Attempt, endpoint: Endpoint) -> tuple[Word, Source]:
        """The word for this call and where it is from; without one a deck answers, or it is made up; not if strict."""
        asked = None if endpoint.named_only else self.asked(attempt)
        if asked is not None:
            return scenario.checked(asked, endpoint), "header"
        inquiry = attempt.asked
        word, attempt.stands = self._take(inquiry, endpoint)
        if word is None:
            self.check_strict(attempt, endpoint)
        chaos = self._settings.chaos
        strikes = chaos is not None and attempt.stands
        struck = chaos.strike(self._stamp.serial(attempt), word, endpoint.kinds) if chaos and strikes else None
        if struck is not None and not endpoint.named_only:
            return struck, "chaos"
        return (NOTHING, "default") if word is None else (word, "rule")

    def check_strict(self, attempt: Attempt, endpoint: Endpoint) -> None:
        """Refuse to make up an answer, if the mock is strict; raises `Refused`.

        Recordings answer all but what is said in dialogues.
        """
        derived = endpoint.contract == "derived"
        if not self._settings.strict or (self._recorded and attempt.request.method != IN_DIALOGUE):
            return
        if endpoint.named_only or not (endpoint.kinds - _FAILURE or derived):
            return
        inquiry = attempt.asked
        kinds = endpoint.kinds
        explained = (
            explain.unscripted_derived(inquiry) if derived else explain.unscripted(inquiry, self._state.script, kinds)
        )
        self._note(explained)
        raise Refused(errors.unscripted(explain.unscripted_headline(inquiry)))

    def _take(self, inquiry: Inquiry, endpoint: Endpoint) -> tuple[Word | None, bool]:
        """The word that the script has for a call, and whether it stands: it does not end with this call."""
        kinds, named_only = endpoint.kinds, endpoint.named_only
        stands = True

        def taking(script: Script) -> tuple[Word | None, Script]:
            nonlocal stands
            word, after = script.take(inquiry, kinds, named_only=named_only)
            stands = after is script
            return word, after

        return self._state.take(taking), stands
