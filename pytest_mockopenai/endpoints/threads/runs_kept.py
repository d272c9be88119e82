"""What is kept of runs, and what a run and its steps look like at a time.

An entry: `run` is the object without what changes, `timeline` its statuses, `outcome` the fields of how its last turn
ended (`outcome_status`), `usage` that of all turns, `chat` what the model was given, `tool_calls` those it waits for,
`steps` each `{"since", "until", "step"}`: from when it is there, and from when it has ended (None: not yet).
"""

from __future__ import annotations

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.assistants import found
from pytest_mockopenai.core.endpoint import JSON, Collection, Context
from pytest_mockopenai.endpoints.threads.entries import threads

LIFETIME = 600
"""Seconds after which a run that still waits expires."""

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
_ENDED_AT = ("completed", "failed", "cancelled")
_STEP_ENDS = {"cancelled": "cancelled", "expired": "expired", "failed": "failed"}


def runs(context: Context) -> Collection:
    """Entries by the run's id."""
    return context.store.collection("threads.runs")


def run_of(context: Context) -> JSON:
    """The entry of the run in the path; raises `Refused` with 404 if the thread has none of this id."""
    id_ = context.path["run_id"]
    entry = runs(context).get(id_)
    there = entry is not None and entry["run"]["thread_id"] == context.path["thread_id"]
    return found(entry if there else None, "run", id_)


def runs_in(context: Context, thread: JSON) -> list[JSON]:
    """The entries of a thread's runs, oldest first."""
    kept = (runs(context).get(id_) for id_ in thread["runs"])
    return [entry for entry in kept if entry is not None]


def active(context: Context, thread_id: str) -> str | None:
    """The id of the run that a thread is locked by, if one is."""
    thread = threads(context).get(thread_id)
    last = runs(context).get(thread["runs"][-1]) if thread and thread["runs"] else None
    return last["run"]["id"] if last and status(last, context.time) in ACTIVE else None


def status(entry: JSON, time: float) -> str:
    """The status of a run at a time."""
    return lifecycle.status_at(entry["timeline"], time)


def seen(entry: JSON, time: float) -> JSON:
    """A run as it is at a time (openai/types/beta/threads/run.py)."""
    now, run = status(entry, time), entry["run"]
    outcome = entry["outcome"] if now == entry["outcome_status"] else {}
    ends = {f"{name}_at": lifecycle.since(entry["timeline"], name, time) for name in _ENDED_AT}
    return {
        **run,
        "status": now,
        "started_at": lifecycle.since(entry["timeline"], "in_progress", time),
        "expires_at": run["created_at"] + LIFETIME if now in ACTIVE else None,
        **ends,
        "required_action": _required(entry) if now == "requires_action" else None,
        "last_error": None,
        "incomplete_details": None,
        "usage": None if now in ACTIVE else entry["usage"],
        **outcome,
    }


def _required(entry: JSON) -> JSON:
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": entry["tool_calls"]}}


def steps_seen(entry: JSON, time: float) -> list[JSON]:
    """The steps that are there at a time, oldest first."""
    return [step_seen(entry, kept, time) for kept in entry["steps"] if kept["since"] <= time]


def step_seen(entry: JSON, kept: JSON, time: float) -> JSON:
    """A step as it is at a time (openai/types/beta/threads/runs/run_step.py)."""
    if kept["until"] is not None and kept["until"] <= time:
        return {**kept["step"], "status": "completed", "completed_at": int(kept["until"])}
    now = _STEP_ENDS.get(status(entry, time), "in_progress")
    ended = {f"{now}_at": lifecycle.since(entry["timeline"], now, time)} if now != "in_progress" else {}
    return {**kept["step"], "status": now, "usage": None, **ended}
