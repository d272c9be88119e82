"""GET the events of a job, and its checkpoints: what has happened by the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import dropwhile, takewhile
from typing import TypeAlias

from pytest_mockopenai.core import finetuned
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.endpoints.fine_tuning import metrics
from pytest_mockopenai.endpoints.fine_tuning.kept import ONE, entry_of, steps_of

_STATUSES = {
    "queued": "Files validated, moving job to queued state",
    "running": "Fine-tuning job started",
}
_TURNS = {
    "paused": "Fine-tuning job paused",
    "queued": "Fine-tuning job resumed",
    "running": "Fine-tuning job started",
    "cancelled": "Fine-tuning job cancelled",
}
"""After the first pause, or at the end."""


def list_events(context: Context) -> Finished:
    """A page of the events so far, the newest first; raises `Refused` with 404 if there is no such job."""
    entry = entry_of(context)
    told = [*_begun(entry), *_trained(entry), *_turns(entry), *_ended(entry)]
    happened = sorted((event for event in told if event[0] <= context.time), key=lambda event: event[0])
    job = entry["job"]["id"]
    return Finished(page([_event(job, number, *each) for number, each in enumerate(happened)], context.request.query))


def list_checkpoints(context: Context) -> Finished:
    """A page of the checkpoints so far, the newest first; raises `Refused` with 404 if there is no such job."""
    return Finished(page(list(_checkpoints(entry_of(context), context.time)), context.request.query))


_Told: TypeAlias = tuple[float, str, str, "JSON | None"]
"""When, the level, the message, and the metrics of an event about a step."""


def _begun(entry: JSON) -> Iterator[_Told]:
    job, begins = entry["job"], entry["timeline"][0][1]
    files = f"training file: {job['training_file']}"
    if job["validation_file"]:
        files += f" and validation file: {job['validation_file']}"
    yield begins, "info", f"Created fine-tuning job: {job['id']}", None
    yield begins, "info", f"Validating {files}", None
    for status, since in takewhile(_goes_on, entry["timeline"][1:]):
        if status in _STATUSES:
            yield since, "info", _STATUSES[status], None


def _turns(entry: JSON) -> Iterator[_Told]:
    """What became of a job that somebody paused or cancelled."""
    for status, since in dropwhile(_goes_on, entry["timeline"]):
        if status in _TURNS:
            yield since, "info", _TURNS[status], None


def _goes_on(pair: Sequence[object]) -> bool:
    return pair[0] not in ("paused", "cancelled")


def _trained(entry: JSON) -> Iterator[_Told]:
    planned = steps_of(entry)
    if planned is None:
        return
    seed, validated = entry["job"]["seed"], bool(entry["job"]["validation_file"])
    for step in metrics.logged(planned):
        at = finetuned.moment(entry, step / planned.total)
        if at is None:
            return
        found = metrics.at(step, planned, seed, validated=validated)
        yield at, "info", metrics.told(found, planned.total), {**found, "total_steps": planned.total}


def _ended(entry: JSON) -> Iterator[_Told]:
    status, since = entry["timeline"][-1]
    if status == "failed":
        yield since, "error", entry["job"]["error"]["message"], None
    if status != "succeeded":
        return
    *checkpoints, (_, model) = _models(entry)
    for step, name in checkpoints:
        yield since, "info", f"Checkpoint created at step {step} with Snapshot ID: {name}", None
    yield since, "info", f"New fine-tuned model created: {model}", None
    yield since, "info", "The job has successfully completed", None


def _event(job: str, number: int, at: float, level: str, message: str, found: JSON | None) -> JSON:
    return {
        "object": "fine_tuning.job.event",
        "id": "ftevent-" + draw_for(0, job, "event", number).alphanumeric(24),
        "created_at": int(at),
        "level": level,
        "message": message,
        "data": found or {},
        "type": "metrics" if found else "message",
    }


def _models(entry: JSON) -> list[tuple[int, str]]:
    """The names of the checkpoints by their steps."""
    return [(int(step), name) for step, name in entry["models"]]


def _checkpoints(entry: JSON, time: float) -> Iterator[JSON]:
    job, planned = entry["job"], steps_of(entry)
    if planned is None:
        return
    for step, name in _models(entry):
        at = finetuned.moment(entry, step / planned.total)
        if at is None or at > time:
            return
        yield {
            "object": "fine_tuning.job.checkpoint",
            "id": "ftckpt_" + draw_for(0, job["id"], "checkpoint", step).alphanumeric(24),
            "created_at": int(at),
            "fine_tuned_model_checkpoint": name,
            "fine_tuning_job_id": job["id"],
            "metrics": metrics.at(step, planned, job["seed"], validated=bool(job["validation_file"])),
            "step_number": step,
        }


ENDPOINTS = (
    Endpoint("GET", f"{ONE}/events", "fine_tuning.jobs", list_events),
    Endpoint("GET", f"{ONE}/checkpoints", "fine_tuning.jobs.checkpoints", list_checkpoints),
)
