"""Graders: how good what a model said is (OpenAI's guide on graders). Those that ask a model ask the mock itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.endpoint import JSON, CallsMock
from pytest_mockopenai.core.grading import formula, sampling, similarity, template
from pytest_mockopenai.core.grading.template import UnknownVariable

_EMBEDDING_MODEL = "text-embedding-3-large"

NOT_RUN = (
    "The mock does not run Python: what a 'python' grader would say is not known. "
    "Test its source by itself, and use another grader here."
)


@dataclass(frozen=True, slots=True)
class Grade:
    """What a grader says. With an `error` (`code`, `message`) it says nothing: the score is 0.

    `samples` are what models said to it, its own last; `parts` the grades of a `multi` grader, by name.
    """

    score: float = 0.0
    passed: bool = False
    error: JSON | None = None
    samples: tuple[JSON, ...] = ()
    parts: Mapping[str, Grade] | None = None


_Grader: TypeAlias = Mapping[str, Any]
_Variables: TypeAlias = Mapping[str, Any]


def grade(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    """Grade what `variables` hold: `item`, and `sample` (`sampling.Sample.variables`)."""
    try:
        return _GRADERS[grader["type"]](grader, variables, call)
    except UnknownVariable as error:
        return Grade(error={"code": "invalid_variable", "message": str(error)})


def _string_check(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    text, reference = (template.filled(grader[name], variables) for name in ("input", "reference"))
    passed = {
        "eq": text == reference,
        "ne": text != reference,
        "like": reference in text,
        "ilike": reference.lower() in text.lower(),
    }[grader["operation"]]
    return Grade(float(passed), passed)


def _text_similarity(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    text, reference = (template.filled(grader[name], variables) for name in ("input", "reference"))
    if grader["evaluation_metric"] == "cosine":
        return _judged(grader, *_cosine(text, reference, call))
    return _judged(grader, similarity.METRICS[grader["evaluation_metric"]](text, reference))


def _cosine(text: str, reference: str, call: CallsMock) -> tuple[float, JSON | None]:
    answered = call("/v1/embeddings", {"model": _EMBEDDING_MODEL, "input": [text or " ", reference or " "]})
    if answered.status >= 400:
        return 0.0, _error_of(answered.object["error"])
    one, other = (item["embedding"] for item in answered.object["data"])
    return similarity.cosine(one, other), None


def _judged(grader: _Grader, score: float, error: JSON | None = None) -> Grade:
    if error:
        return Grade(error=error)
    threshold = grader.get("pass_threshold")
    return Grade(score, score >= (_middle(grader) if threshold is None else threshold))


def _middle(grader: _Grader) -> float:
    """Where a grader without a threshold passes: from the middle of its range on."""
    low, high = grader.get("range") or (0.0, 1.0)
    return float(low + high) / 2


def _label_model(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    said, sample = _result(grader, variables, call, {"type": "string", "enum": list(grader["labels"])})
    said = said if said in grader["labels"] else sample.text.strip()
    if sample.sample["error"] or said not in grader["labels"]:
        return _failed(sample, f"The model's answer is none of the labels: {sample.text!r:.100}")
    passed = said in grader["passing_labels"]
    return Grade(float(passed), passed, samples=(sample.sample,))


def _score_model(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    low, high = grader.get("range") or (0.0, 1.0)
    said, sample = _result(grader, variables, call, {"type": "number", "minimum": low, "maximum": high})
    number = _number(said)
    if sample.sample["error"] or number is None or not low <= number <= high:
        return _failed(sample, f"The model's answer is no score from {low} to {high}: {sample.text!r:.100}")
    return replace(_judged(grader, number), samples=(sample.sample,))


def _python(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    return Grade(error={"code": "python_not_run", "message": NOT_RUN})


def _multi(grader: _Grader, variables: _Variables, call: CallsMock) -> Grade:
    """Its graders, by name, and a formula of their scores."""
    parts = {name: grade(each, variables, call) for name, each in named(grader).items()}
    samples = tuple(sample for part in parts.values() for sample in part.samples)
    error = next((part.error for part in parts.values() if part.error), None)
    if error:
        return Grade(error=error, samples=samples, parts=parts)
    try:
        score = formula.value(grader["calculate_output"], {name: part.score for name, part in parts.items()})
    except ValueError as wrong:
        return Grade(error={"code": "formula_parse_error", "message": str(wrong)}, samples=samples, parts=parts)
    return replace(_judged(grader, score), samples=samples, parts=parts)


def named(grader: _Grader) -> dict[str, _Grader]:
    """The graders of a `multi` grader by name: it has an object of them, or but one."""
    graders = grader["graders"]
    return {graders["name"]: graders} if "type" in graders else dict(graders)


_GRADERS: Mapping[str, Callable[[_Grader, _Variables, CallsMock], Grade]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "label_model": _label_model,
    "score_model": _score_model,
    "python": _python,
    "multi": _multi,
}


def _result(grader: _Grader, variables: _Variables, call: CallsMock, schema: JSON) -> tuple[Any, sampling.Sample]:
    """What the grader's model answers: JSON with a `result`, or the result alone, as a script may say it."""
    sample = sampling.asked(
        call,
        sampling.CHAT,
        {
            "model": grader["model"],
            "messages": template.messages(grader["input"], variables),
            "response_format": {"type": "json_schema", "json_schema": _answer_of(schema)},
            **_parameters(grader.get("sampling_params") or {}),
        },
    )
    said = sample.variables.get("output_json", sample.text)
    return (said.get("result") if isinstance(said, dict) else said), sample


def _answer_of(schema: JSON) -> JSON:
    whole = {"type": "object", "properties": {"result": schema}, "required": ["result"], "additionalProperties": False}
    return {"name": "grade", "strict": True, "schema": whole}


def _parameters(given: Mapping[str, Any]) -> JSON:
    """Those of a grader; the SDK spells one of them `max_completions_tokens`."""
    names = {"max_completions_tokens": "max_completion_tokens"}
    return {names.get(name, name): value for name, value in given.items() if value is not None}


def _failed(sample: sampling.Sample, message: str) -> Grade:
    error = sample.sample["error"] or {"code": "model_grader_parse_error", "message": message}
    return Grade(error=error, samples=(sample.sample,))


def _error_of(error: JSON) -> JSON:
    return {"code": error["code"] or error["type"], "message": error["message"]}


def _number(said: object) -> float | None:
    """The number that was said, or that a text holds."""
    if isinstance(said, str):
        try:
            said = jsontext.loads(said)
        except jsontext.BadJSON:
            return None
    return float(said) if isinstance(said, (int, float)) and not isinstance(said, bool) else None


def models_of(samples: Sequence[JSON]) -> list[JSON]:
    """The usage of samples by model (`per_model_usage` of openai/types/evals/run_create_response.py)."""
    found: dict[str, JSON] = {}
    for sample in samples:
        before = found.get(sample["model"]) or {
            "model_name": sample["model"],
            "invocation_count": 0,
            **dict.fromkeys(sample["usage"], 0),
        }
        counts = {name: before[name] + count for name, count in sample["usage"].items()}
        found[sample["model"]] = {**before, "invocation_count": before["invocation_count"] + 1, **counts}
    return list(found.values())
