"""Being told of an import that comes later."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

import pytest

from pytest_mockopenai.isolation.late import on_import

NAME = "mockopenai_imported_late"


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that can be imported and is not yet."""
    file = tmp_path / f"{NAME}.py"
    file.write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    return file


def test_called_once_when_the_module_is_complete(late: Path) -> None:
    seen: list[int] = []
    finders = list(sys.meta_path)
    with on_import((NAME,), lambda: seen.append(sys.modules[NAME].value)):
        importlib.import_module("json")
        assert seen == []
        importlib.import_module(NAME)
        importlib.import_module(NAME)
        assert seen == [1]
    assert sys.meta_path == finders


def test_the_module_has_its_own_loader(late: Path) -> None:
    with on_import((NAME,), lambda: None):
        module = importlib.import_module(NAME)
    assert module.__spec__ is not None
    assert type(module.__loader__).__module__ != "pytest_mockopenai.isolation.late"
    assert module.__spec__.loader is module.__loader__
    assert inspect.getsource(module) == late.read_text()


def test_a_module_that_is_loaded_or_never_comes_calls_nothing(late: Path) -> None:
    finders = list(sys.meta_path)
    with on_import(("json",), lambda: pytest.fail("json was there before")):
        assert sys.meta_path == finders
    never = on_import(("mockopenai_nowhere",), lambda: pytest.fail("there is no such module"))
    with never, pytest.raises(ModuleNotFoundError):
        importlib.import_module("mockopenai_nowhere")
    assert sys.meta_path == finders


def test_an_error_in_the_module_is_the_importers(late: Path) -> None:
    late.write_text("1 / 0\n")
    with on_import((NAME,), lambda: pytest.fail("the import failed")), pytest.raises(ZeroDivisionError):
        importlib.import_module(NAME)
    assert NAME not in sys.modules
