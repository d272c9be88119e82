"""Fine-tuned models: which there are and since when, as the jobs that train them go by the clock."""

from __future__ import annotations

from itertools import pairwise

from pytest_mockopenai.core import headers
from pytest_mockopenai.core.endpoint import JSON, Collection, Store

PREFIX = "ft:"
"""What the names of fine-tuned models begin with."""

_ROUNDING = 1e-6  # seconds


def jobs(store: Store) -> Collection:
    """Entries by the job's id.

    `job` is the object as it is when it has succeeded, or failed; `timeline` its statuses (`core.lifecycle`) and
    `running` how many seconds it is `running` in all. What else is in it is the endpoint's own (`fine_tuning.jobs`).
    """
    return store.collection("fine_tuning.jobs")


def promise(store: Store, name: str, job: str, share: float) -> None:
    """Say that a job makes a model of this name when so much of its training (0 to 1) is done."""
    _models(store).put(name, {"id": name, "job": job, "share": share, "deleted": False})


def is_there(store: Store, name: str, time: float) -> bool | None:
    """Whether a job has made this model and it has not been deleted since; None for a name that no job makes."""
    made = _models(store).get(name)
    return None if made is None else _model(store, made, time) is not None


def find(store: Store, name: str, time: float) -> JSON | None:
    """The model as `GET /models/{model}` shows it; None if there is no such fine-tuned model at this time."""
    made = _models(store).get(name)
    return _model(store, made, time) if made else None


def models(store: Store, time: float) -> list[JSON]:
    """All fine-tuned models there are at this time, checkpoints included, in the order of their jobs."""
    found = (_model(store, made, time) for made in _models(store).all())
    return [model for model in found if model is not None]


def delete(store: Store, name: str) -> None:
    """Forget a model; its name stays taken."""
    _models(store).update(name, lambda made: {**made, "deleted": True})


def moment(entry: JSON, share: float) -> float | None:
    """When so much of a job's training (0 to 1) is done, in Unix seconds; None if it never comes that far."""
    left = share * entry["running"]
    for (status, since), (_, until) in pairwise(entry["timeline"]):
        if status != "running":
            continue
        if left <= until - since + _ROUNDING:
            return float(min(since + left, until))
        left -= until - since
    return None


def _models(store: Store) -> Collection:
    """By name: the model's `job`, how much of the training it needs (`share`), whether it was `deleted`."""
    return store.collection("fine_tuned_models")


def _model(store: Store, made: JSON, time: float) -> JSON | None:
    entry = None if made["deleted"] else jobs(store).get(made["job"])
    since = moment(entry, made["share"]) if entry else None
    if since is None or since > time:
        return None
    return {"id": made["id"], "object": "model", "created": int(since), "owned_by": headers.ORGANIZATION}
