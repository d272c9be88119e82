"""From calls to a verdict: the calls grouped into works, and every rule tried on each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict.rules import KINDS, RULES, Finding, storm_of_all, unjudged
from pytest_mockopenai.verdict.standard import Standard, Terms, standard_of
from pytest_mockopenai.verdict.work import Work, arrival, works_of

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a client behaved: what is wrong, if anything.

    `requests` is how many things the client wanted done, `retried` how many of them it tried more than once, `calls`
    how many calls that were. `notes` say what could not be judged.
    """

    findings: tuple[Finding, ...]
    requests: int
    retried: int
    calls: int
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __str__(self) -> str:
        lines = [f"  {line}" for line in (*map(str, self.findings), *(f"note: {note}" for note in self.notes))]
        return "\n".join([f"{self.headline}{':' if lines else '.'}", *lines])

    @property
    def headline(self) -> str:
        """The verdict in one line, without its end."""
        of = f"{_count(self.calls, 'call')} for {_count(self.requests, 'request')}, {self.retried} tried again"
        return f"{_count(len(self.findings), 'finding') if self.findings else 'No finding'} in {of}"


def judge(calls: Iterable[Call], **terms: Unpack[Terms]) -> Verdict:
    """Judge the calls by a `Standard` with these terms; the calls may be those of a mock elsewhere.

    Raises TypeError or ValueError for wrong terms, and nothing for any calls.
    """
    standard = standard_of(terms, KINDS)
    judged = tuple(calls)
    works = works_of(judged, standard)
    tried = [name for name in RULES if name not in standard.ignore]
    found = [finding for work in works for name in tried if (finding := RULES[name](work, standard)) is not None]
    together = storm_of_all(_in_turn(works), standard) if "storm" in tried else None
    retried = sum(len(work.attempts) > 1 for work in works)
    findings = (*found, *([together] if together else []))
    return Verdict(findings, len(works), retried, len(judged), tuple(_notes(works, standard)))


def _in_turn(works: Iterable[Work]) -> list[Call]:
    return sorted((call for work in works for call in (*work.attempts, *work.repeats)), key=arrival)


def _notes(works: Iterable[Work], standard: Standard) -> Iterable[str]:
    short = [call for work in works for call in unjudged(work, standard)]
    if short and "retry_after_ignored" not in standard.ignore:
        names = ", ".join(f"calls[{call.index}]" for call in short[:3]) + (", ..." if len(short) > 3 else "")
        yield (
            f"whether the client waits is not judged after {names}: the waits sent are too short to see; "
            "the option retry_waits=50 sends longer ones"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
