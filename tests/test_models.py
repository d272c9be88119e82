"""The models a mock knows: the user's first, then the SDK's."""

from __future__ import annotations

from pytest_mockopenai.contract.models import sdk_models
from pytest_mockopenai.models import KnownModels


def test_the_sdks_models_are_known() -> None:
    models = KnownModels()
    assert list(models.names()) == list(sdk_models())
    assert all(models.knows(name) for name in sdk_models())
    assert not models.knows("mine")


def test_added_models_come_first_and_once() -> None:
    models = KnownModels()
    models.add("mine", "gpt-4o")
    models.add("mine")
    names = list(models.names())
    assert names[:2] == ["mine", "gpt-4o"]
    assert len(names) == len(set(names)) == len(sdk_models()) + 1
    assert models.knows("mine")


def test_a_model_with_an_encoding_is_known() -> None:
    models = KnownModels()
    models.set_encoding("mine", "o200k_base")
    assert models.knows("mine")
    assert models.encodings == {"mine": "o200k_base"}


def test_mocks_do_not_share_models() -> None:
    KnownModels().add("mine")
    assert not KnownModels().knows("mine")
