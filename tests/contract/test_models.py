"""The model names of the installed SDK, whatever lists it has."""

from __future__ import annotations

import importlib
from typing import Literal, Union

import pytest

from pytest_mockopenai.contract import models
from pytest_mockopenai.contract.models import sdk_models


def test_each_name_once() -> None:
    names = sdk_models()
    assert len(names) == len(set(names))
    assert all(name and isinstance(name, str) for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-realtime",
        "gpt-4o-transcribe",
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-3.5-turbo-instruct",
        "text-embedding-3-small",
        "whisper-1",
        "tts-1",
        "dall-e-3",
    ],
)
def test_a_model_of_each_endpoint(name: str) -> None:
    assert name in sdk_models()


@pytest.mark.parametrize("path", models._LISTS)
def test_every_list_is_there(path: str) -> None:
    """Those of the SDK that the tests are run with; an older one may lack some."""
    module, _, attribute = path.partition(":")
    assert hasattr(importlib.import_module(module), attribute)
    assert set(models._names(path)) <= set(sdk_models())


@pytest.mark.parametrize("path", models._REALTIME)
def test_every_field_is_there(path: str) -> None:
    assert models._names_of_field(path)
    assert models._names_of_field(path.replace("realtime", "unreal")) == []


@pytest.mark.parametrize("path", ["openai.types.no_such:Model", "openai.types:NoSuchModel"])
def test_a_list_that_is_not_there(path: str) -> None:
    assert models._names(path) == []


def test_literals_of_unions() -> None:
    annotation = Union[str, Literal["a", "b"], Union[Literal["c"], None]]  # noqa: UP007
    assert models._literals(annotation) == ["a", "b", "c"]
