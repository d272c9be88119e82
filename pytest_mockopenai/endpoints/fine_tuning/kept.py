"""Fine-tuning jobs as they are kept: how one is found again, and what it is at a time."""

from __future__ import annotations

import base64
from dataclasses import replace

from pytest_mockopenai.core import errors, files, finetuned, lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.endpoints.fine_tuning import metrics, plan
from pytest_mockopenai.endpoints.fine_tuning.request import asked

ONE = "/fine_tuning/jobs/{fine_tuning_job_id}"


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
        "hyperparameters": asked(method) if method["type"] == "supervised" else {},
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
    return settled(context, entry)


def settled(context: Context, entry: JSON) -> JSON:
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
