"""POST, GET, cancel and DELETE of the runs of an eval, and GET of their output items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import checks, errors, lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.evals import running
from pytest_mockopenai.endpoints.evals.data import Unusable, items_of
from pytest_mockopenai.endpoints.evals.kept import eval_of, run_of, runs

_QUEUED, _RUNNING = 1, 5  # shares of the time that a run takes
_FAILED = ("canceled", "failed")


def create(context: Context) -> Finished:
    """A new run; raises `Refused` for a data source that it cannot begin with, fails for one that is not in order."""
    eval_ = eval_of(context)["eval"]
    _check_source(context.body["data_source"])
    run = _run(context, eval_)
    shares = ("queued", _QUEUED), ("in_progress", _RUNNING)
    line = lifecycle.timeline(context.time, context.job_seconds, *shares, last="completed")
    try:
        found, error = items_of(context, _item_schema(eval_)), None
        if not found:
            raise Unusable("There are no items in the data source.")
    except Unusable as unusable:
        found, error = [], {"code": "invalid_data_source", "message": str(unusable)}
        line = [*line[:1], ("failed", line[1][1])]
    entry: JSON = {
        "run": run,
        "criteria": eval_["testing_criteria"],
        "timeline": line,
        "runs": [line[1][1], line[-1][1]],
        "data": [{name: each.get(name) for name in ("item", "sample")} for each in found],
        "error": error,
        "claimed": 0,
        "made": [],
    }
    runs(context).put(run["id"], entry)
    entry = running.looked_at(context, entry)
    _announce(context, entry)
    return Finished(_shown(context, entry, status="queued"))


def _check_source(source: Mapping[str, Any]) -> None:
    if source.get("input_messages") is not None and not source.get("model"):
        raise Refused(errors.missing_parameter("data_source.model"))


def _run(context: Context, eval_: JSON) -> JSON:
    id_ = "evalrun_" + context.serial.child("id").hex(32)
    source = context.body["data_source"]
    return {
        "object": "eval.run",
        "id": id_,
        "eval_id": eval_["id"],
        "report_url": f"https://platform.openai.com/evaluations/{eval_['id']}?run_id={id_}",
        "status": "queued",
        "model": source.get("model") or "",
        "name": context.body.get("name") or eval_["name"],
        "created_at": context.now,
        "data_source": dict(source),
        "metadata": context.body.get("metadata") or {},
    }


def _item_schema(eval_: JSON) -> Mapping[str, Any] | None:
    """What the items have to be like; None for an eval of what was stored."""
    config = eval_["data_source_config"]
    found: Mapping[str, Any] | None = config["schema"]["properties"].get("item") if config["type"] == "custom" else None
    return found


def _announce(context: Context, entry: JSON) -> None:
    if not running.is_late(entry):
        context.announce("eval.run", entry["run"]["id"], entry["timeline"])


def retrieve(context: Context) -> Finished:
    """A run as it is now; raises `Refused` with 404 if there is none."""
    return Finished(_shown(context, running.looked_at(context, run_of(context))))


def list_runs(context: Context) -> Finished:
    """A page of an eval's runs, oldest first unless the query says otherwise; `status` picks some."""
    id_, query = eval_of(context)["eval"]["id"], context.request.query
    wanted = dict(query).get("status")
    found = [entry for entry in runs(context).all() if entry["run"]["eval_id"] == id_]
    shown = [_shown(context, running.looked_at(context, entry)) for entry in found]
    return Finished(page(shown, query, order="asc", where=lambda run: wanted in (None, "", run["status"])))


def cancel(context: Context) -> Finished:
    """The run, canceled; raises `Refused` if it has ended, or there is none. What has shown until now stays."""
    entry = running.looked_at(context, run_of(context))
    status = running.status_of(entry, context.time)
    if status not in ("queued", "in_progress"):
        raise Refused(errors.invalid(f"Cannot cancel a run with the status '{status}'.", param="run_id"))

    def turned(now: JSON) -> JSON:
        return {**now, "timeline": lifecycle.turned(now["timeline"], context.time, ("canceled", context.time))}

    entry = runs(context).update(entry["run"]["id"], turned) or turned(entry)
    context.announce("eval.run", entry["run"]["id"], entry["timeline"])
    return Finished(_shown(context, entry))


