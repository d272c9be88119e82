"""POST, GET and DELETE of evals; `runs` has the endpoints of their runs, `running` what a run does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.evals import runs
from pytest_mockopenai.endpoints.evals.kept import eval_of, evals
from pytest_mockopenai.endpoints.evals.kept import runs as all_runs

_ORDERS = ("created_at", "updated_at")
_ROLES = ("user", "assistant", "system", "developer")
_SAMPLE = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "choices": {"type": "array", "items": {"type": "object"}},
        "output_text": {"type": "string"},
    },
    "required": ["model", "choices"],
}
"""What the namespace `sample` of an eval is like, as far as the API tells (`data_source_config.schema`)."""


def create(context: Context) -> Finished:
    """A new eval; raises `Refused` for a criterion that cannot hold."""
    body, serial = context.body, context.serial
    id_ = "eval_" + serial.child("id").hex(32)
    made = {
        "object": "eval",
        "id": id_,
        "data_source_config": _config(body["data_source_config"]),
        "testing_criteria": [
            _criterion(each, f"testing_criteria[{place}]", serial.child(f"criterion {place}").hex(32))
            for place, each in enumerate(body["testing_criteria"])
        ],
        "name": body.get("name") or f"Eval {id_[5:13]}",
        "created_at": context.now,
        "metadata": body.get("metadata") or {},
    }
    evals(context).put(id_, {"eval": made, "updated": context.time})
    return Finished(made)


def _config(given: Mapping[str, Any]) -> JSON:
    """The data source with the schema that items and samples have."""
    item = given.get("item_schema") or {"type": "object"}
    with_sample = given["type"] != "custom" or given.get("include_sample_schema")
    properties = {"item": dict(item), **({"sample": _SAMPLE} if with_sample else {})}
    whole = {"type": "object", "properties": properties, "required": list(properties)}
    metadata = {} if given["type"] == "custom" else {"metadata": given.get("metadata") or {}}
    return {"type": given["type"], "schema": whole, **metadata}


def _criterion(given: Mapping[str, Any], where: str, key: str) -> JSON:
    _check_roles(given.get("input"), f"{where}.input")
    if given["type"] == "label_model":
        unknown = [label for label in given["passing_labels"] if label not in given["labels"]]
        if unknown:
            message = f"Invalid value for '{where}.passing_labels': '{unknown[0]}' is none of the labels."
            raise Refused(errors.invalid(message, param=f"{where}.passing_labels", code="invalid_value"))
    return {**given, "id": f"{given['name']}-{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"}


def _check_roles(messages: Any, where: str) -> None:
    """The parameters' type takes any role, the reply's has these (openai/types/graders/label_model_grader.py)."""
    for place, message in enumerate(messages if isinstance(messages, list) else ()):
        if message.get("role") not in _ROLES:
            raise Refused(errors.invalid_value(f"{where}[{place}].role", message.get("role"), _ROLES))


def list_evals(context: Context) -> Finished:
    """A page of the evals, by when they were created or changed, oldest first unless the query says otherwise."""
    query = context.request.query
    by = dict(query).get("order_by") or "created_at"
    if by not in _ORDERS:
        raise Refused(errors.invalid_value("order_by", by, _ORDERS))
    found = evals(context).all()
    ordered = sorted(found, key=lambda entry: float(entry["updated"])) if by == "updated_at" else found
    return Finished(page([entry["eval"] for entry in ordered], query, order="asc"))


def retrieve(context: Context) -> Finished:
    """One eval; raises `Refused` with 404 if there is none."""
    return Finished(eval_of(context)["eval"])


def update(context: Context) -> Finished:
    """The eval with another name, or other metadata; raises `Refused` with 404 if there is none."""
    entry = eval_of(context)
    given = {name: context.body[name] for name in ("name", "metadata") if context.body.get(name) is not None}

    def changed(now: JSON) -> JSON:
        return {"eval": {**now["eval"], **given}, "updated": context.time}

    return Finished((evals(context).update(entry["eval"]["id"], changed) or changed(entry))["eval"])


def delete(context: Context) -> Finished:
    """What is said of a deleted eval, whose runs go with it; raises `Refused` with 404 if there is none."""
    id_ = eval_of(context)["eval"]["id"]
    for entry in all_runs(context).all():
        if entry["run"]["eval_id"] == id_:
            all_runs(context).delete(entry["run"]["id"])
    evals(context).delete(id_)
    return Finished({"object": "eval.deleted", "deleted": True, "eval_id": id_})


_ONE = "/evals/{eval_id}"

ENDPOINTS = (
    Endpoint("GET", "/evals", "evals", list_evals),
    Endpoint(
        "POST",
        "/evals",
        "evals",
        create,
        params="openai.types.eval_create_params:EvalCreateParams",
        bounds={"testing_criteria": Length(1, None), **checks.METADATA_BOUNDS},
        rules=(checks.metadata_rule,),
    ),
    Endpoint("GET", _ONE, "evals", retrieve),
    Endpoint(
        "POST",
        _ONE,
        "evals",
        update,
        params="openai.types.eval_update_params:EvalUpdateParams",
        bounds=checks.METADATA_BOUNDS,
        rules=(checks.metadata_rule,),
    ),
    Endpoint("DELETE", _ONE, "evals", delete),
    *runs.ENDPOINTS,
)
