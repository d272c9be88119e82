"""The text of every failure: headline, what was seen, what was expected as a diff, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import Miss, Rule, Script
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Call

_SHOWN_CALLS = 20
_SHOWN_TEXT = 300


def shortened(text: str, limit: int = _SHOWN_TEXT) -> str:
    """A text on one line, cut at `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


# --- one call that went wrong -----------------------------------------------------------------------------------------


def unscripted_headline(inquiry: Inquiry) -> str:
    """The first sentence, which the client gets too."""
    return f"No scripted reply for {_call_line(inquiry)}; the mock is strict, so it makes none up."


def unscripted(inquiry: Inquiry, script: Script, kinds: frozenset[str]) -> str:
    """A strict mock got a call that no rule answers."""
    return _report(
        unscripted_headline(inquiry),
        seen=_seen(inquiry),
        expected=_nearest(inquiry, script, kinds),
        fix=(
            "script it: mock_openai.when(...).reply(...), or mock_openai.when(...).always(says()) for a made-up answer",
            "or let the mock make answers up: strict=False",
        ),
    )


def _nearest(inquiry: Inquiry, script: Script, kinds: frozenset[str]) -> list[str]:
    if not script.rules:
        return ["No reply is scripted at all."]
    nearest = script.nearest(inquiry)
    if nearest is None:
        return [f"All replies of {_count(len(script.rules), 'rule')} are used up."]
    rule, misses = nearest
    if misses:
        return [f"Nearest rule: {_rule_line(rule)}", *(line for miss in misses for line in _diff(miss))]
    return [
        f"Nearest rule: {_rule_line(rule)}",
        f"  its next reply, {rule.next}, is not something that {inquiry.endpoint} can say ({', '.join(sorted(kinds))})",
    ]


def _diff(miss: Miss) -> list[str]:
    return [
        f"  {miss.condition} differs:",
        f"    - {shortened(repr(miss.wanted))}",
        f"    + {shortened(repr(miss.got))}",
    ]


def bug(inquiry: Inquiry, trace: str) -> str:
    """The mock, or a function of the test's that it called, raised."""
    return _report(
        f"The mock failed while it answered {_call_line(inquiry)}.",
        seen=trace.rstrip().splitlines(),
        fix=("if the traceback ends in your own where= function, mend that; else please report it as a bug",),
    )


def mistake(inquiry: Inquiry, word: Word, message: str) -> str:
    """A scripted word could not be played on a call."""
    return _report(
        f"The scripted reply {word} cannot be played on {_call_line(inquiry)}.", seen=_seen(inquiry), expected=[message]
    )


# --- the whole test ---------------------------------------------------------------------------------------------------


def unused(left: Sequence[tuple[Rule, Word]], calls: Sequence[Call]) -> str:
    """Scripted replies that no call has asked for."""
    return _report(
        f"{_count(len(left), 'scripted reply', 'scripted replies')} never asked for.",
        expected=[f"{word} for {_rule_line(rule)}" for rule, word in left[:_SHOWN_CALLS]],
        seen=calls_table(calls) or ["No call reached the mock."],
        fix=(
            "make the call that is missing, or take the reply out",
            "a reply that may be used or not: mock_openai.always(...), or when(...).always(...)",
        ),
    )


def over_budget(name: str, limit: float, got: float, call: Call | None, calls: Sequence[Call]) -> str:
    """A budget of the test was exceeded."""
    passed = f" Call {call.index} went over it." if call else ""
    return _report(
        f"{name}={limit:g} is exceeded by {got - limit:g}: the test used {got:g}.{passed}",
        seen=calls_table(calls),
        fix=(f"raise {name}, or make the test call less",),
    )


def calls_table(calls: Sequence[Call]) -> list[str]:
    """One line for each call; the middle of a long list is left out."""
    if len(calls) <= _SHOWN_CALLS:
        return [call_line(call) for call in calls]
    half = _SHOWN_CALLS // 2
    left_out = len(calls) - 2 * half
    return [
        *(call_line(call) for call in calls[:half]),
        f"... {left_out} more ...",
        *(call_line(call) for call in calls[-half:]),
    ]


def call_line(call: Call) -> str:
    """A call on one line: index, request, model, status, tokens, what was played, how it ended."""
    parts = [f"[{call.index}] {call.method} {call.path}", call.model, str(call.status)]
    if call.stream:
        parts.append("stream")
    if call.usage:
        parts.append(f"{tokens_text(call.usage)}")
    if call.retry_count:
        parts.append(f"retry {call.retry_count}")
    if call.word:
        parts.append(shortened(call.word, 60))
    if call.ended not in ("done", "open"):
        parts.append(call.ended)
    return "  ".join(part for part in parts if part)


def tokens_text(usage: Usage) -> str:
    """`12+7 tokens`, with `~` where the count is not exact."""
    sign = "" if usage.method in ("exact", "given") else "~"
    return f"{sign}{usage.prompt_tokens}+{usage.completion_tokens} tokens"


# --- form -------------------------------------------------------------------------------------------------------------


def _report(headline: str, *, seen: Iterable[str] = (), expected: Iterable[str] = (), fix: Sequence[str] = ()) -> str:
    sections = [("Seen:", seen), ("Expected:", expected), ("How to fix:", [f"* {line}" for line in fix])]
    lines = [headline]
    for title, content in sections:
        indented = [f"  {line}" for line in content]
        lines += [title, *indented] if indented else []
    return "\n".join(lines)


def _seen(inquiry: Inquiry) -> list[str]:
    lines = [_call_line(inquiry)]
    if inquiry.last_message:
        lines.append(f"last message: {shortened(repr(inquiry.last_message))}")
    if inquiry.tools:
        lines.append(f"tools: {shortened(', '.join(inquiry.tools))}")
    return lines


def _call_line(inquiry: Inquiry) -> str:
    model = f" with model {inquiry.model!r}" if inquiry.model else ""
    return f"{inquiry.request.method} {inquiry.request.path}{model}"


def _rule_line(rule: Rule) -> str:
    return f"{rule.when} ({rule.origin})" if rule.origin else str(rule.when)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
