"""POST, GET and cancelling of batches; `validation` reads the file, `job` keeps a batch, `running` runs it."""

from __future__ import annotations

from pytest_mockopenai.core import checks, uploaded
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused, UnknownId
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.batches import job, running
from pytest_mockopenai.endpoints.batches.validation import validated


def create(context: Context) -> Finished:
    """A new batch; what is wrong with its file shows when it has been validated, and makes it fail."""
    found = validated(context)
    entry = running.begun(context, job.made(context, found), found.lines)
    running.announce(context, entry)
    return Finished(job.shown(entry, job.NEVER))


def retrieve(context: Context) -> Finished:
    """A batch as it is now; raises `Refused` with 404 if there is none."""
    entry = running.looked_at(context, _entry(context), running.AT_A_LOOK)
    return Finished(job.shown(entry, context.time))


def list_batches(context: Context) -> Finished:
    """A page of the batches as they are now, the newest first."""
    found = page(running.batches(context).all(), context.request.query)
    left, seen = running.AT_A_LOOK, []
    for entry in found["data"]:
        now = running.looked_at(context, entry, left)
        left -= (len(now["ran"]) - len(entry["ran"])) * entry["size"]
        seen.append(job.shown(now, context.time))
    return Finished({**found, "data": seen})


def cancel(context: Context) -> Finished:
    """The batch, which is `cancelling` now; raises `Refused` with 404 if there is none, with 409 if it has ended."""
    entry = running.looked_at(context, _entry(context), running.AT_A_LOOK)
    status = job.status_of(entry, context.time)
    if status in ("completed", "failed", "expired"):
        raise Refused(Error(409, f"Cannot cancel a batch with status '{status}'."))
    time, seconds = context.time, context.job_seconds
    changed = running.batches(context).update(entry["id"], lambda now: job.cancelled(now, time, seconds)) or entry
    if changed["timeline"] != entry["timeline"]:
        running.announce(context, changed)
    return Finished(job.shown(changed, time))


def _entry(context: Context) -> JSON:
    id_ = context.path["batch_id"]
    entry = running.batches(context).get(id_)
    if entry is None:
        raise Refused(UnknownId(404, f"No batch found with id '{id_}'."))
    return entry


_ONE = "/batches/{batch_id}"

ENDPOINTS = (
    Endpoint("GET", "/batches", "batches", list_batches),
    Endpoint(
        "POST",
        "/batches",
        "batches",
        create,
        params="openai.types.batch_create_params:BatchCreateParams",
        known=frozenset({"output_expires_after"}),
        bounds={"output_expires_after.seconds": uploaded.LIVES, **checks.METADATA_BOUNDS},
        rules=(checks.metadata_rule,),
    ),
    Endpoint("GET", _ONE, "batches", retrieve),
    Endpoint("POST", f"{_ONE}/cancel", "batches", cancel),
)
