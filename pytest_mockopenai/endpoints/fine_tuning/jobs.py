"""POST and GET of fine-tuning jobs, and their cancel, pause and resume.

A job checks its files, waits in the queue, trains and succeeds, all by the clock; one whose files cannot be trained
with fails. From then on its model is there (`core.finetuned`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, finetuned, lifecycle
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.fine_tuning import plan
from pytest_mockopenai.endpoints.fine_tuning.kept import ONE, entry_of, seen, settled
from pytest_mockopenai.endpoints.fine_tuning.request import (
    HYPERPARAMETERS,
    asked,
    job_of,
    method_of,
    model_of,
    sources_of,
)
from pytest_mockopenai.endpoints.fine_tuning.training import Unusable, examples_of, tokens_of

_VALIDATING, _QUEUED, _RUNNING = 1, 1, 4  # shares of the time that a job takes
_ACTIVE = ("validating_files", "queued", "running", "paused")
_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)


def create(context: Context) -> Finished:
    """A new job; raises `Refused` for a model or a file that it cannot begin with."""
    method = method_of(context)
    model = model_of(context, method["type"])
    sources = sources_of(context)
    job = job_of(context, model, method)
    try:
        examples, *_ = [examples_of(source, model, method["type"]) for source in sources]
    except Unusable as unusable:
        line = lifecycle.timeline(context.time, context.job_seconds, ("validating_files", 1), last="failed")
        return _kept(context, {"job": {**job, "error": unusable.error}, "timeline": line, "running": 0, "models": []})
    return _kept(context, _trained(context, job, examples))


def _trained(context: Context, job: JSON, examples: list[JSON]) -> JSON:
    """The entry of a job that trains, with all that it will have come to in the end."""
    numbers = plan.hyperparameters(asked(job["method"]), len(examples))
    planned = plan.steps(numbers, len(examples))
    models = plan.names(job["model"], context.body.get("suffix"), planned, context.serial)
    for step, name in models.items():
        finetuned.promise(context.store, name, job["id"], step / planned.total)
    counter = tokens.tokenizer(job["model"], context.models.encodings)
    parts = ("validating_files", _VALIDATING), ("queued", _QUEUED), ("running", _RUNNING)
    done = {
        **job,
        "fine_tuned_model": models[planned.total],
        "trained_tokens": tokens_of(examples, counter) * numbers["n_epochs"],
    }
    return {
        "job": done,
        "timeline": lifecycle.timeline(context.time, context.job_seconds, *parts, last="succeeded"),
        "running": context.job_seconds * _RUNNING / (_VALIDATING + _QUEUED + _RUNNING),
        "numbers": numbers,
        "steps": [planned.epoch, planned.epochs],
        "models": [[step, name] for step, name in models.items()],
    }


def _kept(context: Context, entry: JSON) -> Finished:
    finetuned.jobs(context.store).put(entry["job"]["id"], entry)
    context.announce("fine_tuning.job", entry["job"]["id"], entry["timeline"])
    return Finished(seen(entry, entry["timeline"][0][1], status="validating_files"))


def retrieve(context: Context) -> Finished:
    """A job as it is now; raises `Refused` with 404 if there is none."""
    return Finished(seen(entry_of(context), context.time))


def list_jobs(context: Context) -> Finished:
    """A page of the jobs, the newest first; `metadata[key]=value` picks some, `metadata=null` those without any."""
    query = context.request.query
    wanted = {found[1]: value for name, value in query if (found := _METADATA.fullmatch(name))}
    without = ("metadata", "null") in query

    def picked(job: JSON) -> bool:
        metadata = job["metadata"] or {}
        return wanted.items() <= metadata.items() and not (without and metadata)

    entries = [settled(context, entry) for entry in finetuned.jobs(context.store).all()]
    return Finished(page([seen(entry, context.time) for entry in entries], query, where=picked))


def cancel(context: Context) -> Finished:
    """The job, cancelled; raises `Refused` if it has ended, or there is none."""
    return _changed(context, "cancelled", _ACTIVE, lambda entry: [("cancelled", context.time)])


def pause(context: Context) -> Finished:
    """The job, which stands still from now on; raises `Refused` unless it is queued or running."""
    return _changed(context, "paused", ("queued", "running"), lambda entry: [("paused", context.time)])


def resume(context: Context) -> Finished:
    """The job, queued again to train for as long as is left of it; raises `Refused` unless it is paused."""
    return _changed(context, "resumed", ("paused",), lambda entry: _rest(entry, context.time))


def _rest(entry: JSON, time: float) -> list[tuple[str, float]]:
    spans = pairwise(entry["timeline"])
    trained = sum(until - since for (status, since), (_, until) in spans if status == "running")
    begins = time + entry["running"] * _QUEUED / _RUNNING
    return [("queued", time), ("running", begins), ("succeeded", begins + entry["running"] - trained)]


def _changed(context: Context, done: str, allowed: tuple[str, ...], then: Any) -> Finished:
    entry = entry_of(context)
    status = lifecycle.status_at(entry["timeline"], context.time)
    if status not in allowed:
        message = f"Job {entry['job']['id']} cannot be {done}: its status is '{status}'."
        raise Refused(errors.invalid(message, param="fine_tune_id"))

    def turned(entry: JSON) -> JSON:
        return {**entry, "timeline": lifecycle.turned(entry["timeline"], context.time, *then(entry))}

    changed = finetuned.jobs(context.store).update(entry["job"]["id"], turned) or turned(entry)
    context.announce("fine_tuning.job", entry["job"]["id"], changed["timeline"])
    return Finished(seen(changed, context.time))


_NUMBERS = {
    "n_epochs": Range(1, 50),
    "batch_size": Range(1, 256),
    "learning_rate_multiplier": Range(0.0, None),
    "beta": Range(0.0, 2.0),
    "compute_multiplier": Range(0.00001, 10.0),
    "eval_interval": Range(1, None),
    "eval_samples": Range(1, None),
}
"""Bounds of hyperparameters (OpenAI's OpenAPI document, `CreateFineTuningJobRequest`)."""

_PLACES = ("hyperparameters", *(f"method.{method}.hyperparameters" for method in HYPERPARAMETERS))

ENDPOINTS = (
    Endpoint("GET", "/fine_tuning/jobs", "fine_tuning.jobs", list_jobs),
    Endpoint(
        "POST",
        "/fine_tuning/jobs",
        "fine_tuning.jobs",
        create,
        params="openai.types.fine_tuning.job_create_params:JobCreateParams",
        known=frozenset({"method", "metadata", "integrations", "seed"}),
        bounds={
            "suffix": Length(1, 64),
            "seed": Range(0, 2**31 - 1),
            "integrations": Length(0, 5),
            **{f"{place}.{name}": bound for place in _PLACES for name, bound in _NUMBERS.items()},
            **checks.METADATA_BOUNDS,
        },
        rules=(checks.metadata_rule,),
    ),
    Endpoint("GET", ONE, "fine_tuning.jobs", retrieve),
    Endpoint("POST", f"{ONE}/cancel", "fine_tuning.jobs", cancel),
    Endpoint("POST", f"{ONE}/pause", "fine_tuning.jobs", pause),
    Endpoint("POST", f"{ONE}/resume", "fine_tuning.jobs", resume),
)
