"""Attributes are replaced while somebody is on and put back exactly, whatever other tools do meanwhile."""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest

from pytest_mockopenai.isolation.patching import Patches, Point, Stack


class Base:
    """Has the method that Thing inherits."""

    def inherited(self) -> str:
        return "inherited"


class Thing(Base):
    """What is patched."""

    def own(self) -> str:
        return "own"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with a function and a class that inherits a method."""
    made: Any = ModuleType("mockopenai_patched")
    made.Thing = type("Thing", (Base,), {"own": Thing.own})
    made.function = lambda: "function"
    monkeypatch.setitem(sys.modules, "mockopenai_patched", made)
    return made


def _loud(original: Any) -> Any:
    @functools.wraps(original)
    def loud(*args: Any) -> str:
        return str(original(*args)).upper()

    return loud


def _patches(*paths: str) -> Patches:
    return Patches(tuple(Point("mockopenai_patched", path, _loud) for path in paths))


def test_own_inherited_and_module_attributes_come_back_as_they_were(module: Any) -> None:
    was, function = dict(vars(module.Thing)), module.function
    patches = _patches("Thing.own", "Thing.inherited", "function")
    assert not patches.active
    with patches.on():
        assert patches.active
        assert (module.Thing().own(), module.Thing().inherited(), module.function()) == (
            "OWN",
            "INHERITED",
            "FUNCTION",
        )
    assert dict(vars(module.Thing)) == was
    assert module.function is function
    assert not patches.active


def test_what_is_not_there_is_put_there_only_if_said(module: Any) -> None:
    def make(standing: Any) -> Any:
        return lambda _: standing

    patches = Patches(
        (
            Point("mockopenai_patched", "Thing.new", make, adds=True),
            Point("mockopenai_patched", "Thing.gone", make),
        )
    )
    with patches.on():
        assert module.Thing().new() is None
        assert not hasattr(module.Thing, "gone")
    assert not hasattr(module.Thing, "new")


def test_modules_and_parents_that_are_missing_are_passed_over(module: Any) -> None:
    patches = Patches((Point("no_such_module", "name", _loud), Point("mockopenai_patched", "Nobody.own", _loud)))
    with patches.on():
        assert patches.active


def test_a_stub_in_a_modules_place_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Mock()
    monkeypatch.setitem(sys.modules, "mockopenai_patched", stub)
    with _patches("function", "Thing.own").on():
        assert isinstance(stub.function, Mock)
    assert isinstance(stub.function, Mock)


def test_nested_users_share_one_replacement(module: Any) -> None:
    patches, function = _patches("function"), module.function
    with patches.on():
        first = module.function
        with patches.on():
            assert module.function is first
        assert module.function is first
    assert module.function is function


def test_users_may_leave_in_any_order(module: Any) -> None:
    patches, function = _patches("function"), module.function
    first, second = patches.on(), patches.on()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert module.function() == "FUNCTION"
    second.__exit__(None, None, None)
    assert module.function is function


def test_a_module_imported_meanwhile_is_patched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mockopenai_patched.py").write_text("def function():\n    return 'late'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mockopenai_patched", raising=False)
    with _patches("function").on():
        late = importlib.import_module("mockopenai_patched")
        assert late.function() == "LATE"
    assert late.function() == "late"
    del sys.modules["mockopenai_patched"]


def test_another_tool_that_patched_over_ours_stays(module: Any) -> None:
    patches = _patches("function")
    original = module.function
    with patches.on():
        ours = module.function
        module.function = functools.wraps(ours)(lambda: "theirs " + ours())
    theirs = module.function
    assert theirs() == "theirs FUNCTION"
    with patches.on():
        assert module.function() == "THEIRS FUNCTION"
    assert module.function is theirs
    module.function = ours  # and it puts back what it found
    with patches.on():
        assert module.function is ours
    assert module.function is original


def test_an_error_in_the_making_undoes_what_was_placed(module: Any) -> None:
    def fails(original: Any) -> Any:
        raise ZeroDivisionError

    function = module.function
    patches = Patches((Point("mockopenai_patched", "function", _loud), Point("mockopenai_patched", "Thing.own", fails)))
    with pytest.raises(ZeroDivisionError), patches.on():
        pass
    assert module.function is function
    assert not patches.active


def test_a_stack_gives_up_the_very_entry_it_was_given() -> None:
    stack: Stack[list[int]] = Stack()
    first, second = stack.holding([1]), stack.holding([1])
    one, two = first.__enter__(), second.__enter__()
    assert stack.entries == (one, two)
    first.__exit__(None, None, None)
    assert stack.entries[0] is two
    second.__exit__(None, None, None)
    assert stack.entries == ()
