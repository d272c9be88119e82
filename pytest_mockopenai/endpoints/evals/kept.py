"""Evals and their runs as they are kept, and how they are found again."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Collection, Context
from pytest_mockopenai.core.errors import Refused


def evals(context: Context) -> Collection:
    """Entries by the eval's id: `eval`, its object, and `updated`, when it was changed last (Unix seconds)."""
    return context.store.collection("evals")


def runs(context: Context) -> Collection:
    """Entries by the run's id.

    `run` is the object as far as it never changes, `criteria` are those of its eval, `timeline` its statuses and `runs`
    from when to when it is in progress (Unix seconds). `data` are its items; so many of them are `claimed` by whoever
    runs them, and what came of them is in `made`. `error` is that of a run that fails.
    """
    return context.store.collection("evals.runs")


def eval_of(context: Context) -> JSON:
    """The entry of the eval that the path names; raises `Refused` with 404 if there is none."""
    id_ = context.path["eval_id"]
    entry = evals(context).get(id_)
    if entry is None:
        raise Refused(errors.not_found("Eval", id_))
    return entry


def run_of(context: Context) -> JSON:
    """The entry of the run that the path names; raises `Refused` with 404 if its eval has no such run."""
    eval_of(context)
    id_ = context.path["run_id"]
    entry = runs(context).get(id_)
    if entry is None or entry["run"]["eval_id"] != context.path["eval_id"]:
        raise Refused(errors.not_found("Run", id_))
    return entry
