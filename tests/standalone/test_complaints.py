"""Complaints: each problem is said once, many are counted, and a few are kept."""

from __future__ import annotations

from pytest_mockopenai.scene import Scene
from pytest_mockopenai.standalone.complaints import KEPT, Complaints


def test_each_problem_is_said_once_and_stays() -> None:
    said: list[str] = []
    app = Scene().app
    complaints = Complaints(app, said.append)
    app.problems += ["one", "two"]
    complaints.tell()
    complaints.tell()
    app.problems.append("three")
    complaints.tell()
    assert said == ["one", "two", "three"] == app.problems


def test_after_a_reset_it_begins_anew() -> None:
    said: list[str] = []
    scene = Scene()
    complaints = Complaints(scene.app, said.append)
    scene.app.problems.append("one")
    complaints.tell()
    scene.reset()
    scene.app.problems.append("one")
    complaints.tell()
    assert said == ["one", "one"]


def test_many_are_counted_and_bounded() -> None:
    said: list[str] = []
    app = Scene().app
    complaints = Complaints(app, said.append)
    app.problems += map(str, range(KEPT + 5))
    complaints.tell()
    assert said == [*map(str, range(10)), f"and {KEPT - 5} more such problems"]
    assert len(app.problems) == KEPT
    app.problems.append("last")
    complaints.tell()
    assert said[-1] == "last"
