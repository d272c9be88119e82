"""The text of a failed `assert_resilient`: the calls in their time, what was wrong with them, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_mockopenai import explain
from pytest_mockopenai.core.wording import duration
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict.judging import Verdict
from pytest_mockopenai.verdict.outcome import told_wait

_ADVICE: Mapping[str, str] = {
    "retry_after_ignored": "wait as long as retry-after-ms, or else retry-after, says",
    "no_backoff": "let waits grow where none is told, doubling from 0.5 s for instance, with jitter",
    "retried_refusal": "try again after 408, 409, 429 (not insufficient_quota), 5xx and broken connections only",
    "storm": "try one request a few times, with waits between",
    "never_gave_up": "give up after some attempts, or after some time",
    "lost_work": "try again after 408, 409, 429, 5xx and broken replies",
    "duplicated_work": "take the answer that was delivered, or send an Idempotency-Key",
}


def not_resilient(verdict: Verdict) -> str:
    """Why the client is not resilient."""
    kinds = list(dict.fromkeys(finding.kind for finding in verdict.findings))
    calls = {call.index: call for finding in verdict.findings for call in finding.calls}
    involved = [calls[index] for index in sorted(calls)]
    return explain.report(
        f"The client is not resilient. {verdict.headline}.",
        seen=explain.calls_table(involved, lambda call: _line(call, involved[0])),
        expected=[*map(str, verdict.findings), *(f"note: {note}" for note in verdict.notes)],
        fix=[*(f"{kind}: {_ADVICE[kind]}" for kind in kinds), f"if it is meant to be so: ignore={kinds}"],
    )


def _line(call: Call, first: Call) -> str:
    wait = told_wait(call)
    told = "" if wait is None else f"  told to wait {duration(wait)}"
    return f"{call.arrived - first.arrived:+.3f} s  {explain.call_line(call)}{told}"
