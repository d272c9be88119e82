"""The script in Redis: one sequence for all workers, and a change by one of them reaches the others.

The rules are kept as they were written, with how many words of each are used up. Each take and each change gives the
script another revision; a worker that knows an older one looks again before it takes. Counting a request tells the
revision, so looking costs nothing while nothing changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

from pytest_mockopenai.core.script import Rule, Script
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.standalone.shared.link import Link
from pytest_mockopenai.standalone.shared.scripts import Lua
from pytest_mockopenai.standalone.shared.written import read, written_script
from pytest_mockopenai.state import SEEN, Mark, Taking


@dataclass(frozen=True, slots=True)
class View:
    """The script as it was at one revision: the `rules` of a version, how many words of each are `used`, what is left.

    `marks` are those of changes that stand.
    """

    revision: str = ""
    version: str = ""
    rules: Script = field(default_factory=Script)
    used: Mapping[int, int] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    left: Script = field(default_factory=Script)


class RedisScript:
    """The script, and the counts of requests. Safe to use from many threads."""

    def __init__(self, link: Link, remembered: int = SEEN) -> None:
        self._link = link
        self._remembered = remembered
        self._view = View()
        self._told = threading.local()
        self._keys = link.key("script"), link.key("rules")
        self._seen_keys = link.key("seen"), link.key("seen", "old"), *self._keys

    def seen(self, key: int) -> int:
        """How often this request has been counted, this time included."""
        count, revision = self._link.run(Lua.SEEN, self._seen_keys, key, self._remembered, self._link.ttl)
        self._told.revision = revision.decode()
        return int(count)

    def take(self, taking: Taking) -> Word | None:
        """The word for the request that this thread counted last."""
        view = self._view
        if view.revision != getattr(self._told, "revision", None):
            view = self.look()
        while True:
            word, after = taking(view.left)
            rule = _used_rule(view.left, after)
            if rule is None or self._took(view, rule, after):
                return word
            view = self.look()

    def _took(self, view: View, rule: int, after: Script) -> bool:
        revision = _new_name()
        if not self._link.run(Lua.TAKE, self._keys[:1], view.revision, revision, rule):
            return False
        used = {**view.used, rule: view.used.get(rule, 0) + 1}
        self._view = replace(view, revision=revision, used=used, left=after)
        return True

    def look(self) -> View:
        """The script as it is now."""
        while True:
            known = self._view
            pairs, text = self._link.run(Lua.VIEW, self._keys, known.version)
            if pairs or not known.revision:
                break
            self._put(known, "")  # Redis has lost it: all is as this worker knows it, or as one knows that was faster
        told = dict(zip(*[iter(each.decode() for each in pairs)] * 2, strict=True))
        rules = read(Script, text) if text else known.rules
        self._view = view = _viewed(told, rules) if told else View()
        return view

    def change(self, change: Callable[[Script], Script], mark: Mark | None = None) -> None:
        """Put the changed script in the place of the present one, unless this mark stands already.

        Raises `CannotCross` for a rule with `where=`.
        """
        while True:
            view = self.look()
            if mark and view.marks.get(mark[0]) == mark[1]:
                return
            changed, revision = change(view.left), _new_name()
            marks = {**view.marks, **dict([mark] if mark else [])}
            if self._put(View(revision, revision, changed, {}, marks, changed), view.revision):
                return

    def _put(self, view: View, known: str) -> bool:
        """Write it, if the revision is still the known one; returns whether it was."""
        told = {"revision": view.revision, "version": view.version}
        told |= {f"used:{number}": str(count) for number, count in view.used.items()}
        told |= {f"mark:{name}": value for name, value in view.marks.items()}
        pairs = (text for pair in told.items() for text in pair)
        text = written_script(view.rules)
        return bool(self._link.run(Lua.CHANGE, self._keys, known, text, self._link.ttl, *pairs))


def _viewed(told: Mapping[str, str], rules: Script) -> View:
    used = {int(name[5:]): int(count) for name, count in told.items() if name.startswith("used:")}
    marks = {name[5:]: value for name, value in told.items() if name.startswith("mark:")}
    left = tuple(_without(rule, used.get(rule.number, 0)) for rule in rules.rules)
    return View(told["revision"], told["version"], rules, used, marks, replace(rules, rules=left))


def _without(rule: Rule, used: int) -> Rule:
    """The rule without so many of its next words."""
    words = rule.words
    while words and used >= words[0].count:
        used -= words[0].count
        words = words[1:]
    if used and words:
        words = (replace(words[0], count=words[0].count - used), *words[1:])
    return rule if words is rule.words else replace(rule, words=words)


def _used_rule(before: Script, after: Script) -> int | None:
    """The number of the rule whose next word was taken."""
    if after is before:
        return None
    pairs = zip(before.rules, after.rules, strict=True)
    return next((old.number for old, new in pairs if old is not new), None)


def _new_name() -> str:
    return uuid4().hex
