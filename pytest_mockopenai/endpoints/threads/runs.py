"""POST and GET of runs, their cancelling, and the outputs of the tools they wait for; whole and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.assistants import BOUNDS, RULES, assistant_of
from pytest_mockopenai.core.bounds import Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused, invalid
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.threads import entries, file_search, runs_kept, steps
from pytest_mockopenai.endpoints.threads.events import END, Streamed, events, failure
from pytest_mockopenai.endpoints.threads.messages import attach, message_of
from pytest_mockopenai.endpoints.threads.running import Turn, as_chat, turn
from pytest_mockopenai.endpoints.threads.runs_kept import run_of, runs, seen, status

_QUEUED, _WORKING = 1, 2  # shares of the time of a job


def create(context: Context) -> Finished:
    """A new run; raises `Refused` if the thread has an active one, or with 404 for no such thread or assistant."""
    id_ = entries.thread_id(context)
    entries.thread_of(context)
    active = runs_kept.active(context, id_)
    if active:
        raise Refused(invalid(f"Thread {id_} already has an active run {active}."))
    return begin(context, id_)


def begin(context: Context, thread: str, created: JSON | None = None) -> Finished:
    """A new run of a thread, which has just been `created` or was there."""
    run = _run(context, thread)
    added = [
        message_of(thread, message, context.now, context.serial.child(place))
        for place, message in enumerate(context.body.get("additional_messages") or ())
    ]
    attach(context, thread, added)
    entry = entries.change(context, thread, lambda entry: entries.added(entry, *added, since=context.time))
    chat = as_chat(_given(run, entries.messages_at(entry, context.time)))
    kept: JSON = {"run": run, "timeline": [], "steps": [], "chat": chat, "usage": None}
    kept, made = _turned(context, kept)
    runs(context).put(run["id"], kept)
    entries.change(context, thread, lambda entry: {**entry, "runs": [*entry["runs"], run["id"]]})
    return _shown(context, kept, Streamed(kept, 0, made.message, created))


def _given(run: JSON, messages: list[JSON]) -> list[JSON]:
    last = run["truncation_strategy"]["last_messages"]
    return messages[-last:] if last else messages


def _run(context: Context, thread: str) -> JSON:
    """The object of a run without what changes; what the request does not set is the assistant's."""
    body = context.body
    assistant = assistant_of(context, body["assistant_id"])

    def chosen(name: str, default: Any = None) -> Any:
        return next((each[name] for each in (body, assistant) if each.get(name) is not None), default)

    more = body.get("additional_instructions")
    instructions = "\n".join(text for text in (chosen("instructions"), more) if text)
    return {
        "id": "run_" + context.serial.child("run").alphanumeric(24),
        "object": "thread.run",
        "created_at": context.now,
        "assistant_id": assistant["id"],
        "thread_id": thread,
        "model": chosen("model"),
        "instructions": instructions,
        "tools": chosen("tools", []),
        "metadata": body.get("metadata") or {},
        "temperature": chosen("temperature", 1.0),
        "top_p": chosen("top_p", 1.0),
        "reasoning_effort": chosen("reasoning_effort"),
        "max_completion_tokens": body.get("max_completion_tokens"),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": None, **(body.get("truncation_strategy") or {})},
        "response_format": chosen("response_format", "auto"),
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
    }


def _turned(context: Context, kept: JSON) -> tuple[JSON, Turn]:
    """The entry of a run after the model's next turn, which takes its time from now on."""
    run = kept["run"]
    hits = file_search.searched(context, run, kept["chat"])
    made = turn(context, run, kept["chat"], context.serial)
    if hits is not None and made.message is not None:
        made = file_search.told(run, hits, made, context.serial)
    seconds = 0.0 if context.streamed else context.job_seconds
    line = lifecycle.timeline(context.time, seconds, ("queued", _QUEUED), ("in_progress", _WORKING), last=made.status)
    if made.status == "requires_action":
        line.append(("expired", max(line[-1][1], float(run["created_at"] + runs_kept.LIFETIME))))
    since, until = line[1][1], line[2][1]
    if made.message is not None:
        message = made.message
        entries.change(context, run["thread_id"], lambda entry: entries.added(entry, message, since=until))
    return {
        **kept,
        "timeline": lifecycle.turned(kept["timeline"], context.time, *line),
        "steps": [*kept["steps"], *steps.steps_of(run, made, context.serial, since=since, until=until)],
        "chat": made.chat,
        "usage": _sum(kept["usage"], made.usage),
        "tool_calls": made.tool_calls,
        "outcome": made.fields,
        "outcome_status": made.status,
    }, made


def _sum(one: Mapping[str, int] | None, other: Mapping[str, int]) -> JSON:
    return {name: count + (one or {}).get(name, 0) for name, count in other.items()}


