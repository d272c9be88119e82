"""The models that a mock knows: the installed SDK's, those that the user adds, and the encodings the user sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_mockopenai.contract.models import sdk_models


class KnownModels:
    """Model names, and their encodings where the user knows better than the table."""

    def __init__(self) -> None:
        self._added: dict[str, None] = {}
        self._encodings: dict[str, str] = {}
        self._declared: dict[str, str | None] = {}
        self._all_encodings: dict[str, str] = {}

    def add(self, *names: str) -> None:
        """Declare models, such as fine-tuned ones or a gateway's own names."""
        self._added.update(dict.fromkeys(names))

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count the tokens of this model by this encoding; the model is then known too."""
        self._encodings[model] = encoding
        self._settle()
        self.add(model)

    def declare(self, models: Mapping[str, str | None]) -> None:
        """Put the models of stubs files, with their encodings, in the place of those declared before."""
        self._declared = dict(models)
        self._settle()

    def _settle(self) -> None:
        declared = {model: encoding for model, encoding in self._declared.items() if encoding}
        self._all_encodings = {**declared, **self._encodings}

    @property
    def declared(self) -> Iterable[str]:
        """The names that are not the SDK's."""
        return dict.fromkeys((*self._added, *self._declared))

    def names(self) -> Iterable[str]:
        """All names, the user's first."""
        return dict.fromkeys((*self._added, *self._declared, *sdk_models()))

    def knows(self, model: str) -> bool:
        """Whether the name is the user's or the SDK's."""
        return model in self._added or model in self._declared or model in sdk_models()

    @property
    def encodings(self) -> Mapping[str, str]:
        """The encodings that the user set, by model."""
        return self._all_encodings
