"""POST and GET of fine-tuning jobs, and their cancel, pause and resume.

A job checks its files, waits in the queue, trains and succeeds, all by the clock; one whose files cannot be trained
with fails. From then on its model is there (`core.finetuned`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, files, finetuned, headers, lifecycle
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.endpoints.fine_tuning import metrics, plan
from pytest_mockopenai.endpoints.fine_tuning.training import Source, Unusable, examples_of, tokens_of

_VALIDATING, _QUEUED, _RUNNING = 1, 1, 4  # shares of the time that a job takes
_ACTIVE = ("validating_files", "queued", "running", "paused")
_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "supervised": {},
    "dpo": {"beta": "auto"},
    "reinforcement": {
        "compute_multiplier": "auto",
        "eval_interval": "auto",
        "eval_samples": "auto",
        "reasoning_effort": "default",
    },
}
"""Those of each method beside the ones that all have."""


def create(context: Context) -> Finished:
    """A new job; raises `Refused` for a model or a file that it cannot begin with."""
    method = _method(context)
    model = _model(context, method["type"])
    sources = _sources(context)
    job = _job(context, model, method)
    try:
        examples, *_ = [examples_of(source, model, method["type"]) for source in sources]
    except Unusable as unusable:
        line = lifecycle.timeline(context.time, context.job_seconds, ("validating_files", 1), last="failed")
        return _kept(context, {"job": {**job, "error": unusable.error}, "timeline": line, "running": 0, "models": []})
    return _kept(context, _trained(context, job, examples))


def _trained(context: Context, job: JSON, examples: list[JSON]) -> JSON:
    """The entry of a job that trains, with all that it will have come to in the end."""
    numbers = plan.hyperparameters(_asked(job["method"]), len(examples))
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

    entries = [_settled(context, entry) for entry in finetuned.jobs(context.store).all()]
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


# --- what a request asks ----------------------------------------------------------------------------------------------


def _method(context: Context) -> JSON:
    """The method with the hyperparameters asked for; `auto` where nothing is said."""
    given = context.body.get("method") or {"type": "supervised"}
    type_ = given["type"]
    settings = given.get(type_) or {}
    if type_ == "reinforcement" and not settings:
        raise Refused(errors.missing_parameter("method.reinforcement"))
    legacy = context.body.get("hyperparameters") if type_ == "supervised" else None
    asked = {
        "n_epochs": "auto",
        "batch_size": "auto",
        "learning_rate_multiplier": "auto",
        **_HYPERPARAMETERS[type_],
        **(legacy or {}),
        **(settings.get("hyperparameters") or {}),
    }
    return {"type": type_, type_: {**settings, "hyperparameters": asked}}


def _asked(method: JSON) -> JSON:
    found: JSON = method[method["type"]]["hyperparameters"]
    return found


def _model(context: Context, method: str) -> str:
    model = plan.snapshot(context.model)
    tuned = model.startswith(finetuned.PREFIX)
    there = finetuned.is_there(context.store, model, context.time) or context.models.knows(model)
    if not plan.is_trainable(model) or (tuned and not there):
        message = f"Model {context.model} is not available for fine-tuning or does not exist."
        raise Refused(errors.invalid(message, code="model_not_available"))
    if not plan.is_trainable(model, method):
        message = f"Model {context.model} is not available for fine-tuning with the method {method}."
        raise Refused(errors.invalid(message, param="method", code="model_not_available"))
    return model


def _sources(context: Context) -> list[Source]:
    """The files to train and to validate with; raises `Refused` for one that is not there, or not for this purpose."""
    found = []
    for param in ("training_file", "validation_file"):
        id_ = context.body.get(param)
        if id_ is None:
            continue
        file = files.files(context.store).get(id_)
        if file is None or files.expired(file, context.time):
            raise Refused(errors.no_training_file(param, id_))
        if file["purpose"] != "fine-tune":
            message = f"invalid {param}: {id_} has the purpose '{file['purpose']}', not 'fine-tune'"
            raise Refused(errors.invalid(message, param=param))
        found.append(Source(id_, param, files.content_of(context, id_)))
    return found


def _job(context: Context, model: str, method: JSON) -> JSON:
    """The object of a job that nothing has come of yet."""
    body, id_ = context.body, "ftjob-" + context.serial.child("id").alphanumeric(24)
    seed = body.get("seed")
    return {
        "object": "fine_tuning.job",
        "id": id_,
        "model": model,
        "created_at": context.now,
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": headers.ORGANIZATION,
        "result_files": [],
        "status": "validating_files",
        "validation_file": body.get("validation_file"),
        "training_file": body["training_file"],
        "hyperparameters": {},
        "trained_tokens": None,
        "error": None,
        "user_provided_suffix": body.get("suffix"),
        "seed": context.draw.child("seed").integer(0, 2**31 - 1) if seed is None else seed,
        "estimated_finish": None,
        "integrations": [_integration(each) for each in body.get("integrations") or ()],
        "metadata": body.get("metadata"),
        "method": method,
    }


def _integration(given: JSON) -> JSON:
    return {"type": "wandb", "wandb": {"entity": None, "name": None, "tags": [], **given["wandb"]}}


# --- what a job is at a time ------------------------------------------------------------------------------------------


def seen(entry: JSON, time: float, status: str | None = None) -> JSON:
    """The job as it is at this time, or was while it had this status."""
    job, status = entry["job"], status or lifecycle.status_at(entry["timeline"], time)
    method = job["method"]
    if status not in ("validating_files", "failed") and "numbers" in entry:
        method = {**method, method["type"]: {**method[method["type"]], "hyperparameters": entry["numbers"]}}
    shown = {
        **job,
        "status": status,
        "method": method,
        "hyperparameters": _asked(method) if method["type"] == "supervised" else {},
        "finished_at": lifecycle.since(entry["timeline"], "succeeded", time),
    }
    if status == "succeeded":
        return shown
    error = job["error"] if status == "failed" else None
    finish = int(entry["timeline"][-1][1]) if status == "running" else None
    nothing: JSON = {"fine_tuned_model": None, "trained_tokens": None, "result_files": [], "finished_at": None}
    return {**shown, **nothing, "error": error, "estimated_finish": finish}


def entry_of(context: Context) -> JSON:
    """The entry of the job that the path names; raises `Refused` with 404 if there is none."""
    id_ = context.path["fine_tuning_job_id"]
    entry = finetuned.jobs(context.store).get(id_)
    if entry is None:
        raise Refused(errors.no_fine_tune(id_))
    return _settled(context, entry)


def _settled(context: Context, entry: JSON) -> JSON:
    """The entry, with its results file written if the job has succeeded by now: base64, as the API keeps it."""
    job, ended = entry["job"], lifecycle.since(entry["timeline"], "succeeded", context.time)
    planned = steps_of(entry)
    if ended is None or planned is None or job["result_files"]:
        return entry
    data = base64.b64encode(metrics.results(planned, job["seed"], validated=bool(job["validation_file"])))
    then, serial = replace(context, time=float(ended)), draw_for(0, job["id"])
    file = files.keep(then, data, filename="step_metrics.csv", purpose="fine-tune-results", serial=serial)

    def written(entry: JSON) -> JSON:
        return {**entry, "job": {**entry["job"], "result_files": [file["id"]]}}

    return finetuned.jobs(context.store).update(job["id"], written) or written(entry)


def steps_of(entry: JSON) -> plan.Steps | None:
    """The steps of the training; None for a job whose files cannot be trained with."""
    return plan.Steps(*entry["steps"]) if "steps" in entry else None


def _metadata_keys(context: Context) -> None:
    checks.metadata_keys(context.body)


ONE = "/fine_tuning/jobs/{fine_tuning_job_id}"

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

_PLACES = ("hyperparameters", *(f"method.{method}.hyperparameters" for method in _HYPERPARAMETERS))

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
        rules=(_metadata_keys,),
    ),
    Endpoint("GET", ONE, "fine_tuning.jobs", retrieve),
    Endpoint("POST", f"{ONE}/cancel", "fine_tuning.jobs", cancel),
    Endpoint("POST", f"{ONE}/pause", "fine_tuning.jobs", pause),
    Endpoint("POST", f"{ONE}/resume", "fine_tuning.jobs", resume),
)