def delete(context: Context) -> Finished:
    """What is said of a deleted run; raises `Refused` with 404 if there is none."""
    id_ = run_of(context)["run"]["id"]
    runs(context).delete(id_)
    return Finished({"object": "eval.run.deleted", "deleted": True, "run_id": id_})


# --- what a run is at a time ------------------------------------------------------------------------------------------


def _shown(context: Context, entry: JSON, status: str | None = None) -> JSON:
    made = [] if status else running.shown(entry, context.time)
    status = status or running.status_of(entry, context.time)
    counts = Counter(each["item"]["status"] for each in made)
    return {
        **entry["run"],
        "status": status,
        "error": entry["error"] if status in _FAILED else None,
        "result_counts": {
            "total": len(entry["data"]),
            "errored": counts["error"],
            "failed": counts["fail"],
            "passed": counts["pass"],
        },
        "per_model_usage": _summed(made),
        "per_testing_criteria_results": [_of_criterion(made, each["id"]) for each in entry["criteria"]],
    }


def _summed(made: list[JSON]) -> list[JSON]:
    """The usage of all items by model."""
    found: dict[str, JSON] = {}
    for usage in (usage for each in made for usage in each["usage"]):
        before = found.get(usage["model_name"])
        name = {"model_name": usage["model_name"]}
        found[usage["model_name"]] = {
            **usage,
            **({each: before[each] + usage[each] for each in usage if each not in name} if before else {}),
        }
    return list(found.values())


def _of_criterion(made: list[JSON], id_: str) -> JSON:
    results = [result for each in made for result in each["item"]["results"] if result["name"] == id_]
    said = [result["passed"] for result in results if "error" not in result]
    return {"testing_criteria": id_, "passed": said.count(True), "failed": said.count(False)}


# --- output items -----------------------------------------------------------------------------------------------------


def list_items(context: Context) -> Finished:
    """A page of a run's output items, oldest first unless the query says otherwise; `status` picks some."""
    query = context.request.query
    wanted = dict(query).get("status")
    made = running.shown(running.looked_at(context, run_of(context)), context.time)
    found = [each["item"] for each in made]
    return Finished(page(found, query, order="asc", where=lambda item: wanted in (None, "", item["status"])))


def retrieve_item(context: Context) -> Finished:
    """One output item; raises `Refused` with 404 if there is none yet."""
    id_ = context.path["output_item_id"]
    made = running.shown(running.looked_at(context, run_of(context)), context.time)
    found = next((each["item"] for each in made if each["item"]["id"] == id_), None)
    if found is None:
        raise Refused(errors.not_found("Output item", id_))
    return Finished(found)


_ALL = "/evals/{eval_id}/runs"
_ONE = f"{_ALL}/{{run_id}}"

ENDPOINTS = (
    Endpoint("GET", _ALL, "evals.runs", list_runs),
    Endpoint(
        "POST",
        _ALL,
        "evals.runs",
        create,
        params="openai.types.evals.run_create_params:RunCreateParams",
        bounds=checks.METADATA_BOUNDS,
        rules=(checks.metadata_rule,),
    ),
    Endpoint("GET", _ONE, "evals.runs", retrieve),
    Endpoint("DELETE", _ONE, "evals.runs", delete),
    Endpoint("POST", f"{_ONE}/cancel", "evals.runs", cancel),
    Endpoint("POST", _ONE, "evals.runs", cancel),  # where SDKs before 3 cancel
    Endpoint("GET", f"{_ONE}/output_items", "evals.runs.output_items", list_items),
    Endpoint("GET", f"{_ONE}/output_items/{{output_item_id}}", "evals.runs.output_items", retrieve_item),
)
