"""The metrics of a training: made up, but always the same for a seed, and falling as a training's do."""

from __future__ import annotations

import math
from functools import lru_cache

from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.endpoints.fine_tuning.plan import Steps

_LOGGED = 1000  # steps at most; of a longer training evenly spread ones
_COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
"""Of a results file (fine-tuning guide, "Analyzing your fine-tuned model")."""


def logged(planned: Steps) -> list[int]:
    """The steps that are told of: all, or of a long training about a thousand; the ends of epochs always."""
    stride = math.ceil(planned.total / _LOGGED)
    ends = range(planned.epoch, planned.total + 1, planned.epoch)
    return sorted({1, *range(stride, planned.total + 1, stride), *(ends if len(ends) <= _LOGGED else ())})


def at(step: int, planned: Steps, seed: int, *, validated: bool) -> JSON:
    """The metrics of a step; those of the validation file at the end of each epoch."""
    train = _scores(seed, "train", step / planned.total, step)
    found = {"step": step, "train_loss": train[0], "train_mean_token_accuracy": train[1]}
    if not validated or step % planned.epoch:
        return found
    valid = _scores(seed, "valid", step / planned.total, step)
    full = _scores(seed, "full", step / planned.total, step)
    return {
        **found,
        "valid_loss": valid[0],
        "valid_mean_token_accuracy": valid[1],
        "full_valid_loss": full[0],
        "full_valid_mean_token_accuracy": full[1],
    }


def told(metrics: JSON, total: int) -> str:
    """The message of a step's event."""
    losses = {"training": "train_loss", "validation": "valid_loss", "full validation": "full_valid_loss"}
    said = [f"{name} loss={metrics[key]:.2f}" for name, key in losses.items() if key in metrics]
    return f"Step {metrics['step']}/{total}: {', '.join(said)}"


def results(planned: Steps, seed: int, *, validated: bool) -> bytes:
    """The results file: CSV, a row for each step."""
    rows = [",".join(_COLUMNS)]
    for step in logged(planned):
        found = at(step, planned, seed, validated=validated)
        values = step, found["train_loss"], found["train_mean_token_accuracy"], *_validation(found)
        rows.append(",".join(map(str, values)))
    return ("\n".join(rows) + "\n").encode()


def _validation(found: JSON) -> tuple[object, object]:
    return found.get("valid_loss", ""), found.get("valid_mean_token_accuracy", "")


@lru_cache(4096)
def _scores(seed: int, label: str, done: float, step: int) -> tuple[float, float]:
    """Loss and mean token accuracy when so much of the training is done."""
    wobble = 0.75 + 0.5 * draw_for(seed, "fine-tuning", label, step).uniform()
    loss = (0.1 + 2.4 * math.exp(-4 * done)) * wobble
    return round(loss, 5), round(math.exp(-loss / 3), 5)
