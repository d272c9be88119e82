"""What a job will do, known when it is created: its hyperparameters, its steps, and the names of its models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core import finetuned, headers
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.seed import Draw

_ALIASES = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "o4-mini": "o4-mini-2025-04-16",
}
_PREFERENCE_TOO = {name for alias, name in _ALIASES.items() if alias.startswith(("gpt-4o", "gpt-4.1"))}
_SUPERVISED = {"babbage-002", "davinci-002", "gpt-3.5-turbo-1106", "gpt-3.5-turbo-0613", *_ALIASES.values()}
_METHODS: Mapping[str, frozenset[str]] = {
    "supervised": frozenset(_SUPERVISED - {"o4-mini-2025-04-16"}),
    "dpo": frozenset(_PREFERENCE_TOO),
    "reinforcement": frozenset({"o4-mini-2025-04-16"}),
}
"""The models of each method (OpenAI's guide on model optimization, "Fine-tuning methods")."""

_EPOCHS, _ENOUGH, _TOO_MANY, _MOST_EPOCHS = 3, 100, 25_000, 25
_CHECKPOINTS = 3  # those of the last epochs are kept (fine-tuning guide, "Use a checkpointed model")
_TWO_THOUSANDTHS, _LARGEST_BATCH = 0.002, 256


def snapshot(model: str) -> str:
    """The dated model that an alias such as `gpt-4o-mini` stands for; others, and fine-tuned ones, are themselves."""
    return _ALIASES.get(model, model)


def base(model: str) -> str:
    """The model of OpenAI's that a model was fine-tuned from; itself if it was not."""
    return model.removeprefix(finetuned.PREFIX).partition(":")[0] if model.startswith(finetuned.PREFIX) else model


def is_trainable(model: str, method: str | None = None) -> bool:
    """Whether a model can be fine-tuned by this method; None: by any."""
    methods = _METHODS.values() if method is None else (_METHODS[method],)
    return any(base(model) in models for models in methods)


def hyperparameters(asked: Mapping[str, Any], examples: int) -> JSON:
    """Those asked for, with numbers in the place of `auto`.

    Epochs as OpenAI's cookbook reckons them ("Data preparation and analysis for chat model fine-tuning"); batches hold
    two thousandths of the examples; the rate is that of recorded jobs.
    """
    numbers = {
        "n_epochs": _epochs(examples),
        "batch_size": min(_LARGEST_BATCH, max(1, round(examples * _TWO_THOUSANDTHS))),
        "learning_rate_multiplier": 1.8,
        "beta": 0.1,
        "compute_multiplier": 1.0,
        "eval_interval": 1,
        "eval_samples": 1,
    }
    return {name: numbers.get(name, value) if value == "auto" else value for name, value in asked.items()}


def _epochs(examples: int) -> int:
    if examples * _EPOCHS < _ENOUGH:
        return min(_MOST_EPOCHS, _ENOUGH // examples)
    if examples * _EPOCHS > _TOO_MANY:
        return max(1, _TOO_MANY // examples)
    return _EPOCHS


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of the training: `epoch` of them in each of `epochs`."""

    epoch: int
    epochs: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.epoch * self.epochs

    @property
    def checkpoints(self) -> list[int]:
        """The steps after which a checkpoint is kept: the ends of the last epochs."""
        first = max(1, self.epochs - _CHECKPOINTS + 1)
        return [self.epoch * epoch for epoch in range(first, self.epochs + 1)]


def steps(numbers: Mapping[str, Any], examples: int) -> Steps:
    """The steps that so many examples take with these hyperparameters."""
    return Steps(math.ceil(examples / numbers["batch_size"]), numbers["n_epochs"])


def names(model: str, suffix: str | None, planned: Steps, draw: Draw) -> dict[int, str]:
    """The names of the models by the step they are made at; the last is that of the fine-tuned model itself.

    `ft:gpt-4o-mini-2024-07-18:mock:my-suffix:9uJPbR69`, and a checkpoint `:ckpt-step-100` with an id of its own.
    """
    organization = headers.ORGANIZATION.removeprefix("org-")
    made = {}
    for step in planned.checkpoints:
        id_ = draw.child(f"model {step}").alphanumeric(8)
        name = f"{finetuned.PREFIX}{base(model)}:{organization}:{_named(suffix)}:{id_}"
        made[step] = name if step == planned.total else f"{name}:ckpt-step-{step}"
    return made


def _named(suffix: str | None) -> str:
    """A suffix as it stands in a model's name, whose parts are divided by colons."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in suffix or "")