def _shown(context: Context, kept: JSON, streamed: Streamed) -> Finished:
    run = seen(kept, context.time)
    waits = status(kept, context.time) in ("queued", "in_progress", "cancelling")
    return Finished(run, detail=streamed, headers=lifecycle.POLL_SOON if waits else ())


def submit_tool_outputs(context: Context) -> Finished:
    """The run goes on with these outputs; raises `Refused` if it does not wait for them, all of them."""
    kept = run_of(context)
    now = status(kept, context.time)
    if now != "requires_action":
        raise Refused(invalid(f'Runs in status "{now}" do not accept tool outputs.'))
    outputs = {each.get("tool_call_id"): each.get("output") or "" for each in context.body["tool_outputs"]}
    wanted = [call["id"] for call in kept["tool_calls"]]
    if set(outputs) != set(wanted):
        raise Refused(invalid(f"Expected tool outputs for call_ids {wanted}, got {list(outputs)}"))
    tools = [{"role": "tool", "tool_call_id": id_, "content": outputs[id_]} for id_ in wanted]
    known = steps.answered(kept["steps"], outputs, context.time)
    kept, made = _turned(context, {**kept, "steps": known, "chat": [*kept["chat"], *tools]})
    runs(context).put(kept["run"]["id"], kept)
    answered = runs_kept.step_seen(kept, known[-1], context.time)
    return _shown(context, kept, Streamed(kept, len(known), made.message, answered=answered))


def list_runs(context: Context) -> Finished:
    """A page of the runs of a thread, the newest first; raises `Refused` with 404 if there is no such thread."""
    kept = runs_kept.runs_in(context, entries.thread_of(context))
    return Finished(page([seen(entry, context.time) for entry in kept], context.request.query))


def retrieve(context: Context) -> Finished:
    """A run as it is now; raises `Refused` with 404 if there is none."""
    kept = run_of(context)
    return _shown(context, kept, Streamed(kept))


def update(context: Context) -> Finished:
    """The run with other metadata; raises `Refused` with 404 if there is none."""
    metadata = context.body.get("metadata") or {}
    kept = _changed(context, lambda entry: {**entry, "run": {**entry["run"], "metadata": metadata}})
    return Finished(seen(kept, context.time))


def cancel(context: Context) -> Finished:
    """The run, about to be cancelled; raises `Refused` for one that is over. What it would have said is never there."""
    kept = run_of(context)
    now = status(kept, context.time)
    if now not in runs_kept.ACTIVE or now == "cancelling":
        raise Refused(invalid(f"Cannot cancel run with status '{now}'."))
    ends = ("cancelling", context.time), ("cancelled", context.time + context.job_seconds / 3)
    kept = _changed(
        context, lambda entry: {**entry, "timeline": lifecycle.turned(entry["timeline"], context.time, *ends)}
    )
    id_ = kept["run"]["id"]

    def without(entry: JSON) -> JSON:
        unsaid = (
            each for each in entry["messages"] if each["since"] <= context.time or each["message"]["run_id"] != id_
        )
        return {**entry, "messages": [*unsaid]}

    entries.change(context, kept["run"]["thread_id"], without)
    return _shown(context, kept, Streamed(kept))


def _changed(context: Context, change: Any) -> JSON:
    id_ = run_of(context)["run"]["id"]
    return runs(context).update(id_, change) or run_of(context)


_ALL = "/threads/{thread_id}/runs"
_ONE = f"{_ALL}/{{run_id}}"
_RESOURCE = "beta.threads.runs"
_TYPES = "openai.types.beta.threads"
RUN_BOUNDS = {**BOUNDS, "max_completion_tokens": Range(256, None), "max_prompt_tokens": Range(256, None)}

ENDPOINTS = (
    Endpoint(
        "POST",
        _ALL,
        _RESOURCE,
        create,
        events=events,
        end=END,
        failure=failure,
        params=f"{_TYPES}.run_create_params:RunCreateParams",
        bounds=RUN_BOUNDS,
        rules=RULES,
    ),
    Endpoint("GET", _ALL, _RESOURCE, list_runs, rules=RULES),
    Endpoint("GET", _ONE, _RESOURCE, retrieve, rules=RULES),
    Endpoint(
        "POST",
        _ONE,
        _RESOURCE,
        update,
        params=f"{_TYPES}.run_update_params:RunUpdateParams",
        bounds=BOUNDS,
        rules=RULES,
    ),
    Endpoint("POST", f"{_ONE}/cancel", _RESOURCE, cancel, rules=RULES),
    Endpoint(
        "POST",
        f"{_ONE}/submit_tool_outputs",
        _RESOURCE,
        submit_tool_outputs,
        events=events,
        end=END,
        failure=failure,
        params=f"{_TYPES}.run_submit_tool_outputs_params:RunSubmitToolOutputsParams",
        rules=RULES,
    ),
)
