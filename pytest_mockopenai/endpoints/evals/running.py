"""Runs the items of an eval: asks the model, grades, and keeps what came of it.

Items run when their run is created, so that they take scripted words in their order, whatever the clock says; those of
a large run go on at each look at it. What came of them shows as the clock goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import lifecycle
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.grading import graders, sampling, template
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.endpoints.evals.kept import runs

AT_A_LOOK = 200
"""Items that run while one request is answered, so that nobody waits long for a server with a large run."""

_OF_RESPONSES = {"max_completion_tokens": "max_output_tokens"}  # sampling parameters with another name there
_NOT_THERE = frozenset({"seed", "reasoning_effort"})  # those that responses have not, or elsewhere


def looked_at(context: Context, entry: JSON) -> JSON:
    """The run after what is to be done at this look has been done."""
    run, mine = entry["run"], range(0)

    def claim(now: JSON) -> JSON:
        nonlocal mine
        mine = range(now["claimed"], min(now["claimed"] + AT_A_LOOK, len(now["data"])))
        return {**now, "claimed": mine.stop}

    if entry["claimed"] < len(entry["data"]):
        entry = runs(context).update(run["id"], claim) or entry
    done = [_output(context, entry, place) for place in mine]
    if done:
        entry = runs(context).update(run["id"], lambda now: {**now, "made": [*now["made"], *done]}) or entry
        if is_late(entry) and has_run(entry):
            context.announce("eval.run", run["id"], [(entry["timeline"][-1][0], context.time)])
    return entry


def has_run(entry: JSON) -> bool:
    """Whether all items have run."""
    return len(entry["made"]) == len(entry["data"])


def is_late(entry: JSON) -> bool:
    """Whether it takes more than one look to run all items."""
    return len(entry["data"]) > AT_A_LOOK


def moment(entry: JSON, place: int) -> float:
    """When an item shows, in Unix seconds: evenly, while the run is in progress."""
    begins, ends = entry["runs"]
    return float(begins + (ends - begins) * (place + 1) / len(entry["data"]))


def shown(entry: JSON, time: float) -> list[JSON]:
    """What came of the items that show at this time, in their order."""
    status, since = entry["timeline"][-1]
    last = min(since, time) if status == "canceled" else time
    found = [made for made in entry["made"] if moment(entry, made["place"]) <= last]
    return sorted(found, key=lambda made: int(made["place"]))


def status_of(entry: JSON, time: float) -> str:
    """The status of a run: it is not completed before its items have run."""
    status = lifecycle.status_at(entry["timeline"], time)
    return "in_progress" if status == "completed" and not has_run(entry) else status


# --- one item ---------------------------------------------------------------------------------------------------------


def _output(context: Context, entry: JSON, place: int) -> JSON:
    run, given = entry["run"], entry["data"][place]
    sample = _sample(context, entry["run"]["data_source"], given)
    variables = {"item": given["item"], "sample": sample.variables}
    failed = sample.sample["error"] is not None
    grades = [] if failed else [graders.grade(each, variables, context.call) for each in entry["criteria"]]
    results = [_result(each, grade) for each, grade in zip(entry["criteria"], grades, strict=False)]
    errored = failed or any(grade.error for grade in grades)
    passed = all(grade.passed for grade in grades)
    item = {
        "object": "eval.run.output_item",
        "id": "outputitem_" + draw_for(0, run["id"], place).hex(32),
        "created_at": int(moment(entry, place)),
        "run_id": run["id"],
        "eval_id": run["eval_id"],
        "status": "error" if errored else "pass" if passed else "fail",
        "datasource_item_id": place,
        "datasource_item": given["item"],
        "results": results,
        "sample": sample.sample,
    }
    asked = [sample.sample] if _asks(run["data_source"]) and not failed else []
    samples = [*asked, *(each for grade in grades for each in grade.samples)]
    return {"place": place, "item": item, "usage": graders.models_of(samples)}


def _result(criterion: Mapping[str, Any], grade: graders.Grade) -> JSON:
    sample = grade.samples[-1] if grade.samples else None
    result = {
        "name": criterion["id"],
        "type": criterion["type"],
        "score": grade.score,
        "passed": grade.passed,
        "sample": sample,
    }
    return {**result, "error": grade.error} if grade.error else result


def _asks(source: Mapping[str, Any]) -> bool:
    """Whether the run asks a model, and does not merely grade what is in the data."""
    return source["type"] != "jsonl" and source.get("input_messages") is not None


def _sample(context: Context, source: Mapping[str, Any], given: JSON) -> sampling.Sample:
    if not _asks(source):
        known = given.get("sample") or {}
        text = known.get("output_text")
        told = {name: value for name, value in known.items() if name in sampling.nothing()}
        return sampling.Sample({**sampling.nothing(), **told}, text if isinstance(text, str) else "", known=known)
    try:
        messages = _messages(source["input_messages"], {"item": given["item"]})
    except template.UnknownVariable as unknown:
        error = {"code": "invalid_variable", "message": str(unknown)}
        return sampling.Sample({**sampling.nothing(source.get("model", "")), "error": error})
    parameters = {name: value for name, value in (source.get("sampling_params") or {}).items() if value is not None}
    if source["type"] == "completions":
        return sampling.asked(
            context.call, sampling.CHAT, {"model": source["model"], "messages": messages, **parameters}
        )
    return sampling.asked(context.call, sampling.RESPONSES, _for_responses(source["model"], messages, parameters))


def _messages(given: Mapping[str, Any], variables: Mapping[str, Any]) -> list[JSON]:
    if given["type"] == "template":
        return template.messages(given["template"], variables)
    found = template.lookup(given["item_reference"], variables)
    if not isinstance(found, list) or not all(map(_is_message, found)):
        raise template.UnknownVariable(given["item_reference"])
    return found


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "content" in value


def _for_responses(model: str, messages: list[JSON], parameters: JSON) -> JSON:
    body: JSON = {"model": model, "input": [_input(each) for each in messages], "store": False}
    if parameters.get("reasoning_effort"):
        body["reasoning"] = {"effort": parameters["reasoning_effort"]}
    named = {_OF_RESPONSES.get(name, name): value for name, value in parameters.items() if name not in _NOT_THERE}
    return {**body, **named}


def _input(message: JSON) -> JSON:
    """A message of chat as an input item of responses."""
    content = message["content"]
    return {**message, "content": [_input_part(part) for part in content]} if isinstance(content, list) else message


def _input_part(part: JSON) -> JSON:
    if part["type"] == "image_url":
        return {**part["image_url"], "type": "input_image", "image_url": part["image_url"]["url"]}
    return {**part, "type": "input_text"} if part["type"] == "text" else part
