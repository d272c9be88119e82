"""POST, GET and DELETE of threads, and POST /threads/runs; the other files have their messages, runs and steps."""

from __future__ import annotations

from pytest_mockopenai.core.assistants import RULES, assistant_of, deleted
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.endpoints.threads import messages, runs, steps
from pytest_mockopenai.endpoints.threads.entries import change, thread_id, thread_of, threads
from pytest_mockopenai.endpoints.threads.events import END, events, failure
from pytest_mockopenai.retrieval.resources import WEEK, bounds, resolved, with_attached


def create(context: Context) -> Finished:
    """A new thread, with the messages that the request begins it with."""
    return Finished(_new(context, dict(context.body)))


def create_and_run(context: Context) -> Finished:
    """A new thread and its first run; raises `Refused` with 404 for no such assistant, and then makes no thread."""
    assistant_of(context, context.body["assistant_id"])
    made = _new(context, context.body.get("thread") or {})
    return runs.begin(context, made["id"], made)


def _new(context: Context, given: JSON) -> JSON:
    id_ = "thread_" + context.serial.child("thread").alphanumeric(24)
    messages_given = given.get("messages") or ()
    resources = resolved(context, given.get("tool_resources") or {}, context.serial, WEEK)
    made = {
        "id": id_,
        "object": "thread",
        "created_at": context.now,
        "metadata": given.get("metadata") or {},
        "tool_resources": with_attached(context, resources, messages_given, context.serial),
    }
    serial = context.serial.child("first")
    said = [
        messages.message_of(id_, message, context.now, serial.child(place))
        for place, message in enumerate(messages_given)
    ]
    kept = [{"since": context.time, "message": message} for message in said]
    threads(context).put(id_, {"thread": made, "messages": kept, "runs": []})
    return made


def retrieve(context: Context) -> Finished:
    """One thread; raises `Refused` with 404 if there is none."""
    return Finished(thread_of(context)["thread"])


def update(context: Context) -> Finished:
    """The thread with what the request sets; raises `Refused` with 404 if there is none."""
    given = {name: value for name, value in context.body.items() if value is not None}
    if "tool_resources" in given:
        given["tool_resources"] = resolved(context, given["tool_resources"], context.serial, WEEK)

    def changed(entry: JSON) -> JSON:
        return {**entry, "thread": {**entry["thread"], **given}}

    return Finished(change(context, thread_id(context), changed)["thread"])


def delete(context: Context) -> Finished:
    """What is said of a deleted thread; raises `Refused` with 404 if there is none."""
    thread_of(context)
    threads(context).delete(thread_id(context))
    return Finished(deleted(thread_id(context), "thread"))


_ONE = "/threads/{thread_id}"
_RESOURCE = "beta.threads"
_TYPES = "openai.types.beta"

ENDPOINTS = (
    Endpoint(
        "POST",
        "/threads",
        _RESOURCE,
        create,
        params=f"{_TYPES}.thread_create_params:ThreadCreateParams",
        bounds=bounds(),
        rules=RULES,
    ),
    Endpoint(
        "POST",
        "/threads/runs",
        _RESOURCE,
        create_and_run,
        events=events,
        end=END,
        failure=failure,
        params=f"{_TYPES}.thread_create_and_run_params:ThreadCreateAndRunParams",
        bounds={**runs.RUN_BOUNDS, **bounds("thread.")},
        rules=RULES,
    ),
    Endpoint("GET", _ONE, _RESOURCE, retrieve, rules=RULES),
    Endpoint(
        "POST",
        _ONE,
        _RESOURCE,
        update,
        params=f"{_TYPES}.thread_update_params:ThreadUpdateParams",
        bounds=bounds(),
        rules=RULES,
    ),
    Endpoint("DELETE", _ONE, _RESOURCE, delete, rules=RULES),
    *messages.ENDPOINTS,
    *runs.ENDPOINTS,
    *steps.ENDPOINTS,
)
