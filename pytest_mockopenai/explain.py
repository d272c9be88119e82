"""The text of every failure: headline, what was seen, what was expected as a diff, what to do."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import floor, log10

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import Miss, Rule, Script, is_endpoint
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.settings import Settings

_SHOWN_CALLS = 20
_SHOWN_TEXT = 300


def shortened(text: str, limit: int = _SHOWN_TEXT) -> str:
    """A text on one line, cut at `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


# --- one call that went wrong -----------------------------------------------------------------------------------------


def unscripted_headline(inquiry: Inquiry) -> str:
    """The first sentence, which the client gets too."""
    return f"No scripted reply for {request_text(inquiry)}; the mock is strict, so it makes none up."


def unscripted(inquiry: Inquiry, script: Script, kinds: frozenset[str]) -> str:
    """A strict mock got a call that no rule answers."""
    return report(
        unscripted_headline(inquiry),
        seen=asked_text(inquiry),
        expected=_nearest(inquiry, script, kinds),
        fix=(
            "script it: mock_openai.when(...).reply(...), or mock_openai.when(...).always(says()) for a made-up answer",
            "or let the mock make answers up: strict=False",
        ),
    )


def unscripted_derived(inquiry: Inquiry) -> str:
    """A strict mock got a call whose reply would have been derived from the SDK's types."""
    return report(
        unscripted_headline(inquiry),
        seen=asked_text(inquiry),
        expected=[
            "No endpoint of the mock models this call: its reply would be derived from the installed SDK's types."
        ],
        fix=(
            f"script what it can play, errors and times: when(endpoint={inquiry.endpoint!r}).always(slow(first=0))",
            "answer it yourself: mock_openai.server.expect_request(...)",
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
        return [f"Nearest rule: {_rule_line(rule)}", *(line for miss in misses for line in diff(miss))]
    return [
        f"Nearest rule: {_rule_line(rule)}",
        f"  its next reply, {rule.next}, is not something that {inquiry.endpoint} can say ({', '.join(sorted(kinds))})",
    ]


def diff(miss: Miss) -> list[str]:
    return [
        f"  {miss.condition} differs:",
        f"    - {shortened(repr(miss.wanted))}",
        f"    + {shortened(repr(miss.got))}",
    ]


def bug(inquiry: Inquiry, trace: str) -> str:
    """The mock, or a function of the test's that it called, raised."""
    return report(
        f"The mock failed while it answered {request_text(inquiry)}.",
        seen=trace.rstrip().splitlines(),
        fix=("if the traceback ends in your own where= function, mend that; else please report it as a bug",),
    )


def mistake(inquiry: Inquiry, word: Word, message: str) -> str:
    """A scripted word could not be played on a call, or with a word without a label: no answer could be made up."""
    headline = (
        f"The scripted reply {word} cannot be played on" if word.label else "The mock cannot make up an answer to"
    )
    return report(f"{headline} {request_text(inquiry)}.", seen=asked_text(inquiry), expected=[message])


def no_websockets(inquiry: Inquiry) -> str:
    """A client wanted to speak WebSocket, and the extra for that is not installed."""
    return report(
        f"The mock cannot answer {request_text(inquiry)}: it speaks WebSocket with the package 'websockets'.",
        seen=["the package is not installed"],
        fix=("install it: pip install 'pytest-mockopenai[realtime]'",),
    )


# --- the whole test ---------------------------------------------------------------------------------------------------


def unused(left: Sequence[tuple[Rule, Word]], calls: Sequence[Call], refusals: Sequence[str] = ()) -> str:
    """Scripted replies that no call has asked for."""
    number = sum(word.count for _, word in left)
    more = [f"... {len(left) - _SHOWN_CALLS} more ..."] if len(left) > _SHOWN_CALLS else []
    return report(
        f"{_count(number, 'scripted reply was', 'scripted replies were')} never asked for.",
        seen=[*(calls_table(calls) or ["No call reached the mock."]), *refused_table(refusals)],
        expected=[*(f"{word} for {rule.when}{_at(word)}" for rule, word in left[:_SHOWN_CALLS]), *more],
        fix=(
            "make the call that is missing, or take the reply out",
            "a reply that may be used or not: mock_openai.always(...), or when(...).always(...)",
        ),
    )


def over_budget(name: str, limit: float, got: float, call: Call | None, calls: Sequence[Call]) -> str:
    """A budget of the test was exceeded; `max_cost` is in US dollars."""
    amount = dollars if name == "max_cost" else _whole
    passed = f" Call {call.index} went over it." if call else ""
    return report(
        f"{name}={limit:.10g} is exceeded by {amount(got - limit)}: the test used {amount(got)}.{passed}",
        seen=calls_table(calls),
        fix=(f"raise {name}, or make the test call less",),
    )


def unpriced(what: str, models: Sequence[str], source: str) -> str:
    """A cost that cannot be told, because some models have no price."""
    extra = () if source.startswith("genai") else ("install the list prices: pip install 'pytest-mockopenai[cost]'",)
    own = f"mock_openai.set_price({models[0]!r}, input=..., output=...)"
    return report(
        f"{what} cannot be told: no price for {', '.join(repr(model) for model in models)}.",
        seen=[f"prices: {source or 'none, the extra [cost] is not installed'}"],
        fix=(
            *extra,
            f"give a price, in US dollars per million tokens: {own}",
        ),
    )


def host_failure(error: BaseException) -> str:
    """The server itself, or a handler registered with it, raised; its traceback is in the log."""
    return report(
        f"The mock's server failed: {type(error).__name__}: {error}",
        fix=("see the captured log for the traceback; unless your own handler raised, please report it as a bug",),
    )


def expectation(failure: object) -> str:
    """A request broke an expectation that the test registered with `mock_openai.server`."""
    return report("An expectation of mock_openai.server was not met.", seen=str(failure).splitlines())


def section(calls: Sequence[Call], refusals: Sequence[str], problems: Sequence[str], settings: Settings) -> str:
    """The report section of a failed test: its calls, what was refused, what else is wrong (one line each)."""
    lines = calls_table(calls) or ["No call reached the mock."]
    wrong = (problem.partition("\n")[0] for problem in problems)
    return "\n".join([*lines, *_chaos(calls, settings), *refused_table(refusals), *wrong])


def _chaos(calls: Sequence[Call], settings: Settings) -> list[str]:
    """What chaos struck, and how to have the same again; nothing of a test without chaos."""
    if settings.chaos is None:
        return []
    struck = sum(call.source == "chaos" for call in calls)
    again = f"--mock-openai-seed={settings.seed} --mock-openai-chaos={shlex.quote(str(settings.chaos))}"
    return [f"chaos struck {struck} of {_count(len(calls), 'call')}; the same again: {again}"]


def refused_table(refusals: Sequence[str]) -> list[str]:
    """One line for each request to a real host that was refused; the end of a long list is left out."""
    more = [f"... {len(refusals) - _SHOWN_CALLS} more refused ..."] if len(refusals) > _SHOWN_CALLS else []
    return [*(f"refused: {refusal}" for refusal in refusals[:_SHOWN_CALLS]), *more]


# --- helper asserts ---------------------------------------------------------------------------------------------------


def not_once(
    found: Sequence[Call], calls: Sequence[Call], wanted: Mapping[str, object], *, expected: str = "exactly one"
) -> str:
    """Not as many calls as expected are as wanted."""
    retries = [str(call.index) for call in found if call.retry_count]
    return report(
        f"{_count(len(found), 'call') if found else 'No call'} {_wanted(wanted)}; expected {expected}.",
        seen=calls_table(calls) or ["No call reached the mock."],
        expected=_nearest_call(calls, wanted) if calls and not found else [],
        fix=[f"the SDK repeats calls by itself (here {', '.join(retries)}): count first tries, retry_count=0"]
        * bool(retries),
    )


def called(found: Sequence[Call], wanted: Mapping[str, object]) -> str:
    """Calls were made that should not have been."""
    return report(f"{_count(len(found), 'call')} {_wanted(wanted)}; expected none.", seen=calls_table(found))


def other_usage(misses: Sequence[Miss], calls: Sequence[Call], of: str) -> str:
    """The token counts are not those expected."""
    first = misses[0]
    diffs = [(f"{miss.condition} differs:", f"  - {miss.wanted}", f"  + {miss.got}") for miss in misses]
    return report(
        f"{first.condition} is {first.got}, expected {first.wanted}{of}.",
        seen=calls_table(calls) or ["No call."],
        expected=[line for diff in diffs for line in diff],
    )


def inexact(method: str, calls: Sequence[Call]) -> str:
    """Token counts that should be exact are not."""
    return report(
        f"The token counts are {method}, expected exact ones.",
        seen=calls_table(calls),
        fix=("give the counts in the script: reply(says(...) | usage(prompt_tokens=..., completion_tokens=...))",),
    )


def _wanted(wanted: Mapping[str, object]) -> str:
    endpoint = f"to {wanted['endpoint']}" if "endpoint" in wanted else ""
    rest = ", ".join(f"{name}={shortened(repr(value), 60)}" for name, value in wanted.items() if name != "endpoint")
    return " ".join(filter(None, (endpoint, f"with {rest}" if rest else ""))) or "to the mock"


def _nearest_call(calls: Sequence[Call], wanted: Mapping[str, object]) -> list[str]:
    misses, nearest = min(((_misses(call, wanted), call) for call in calls), key=lambda pair: len(pair[0]))
    return [f"Nearest call: [{nearest.index}]", *(line for miss in misses for line in diff(miss))]


def _misses(call: Call, wanted: Mapping[str, object]) -> list[Miss]:
    pairs = ((name, value, getattr(call, name)) for name, value in wanted.items())
    return [Miss(name, value, got) for name, value, got in pairs if not _is_as_wanted(name, value, got)]


def _is_as_wanted(name: str, value: object, got: object) -> bool:
    return is_endpoint(str(got), str(value)) if name == "endpoint" else got == value


# --- parts of all -----------------------------------------------------------------------------------------------------


def calls_table(calls: Sequence[Call], line: Callable[[Call], str] | None = None) -> list[str]:
    """One line for each call (None: `call_line`); the middle of a long list is left out."""
    line = line or call_line
    if len(calls) <= _SHOWN_CALLS:
        return [line(call) for call in calls]
    half = _SHOWN_CALLS // 2
    left_out = len(calls) - 2 * half
    return [
        *(line(call) for call in calls[:half]),
        f"... {left_out} more ...",
        *(line(call) for call in calls[-half:]),
    ]


def call_line(call: Call) -> str:
    """A call on one line: index, request, model, status, tokens, what was played, how it ended."""
    parts = [f"[{call.index}] {call.method} {call.path}", call.model, str(call.status)]
    if call.stream:
        parts.append("stream")
    if call.usage:
        parts.append(tokens_text(call.usage))
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


def dollars(amount: float) -> str:
    """`$1.25`, with as many decimals as a small amount needs."""
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.{max(2, 1 - floor(log10(amount)))}f}"


def _whole(number: float) -> str:
    return f"{number:,}"


def report(headline: str, *, seen: Iterable[str] = (), expected: Iterable[str] = (), fix: Sequence[str] = ()) -> str:
    """A failure's text in the one form that all have: headline, seen, expected (as a diff), how to fix."""
    sections = [("Seen:", seen), ("Expected:", expected), ("How to fix:", [f"* {line}" for line in fix])]
    lines = [headline]
    for title, content in sections:
        indented = [f"  {line}" for line in content]
        lines += [title, *indented] if indented else []
    return "\n".join(lines)


def asked_text(inquiry: Inquiry) -> list[str]:
    lines = [request_text(inquiry)]
    if inquiry.last_message:
        lines.append(f"last message: {shortened(repr(inquiry.last_message))}")
    if inquiry.tools:
        lines.append(f"tools: {shortened(', '.join(inquiry.tools))}")
    return lines


def request_text(inquiry: Inquiry) -> str:
    model = f" with model {inquiry.model!r}" if inquiry.model else ""
    return f"{inquiry.request.method} {inquiry.request.path}{model}"


def _rule_line(rule: Rule) -> str:
    return f"{rule.when}{_at(rule.next)}"


def _at(word: Word | None) -> str:
    return f" ({word.origin})" if word and word.origin else ""


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
