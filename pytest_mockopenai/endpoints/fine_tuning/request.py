"""What a request for a fine-tuning job asks: its method, its model, its files; refused if no job can begin with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors, files, finetuned, headers
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.endpoints.fine_tuning import plan
from pytest_mockopenai.endpoints.fine_tuning.training import Source

HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
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


def method_of(context: Context) -> JSON:
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
        **HYPERPARAMETERS[type_],
        **(legacy or {}),
        **(settings.get("hyperparameters") or {}),
    }
    return {"type": type_, type_: {**settings, "hyperparameters": asked}}


def asked(method: JSON) -> JSON:
    found: JSON = method[method["type"]]["hyperparameters"]
    return found


def model_of(context: Context, method: str) -> str:
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


def sources_of(context: Context) -> list[Source]:
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


def job_of(context: Context, model: str, method: JSON) -> JSON:
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
