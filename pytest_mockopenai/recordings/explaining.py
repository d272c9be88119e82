"""The text of what goes wrong with recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.explain import asked_text, diff, report, request_text, shortened
from pytest_mockopenai.recordings.cassette import Near
from pytest_mockopenai.recordings.files import SUFFIX
from pytest_mockopenai.recordings.interaction import RecordedRequest
from pytest_mockopenai.settings import RecordMode

_SHOWN = 10


def unrecorded(inquiry: Inquiry, near: Near | None, where: Path, mode: RecordMode) -> str:
    """A request that no recording answers, while nothing is recorded; the first line is for the client too."""
    return report(
        f"No recording answers {request_text(inquiry)}; mode {mode!r} records nothing.",
        seen=asked_text(inquiry),
        expected=_nearest(near, where),
        fix=_OF_TESTS if where.suffix == SUFFIX else _OF_SERVERS,
    )


_OF_TESTS = (
    "record it: pytest --mock-openai-record=new keeps what is there, --mock-openai-record=all records all anew",
    "a field that is other in each run: record_ignore=['metadata']",
    "or script it: mock_openai.reply(...); a test without recordings has record=None in its marker",
)
_OF_SERVERS = (
    "record it: mockopenai serve --record DIR, with --upstream URL unless that is OpenAI",
    "a field that is other in each request: --record-ignore metadata",
    "or answer it by a rule: --stubs FILE",
)


def _nearest(near: Near | None, where: Path) -> list[str]:
    if near is None:
        return [f"Nothing is recorded in {where}" + ("." if where.exists() else ", which does not exist.")]
    if not near.misses:
        return [
            f"All recordings of this request in {where} are used up; the last one is [{near.place}] {near.request}."
        ]
    more = [f"  ... {len(near.misses) - _SHOWN} more ..."] if len(near.misses) > _SHOWN else []
    shown = [line for miss in near.misses[:_SHOWN] for line in diff(miss)]
    return [f"Nearest recording: [{near.place}] {near.request} in {where}", *shown, *more]


def unreachable(inquiry: Inquiry, why: str) -> str:
    """What was to be recorded could not be: the upstream did not answer."""
    return report(
        f"The reply to {request_text(inquiry)} could not be recorded.",
        seen=asked_text(inquiry),
        expected=[f"an answer: {shortened(why)}"],
        fix=("set the upstream: --mock-openai-upstream=URL in tests, --upstream URL of a server",),
    )


def unused(left: Sequence[tuple[int, RecordedRequest]], where: Path) -> str:
    """Recordings that no request has asked for, in a strict test."""
    more = [f"... {len(left) - _SHOWN} more ..."] if len(left) > _SHOWN else []
    number = f"{len(left)} recording{' was' if len(left) == 1 else 's were'}"
    return report(
        f"{number} never asked for.",
        seen=[f"in {where}"],
        expected=[*(f"[{place}] {_shown(asked)}" for place, asked in left[:_SHOWN]), *more],
        fix=("make the call that is missing", "or record the test anew: pytest --mock-openai-record=all"),
    )


def _shown(asked: RecordedRequest) -> str:
    body = asked.body.get("json")
    model = body.get("model") if isinstance(body, dict) else None
    return f"{asked} with model {model!r}" if isinstance(model, str) else str(asked)
