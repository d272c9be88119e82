"""POST of the graders of fine-tuning: one is run on a sample, or merely checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors, jsontext
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.grading import formula
from pytest_mockopenai.core.grading.graders import Grade, grade, models_of, named

_ERRORS = (
    *("formula_parse_error", "sample_parse_error", "truncated_observation_error", "unresponsive_reward_error"),
    *("invalid_variable_error", "other_error", "python_grader_server_error", "python_grader_runtime_error"),
    *("model_grader_server_error", "model_grader_refusal_error", "model_grader_parse_error"),
)
_FLAGS: Mapping[str, str] = {
    "formula_parse_error": "formula_parse_error",
    "invalid_variable": "invalid_variable_error",
    "python_not_run": "python_grader_server_error",
    "model_grader_parse_error": "model_grader_parse_error",
}
"""Which flag an error of a grader sets; those of the API say `model_grader_server_error`."""


def run(context: Context) -> Finished:
    """The reward that a grader gives (openai/types/fine_tuning/alpha/grader_run_response.py)."""
    body, text = context.body, context.body["model_sample"]
    _check(body["grader"])
    item = body.get("item")
    given = grade(body["grader"], {"item": {} if item is None else item, "sample": _sample(text)}, context.call)
    usage = models_of(given.samples)
    return Finished(
        {
            "reward": given.score,
            "metadata": _metadata(body["grader"], given, usage),
            "sub_rewards": {name: part.score for name, part in (given.parts or {}).items()},
            "model_grader_token_usage_per_model": {each["model_name"]: each for each in usage},
        }
    )


def validate(context: Context) -> Finished:
    """The grader as it was sent; raises `Refused` for one that cannot run."""
    _check(context.body["grader"])
    return Finished({"grader": context.body["grader"]})


def _sample(text: str) -> JSON:
    try:
        return {"output_text": text, "output_json": jsontext.loads(text)}
    except jsontext.BadJSON:
        return {"output_text": text}


def _check(grader: Mapping[str, Any]) -> None:
    """A formula that names no grader is found before anything runs."""
    if grader["type"] != "multi":
        return
    try:
        formula.value(grader["calculate_output"], dict.fromkeys(named(grader), 0.5))
    except ValueError as error:
        message = f"Invalid 'grader.calculate_output': {error}"
        raise Refused(errors.invalid(message, param="grader.calculate_output", code="invalid_value")) from None


def _metadata(grader: Mapping[str, Any], given: Grade, usage: list[JSON]) -> JSON:
    found: JSON = dict.fromkeys(_ERRORS, False)
    details: JSON = {"python_grader_server_error_type": None, "python_grader_runtime_error_details": None}
    server: JSON = {"model_grader_server_error_details": None}
    if given.error:
        flag = _FLAGS.get(given.error["code"], "model_grader_server_error")
        found[flag] = True
        if flag == "python_grader_server_error":
            details["python_grader_server_error_type"] = given.error["message"]
        elif flag == "model_grader_server_error":
            server["model_grader_server_error_details"] = given.error["message"]
    return {
        "name": grader["name"],
        "type": grader["type"],
        "errors": {**found, **details, **server},
        "execution_time": 0.0,
        "scores": {name: part.score for name, part in (given.parts or {grader["name"]: given}).items()},
        "token_usage": sum(each["total_tokens"] for each in usage) if usage else None,
        "sampled_model_name": usage[-1]["model_name"] if usage else None,
    }


_TYPES = "openai.types.fine_tuning.alpha"

ENDPOINTS = (
    Endpoint(
        "POST",
        "/fine_tuning/alpha/graders/run",
        "fine_tuning.alpha.graders",
        run,
        params=f"{_TYPES}.grader_run_params:GraderRunParams",
    ),
    Endpoint(
        "POST",
        "/fine_tuning/alpha/graders/validate",
        "fine_tuning.alpha.graders",
        validate,
        params=f"{_TYPES}.grader_validate_params:GraderValidateParams",
    ),
)
