"""The steps of a run: made of each of its turns, and GET of them."""

from __future__ import annotations

from pytest_mockopenai.core.assistants import RULES, found
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.endpoints.threads.file_search import shown
from pytest_mockopenai.endpoints.threads.running import Turn
from pytest_mockopenai.endpoints.threads.runs_kept import run_of, steps_seen


def steps_of(run: JSON, turn: Turn, serial: Draw, *, since: float, until: float) -> list[JSON]:
    """The steps of a turn that begins and ends at these times; tool calls end when their outputs come."""
    if turn.message is not None:
        details: JSON = {"type": "message_creation", "message_creation": {"message_id": turn.message["id"]}}
        spoken = {"since": since, "until": until, "step": _step(run, turn, details, serial, since)}
        return [*_search(run, turn, serial, since), spoken]
    if not turn.tool_calls:
        return []
    calls = [{**call, "function": {**call["function"], "output": None}} for call in turn.tool_calls]
    details = {"type": "tool_calls", "tool_calls": calls}
    return [{"since": since, "until": None, "step": _step(run, turn, details, serial, since)}]


def _search(run: JSON, turn: Turn, serial: Draw, at: float) -> list[JSON]:
    """The step that has searched files, if they were; it takes no time and no tokens."""
    if turn.search is None:
        return []
    step = _step(run, turn, {"type": "tool_calls", "tool_calls": [turn.search]}, serial.child("search"), at)
    return [{"since": at, "until": at, "step": {**step, "usage": dict.fromkeys(turn.usage, 0)}}]


def _step(run: JSON, turn: Turn, details: JSON, serial: Draw, since: float) -> JSON:
    return {
        "id": "step_" + serial.child("step").alphanumeric(24),
        "object": "thread.run.step",
        "created_at": int(since),
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": details["type"],
        "status": "in_progress",
        "step_details": details,
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": turn.usage,
    }


def answered(steps: list[JSON], outputs: dict[str, str], time: float) -> list[JSON]:
    """The steps, the last one with the outputs of its calls, by their ids."""

    def with_output(call: JSON) -> JSON:
        return {**call, "function": {**call["function"], "output": outputs[call["id"]]}}

    *before, last = steps
    details = last["step"]["step_details"]
    done = {**details, "tool_calls": [*map(with_output, details["tool_calls"])]}
    return [*before, {**last, "until": time, "step": {**last["step"], "step_details": done}}]


def list_steps(context: Context) -> Finished:
    """A page of the steps of a run, the newest first; raises `Refused` with 404 if there is no such run."""
    steps = [shown(context, step) for step in steps_seen(run_of(context), context.time)]
    return Finished(page(steps, context.request.query))


def retrieve(context: Context) -> Finished:
    """One step; raises `Refused` with 404 if there is none."""
    id_ = context.path["step_id"]
    steps = steps_seen(run_of(context), context.time)
    return Finished(shown(context, found(next((step for step in steps if step["id"] == id_), None), "run step", id_)))


_ALL = "/threads/{thread_id}/runs/{run_id}/steps"
_RESOURCE = "beta.threads.runs.steps"

ENDPOINTS = (
    Endpoint("GET", _ALL, _RESOURCE, list_steps, rules=RULES),
    Endpoint("GET", f"{_ALL}/{{step_id}}", _RESOURCE, retrieve, rules=RULES),
)
