"""GET /models, GET and DELETE of /models/{model}: those of the installed SDK, the user's, and fine-tuned ones."""

from __future__ import annotations

from pytest_mockopenai.core import errors, finetuned
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused

_CREATED = 1_686_935_002  # openai/types/model.py wants a time; that of the API reference's example serves for all


def _model(name: str) -> JSON:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"}


def list_models(context: Context) -> Finished:
    """The list of all models, in one page."""
    tuned = {model["id"]: model for model in finetuned.models(context.store, context.time)}
    known = {name: _model(name) for name in context.models.names()}
    return Finished({"object": "list", "data": [*{**tuned, **known, **tuned}.values()]})


def retrieve_model(context: Context) -> Finished:
    """One model; raises `Refused` with 404 `model_not_found` for an unknown name."""
    name = context.path["model"]
    tuned = finetuned.find(context.store, name, context.time)
    if tuned is None and not context.models.knows(name):
        raise Refused(errors.no_such_model(name))
    return Finished(tuned or _model(name))


def delete_model(context: Context) -> Finished:
    """What is said of a deleted model; raises `Refused` with 403 for one that was not fine-tuned here, or with 404."""
    model = retrieve_model(context).object
    if not finetuned.is_there(context.store, model["id"], context.time):
        raise Refused(errors.not_permitted())
    finetuned.delete(context.store, model["id"])
    return Finished({"id": model["id"], "object": "model", "deleted": True})


ENDPOINTS = (
    Endpoint("GET", "/models", "models", list_models, keyless=True),
    Endpoint("GET", "/models/{model}", "models", retrieve_model, keyless=True),
    Endpoint("DELETE", "/models/{model}", "models", delete_model),
)
