"""GET /models and GET /models/{model}: the models of the installed SDK, and those that the user adds."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused

_CREATED = 1_686_935_002  # openai/types/model.py wants a time; that of the API reference's example serves for all


def _model(name: str) -> JSON:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"}


def list_models(context: Context) -> Finished:
    """The list of all models, in one page."""
    return Finished({"object": "list", "data": [_model(name) for name in context.models.names()]})


def retrieve_model(context: Context) -> Finished:
    """One model; raises `Refused` with 404 `model_not_found` for an unknown name."""
    name = context.path["model"]
    if not context.models.knows(name):
        raise Refused(errors.no_such_model(name))
    return Finished(_model(name))


ENDPOINTS = (
    Endpoint("GET", "/models", "models", list_models, keyless=True),
    Endpoint("GET", "/models/{model}", "models", retrieve_model, keyless=True),
)
