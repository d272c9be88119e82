"""Rules: when a call is like this, answer with these words in order. A script is a value: taking makes a new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from pytest_mockopenai.core.headers import SECRET
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.core.wording import masked


@dataclass(frozen=True, slots=True)
class Miss:
    """Why one condition of a rule did not hold; a secret that a header holds is masked in `got`."""

    condition: str
    wanted: object
    got: object


@dataclass(frozen=True)
class When:
    """The conditions of a rule; all that are given must hold.

    `model`: name or pattern (`gpt-4o*`). `endpoint`: the SDK's resource (`chat.completions`, `embeddings`) or its first
    part (`chat`). `contains`: text in the last user message. `matches`: regular expression found in it. `tool`: name of
    a tool that the request offers. `turn`: 1 for a conversation without an assistant message, 2 with one, ...
    `header`: names and values of request headers. `where`: a function of the `Inquiry`.
    """

    model: str | None = None
    endpoint: str | None = None
    contains: str | None = None
    matches: str | None = None
    tool: str | None = None
    turn: int | None = None
    header: tuple[tuple[str, str], ...] | None = None
    where: Callable[[Inquiry], object] | None = None

    def misses(self, inquiry: Inquiry) -> list[Miss]:
        """The conditions that do not hold for this call; empty if the rule applies."""
        return [miss for name, wanted in self.given if (miss := _TESTS[name](wanted, inquiry)) is not None]

    @cached_property
    def given(self) -> tuple[tuple[str, Any], ...]:
        """The conditions that were given, as names and values."""
        return tuple((name, value) for name in _TESTS if (value := getattr(self, name)) is not None)

    def __str__(self) -> str:
        return ", ".join(f"{name}={_shown(value)}" for name, value in self.given) or "any call"


def _shown(value: Any) -> str:
    """A condition's value as a test writes it: a function's name, headers as a dict."""
    return getattr(value, "__name__", None) or repr(dict(value) if isinstance(value, tuple) else value)


def _model(wanted: str, inquiry: Inquiry) -> Miss | None:
    same = inquiry.model == wanted or fnmatchcase(inquiry.model, wanted)
    return None if same else Miss("model", wanted, inquiry.model)


def _endpoint(wanted: str, inquiry: Inquiry) -> Miss | None:
    return None if is_endpoint(inquiry.endpoint, wanted) else Miss("endpoint", wanted, inquiry.endpoint)


def _contains(wanted: str, inquiry: Inquiry) -> Miss | None:
    return None if wanted in inquiry.last_message else Miss("contains", wanted, inquiry.last_message)


def _matches(wanted: str, inquiry: Inquiry) -> Miss | None:
    return None if re.search(wanted, inquiry.last_message) else Miss("matches", wanted, inquiry.last_message)


def _tool(wanted: str, inquiry: Inquiry) -> Miss | None:
    return None if wanted in inquiry.tools else Miss("tool", wanted, inquiry.tools)


def _turn(wanted: int, inquiry: Inquiry) -> Miss | None:
    return None if inquiry.turn == wanted else Miss("turn", wanted, inquiry.turn)


def _header(wanted: tuple[tuple[str, str], ...], inquiry: Inquiry) -> Miss | None:
    for name, value in wanted:
        got = inquiry.header(name)
        if got != value:
            return Miss(f"header {name}", value, masked(got) if got and name.lower() in SECRET else got)
    return None


def _where(wanted: Callable[[Inquiry], object], inquiry: Inquiry) -> Miss | None:
    return None if wanted(inquiry) else Miss("where", _shown(wanted), "not true")


_TESTS: dict[str, Callable[[Any, Inquiry], Miss | None]] = {
    "model": _model,
    "endpoint": _endpoint,
    "contains": _contains,
    "matches": _matches,
    "tool": _tool,
    "turn": _turn,
    "header": _header,
    "where": _where,
}


def is_endpoint(name: str, wanted: str) -> bool:
    """Whether `wanted` names the endpoint: its resource, or the resource's first part."""
    return name == wanted or name.startswith(f"{wanted}.")


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition, the words still to be used, in order, and the word that stands when they are (if any).

    `number` tells rules apart. `group` names those that came together and are replaced together, as the rules of stubs
    files are; it is empty for rules that are written one by one.
    """

    number: int
    when: When
    words: tuple[Word, ...] = ()
    standing: Word | None = None
    group: str = ""

    @property
    def next(self) -> Word | None:
        """The word that the next call gets, or None if the rule is used up."""
        return self.words[0] if self.words else self.standing

    def used(self) -> Rule:
        """The rule after its next word was taken."""
        if not self.words:
            return self
        first, *rest = self.words
        again = (replace(first, count=first.count - 1),) if first.count > 1 else ()
        return replace(self, words=(*again, *rest))


@dataclass(frozen=True)
class Script:
    """All rules, oldest first; they are tried newest first. `made` is how many there were ever."""

    rules: tuple[Rule, ...] = ()
    made: int = 0

    def adding(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> Script:
        """The script with more words for a condition: one condition has one rule, further words continue it."""
        known = next((rule for rule in self.rules if rule.when == when and not rule.group), None)
        if known is None:
            return Script((*self.rules, Rule(self.made + 1, when, tuple(words), standing)), self.made + 1)
        longer = replace(known, words=(*known.words, *words), standing=standing or known.standing)
        return self._with(longer)

    def replacing(self, group: str, rules: Iterable[Rule]) -> Script:
        """The script with these rules, in the order in which they are tried, in the place of the group's.

        They are the oldest of all: what is written one by one wins over them. One condition may have several.
        """
        kept = tuple(rule for rule in self.rules if rule.group != group)
        numbered = [replace(rule, number=self.made + n, group=group) for n, rule in enumerate(rules, 1)]
        return Script((*reversed(numbered), *kept), self.made + len(numbered))

    def without(self, number: int) -> Script:
        """The script without this rule."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule.number != number))

    def take(self, inquiry: Inquiry, kinds: frozenset[str], *, named_only: bool = False) -> tuple[Word | None, Script]:
        """The word for this call and the script after it; no word if no rule applies.

        `kinds` are the kinds of answer that the endpoint can say; a rule whose next word says something else is passed
        over, so an embeddings call does not eat the text that a chat call is to get. `named_only` passes over every
        rule that does not name this very resource.
        """
        for rule in reversed(self.rules):
            word = rule.next
            if named_only and rule.when.endpoint != inquiry.endpoint:
                continue
            if word is not None and fits(word, kinds) and not rule.when.misses(inquiry):
                taken = word if word.count == 1 else replace(word, count=1)
                return taken, self if word is rule.standing and not rule.words else self._with(rule.used())
        return None, self

    @cached_property
    def looks_further(self) -> bool:
        """Whether a rule looks at more of a request than its body: at headers, or by a function at what it likes."""
        return any(rule.when.header is not None or rule.when.where is not None for rule in self.rules)

    def unused(self) -> list[tuple[Rule, Word]]:
        """The words that no call has taken, with their rules; words that stand and a group's are never unused."""
        return [(rule, word) for rule in self.rules if not rule.group for word in rule.words]

    def nearest(self, inquiry: Inquiry) -> tuple[Rule, list[Miss]] | None:
        """The rule that came closest to this call (of equals the newest), still having a word, and what it missed."""
        missed = [(rule, rule.when.misses(inquiry)) for rule in reversed(self.rules) if rule.next is not None]
        return min(missed, key=lambda pair: len(pair[1]), default=None)

    def _with(self, changed: Rule) -> Script:
        rules = tuple(changed if rule.number == changed.number else rule for rule in self.rules)
        return replace(self, rules=rules)


def fits(word: Word, kinds: frozenset[str]) -> bool:
    """Whether an endpoint that can say these kinds of answer can play the word."""
    return word.answer is None or word.answer.kind is None or word.answer.kind in kinds
