"""Shapes that take one of several others, and how the one that was meant is picked for the message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.contract.shapes import (
    TAGS,
    Anything,
    Choice,
    Object,
    Plan,
    Problem,
    Scalar,
    Shape,
    bare,
    wrong_type,
)
from pytest_mockopenai.core.wording import either


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of several shapes, found by the value's JSON type."""

    phrase: str
    by_type: Mapping[type, Shape]

    @property
    def types(self) -> frozenset[type]:
        """The types of all members."""
        return frozenset(self.by_type)

    def find(self, value: object) -> Problem | None:
        """The problem that the members for the type of `value` find."""
        shape = self.by_type.get(type(value))
        return shape.find(value) if shape is not None else wrong_type(self, value)


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of several objects, told apart by `type` or `role`."""

    objects: tuple[Object, ...]
    phrase: str = "an object"

    @property
    def types(self) -> frozenset[type]:
        """An object."""
        return frozenset({dict})

    def find(self, value: object) -> Problem | None:
        """None if an object fits; else the problem of the one that the tags name, or of the tag if they name none."""
        if not isinstance(value, dict):
            return wrong_type(self, value)
        for member in self.objects:
            if _agrees(member.plan(), value) and member.find(value) is None:
                return None
        return _explained(self.objects, value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several shapes of the same JSON type that no tag tells apart, such as lists of different items."""

    members: tuple[Shape, ...]
    phrase: str

    @property
    def types(self) -> frozenset[type]:
        """The types of all members."""
        return _types(self.members)

    def find(self, value: object) -> Problem | None:
        """None if a member takes `value`; else the problem of the one that got furthest."""
        return _nearest(self.members, value, _items_passed)


def one_of(members: Iterable[Shape]) -> Shape:
    """The simplest shape that takes what any of `members` takes."""
    shapes = _simplest(members)
    if len(shapes) == 1:
        return shapes[0]
    types = dict.fromkeys(each for shape in shapes for each in shape.types)
    if all(isinstance(shape, Scalar) for shape in shapes):
        return Scalar(_phrase(shapes), frozenset(types))
    by_type = {each: _together([shape for shape in shapes if each in shape.types]) for each in types}
    return next(iter(by_type.values())) if len(by_type) == 1 else OneOf(_phrase(shapes), by_type)


def _simplest(members: Iterable[Shape]) -> list[Shape]:
    """Members without doubles and those that another swallows, and with all choices made into one."""
    shapes = _unique(members)
    anything: list[Shape] = [shape for shape in shapes if isinstance(shape, Anything)]
    plain = _types(shape for shape in shapes if isinstance(shape, Scalar))
    choices = [shape for shape in shapes if isinstance(shape, Choice) and not shape.types <= plain]
    values = dict.fromkeys(value for choice in choices for value in choice.values)
    rest = [choice_of(tuple(values)) if shape in choices else shape for shape in shapes]
    return anything[:1] or _unique(shape for shape in rest if not _swallowed(shape, plain))


def _unique(shapes: Iterable[Shape]) -> list[Shape]:
    """Shapes without doubles, in their order; compared, for not all of them can be hashed."""
    found: list[Shape] = []
    for shape in shapes:
        if shape not in found:
            found.append(shape)
    return found


def _swallowed(shape: Shape, plain: frozenset[type]) -> bool:
    return isinstance(shape, Choice) and shape.types <= plain


def _types(shapes: Iterable[Shape]) -> frozenset[type]:
    return frozenset[type]().union(*(shape.types for shape in shapes))


def choice_of(values: tuple[object, ...]) -> Shape:
    """One of `values`; both truth values are simply a boolean."""
    types = frozenset(map(type, values))
    both = types == {bool} and len(values) == 2
    return Scalar("a boolean", types) if both else Choice(values, types)


def _together(shapes: list[Shape]) -> Shape:
    if len(shapes) == 1:
        return shapes[0]
    objects = tuple(shape for shape in shapes if isinstance(shape, Object))
    return Tagged(objects) if len(objects) == len(shapes) else AnyOf(tuple(shapes), _phrase(shapes))


def _phrase(shapes: list[Shape]) -> str:
    """`one of a string or array of objects`; null is not mentioned."""
    phrases = list(dict.fromkeys(shape.phrase for shape in shapes if shape.types != {type(None)}))
    if len(phrases) < 2:
        return phrases[0] if phrases else "null"
    return f"one of {either([phrases[0], *map(bare, phrases[1:])])}"


def _agrees(plan: Plan, value: Mapping[str, Any]) -> bool:
    """Whether no tag of `value` says that it is something else."""
    for tag, values in plan.tags.items():
        given = value.get(tag)
        if given not in values and (given is not None or plan.fields[tag].required):
            return False
    return True


def _explained(objects: tuple[Object, ...], value: Mapping[str, Any]) -> Problem | None:
    """The problem of the object that was meant, where `value` fits none of `objects`."""
    meant = list(objects)
    for tag in TAGS:
        tagged = [member for member in meant if tag in member.plan().tags]
        if tagged:
            meant = _untold(meant, tag, value) if value.get(tag) is None else _told(meant, tag, value)
        if not meant:
            return _astray(tagged, tag, value)
    return _nearest(meant, value, _tags_passed)


def _told(objects: list[Object], tag: str, value: Mapping[str, Any]) -> list[Object]:
    """Those of `objects` whose tag is the one that `value` has, or may be any."""
    plans = ((member, member.plan()) for member in objects)
    return [each for each, plan in plans if tag in plan.fields and value[tag] in plan.tags.get(tag, (value[tag],))]


def _untold(objects: list[Object], tag: str, value: Mapping[str, Any]) -> list[Object]:
    """Those of `objects` that can do without this tag: best those that `value` has anything else of."""
    free = [member for member in objects if tag not in member.plan().required]
    known = [member for member in free if not member.plan().fields.keys().isdisjoint(value)]
    return known or [member for member in free if tag in member.plan().tags]


def _astray(tagged: list[Object], tag: str, value: Mapping[str, Any]) -> Problem:
    if tag not in value:
        return Problem("missing", (tag,))
    given = value[tag]
    if not isinstance(given, str):
        return Problem("type", (tag,), given, expected="a string")
    supported = (each for member in tagged for each in member.plan().tags[tag])
    return Problem("value", (tag,), given, supported=tuple(dict.fromkeys(supported)))


def _nearest(members: Iterable[Shape], value: object, how_far: Callable[[Problem], tuple[int, int]]) -> Problem | None:
    """None if one takes `value`; else the problem of the one that got furthest, which was likely meant."""
    problems = []
    for member in members:
        problem = member.find(value)
        if problem is None:
            return None
        problems.append(problem)
    return max(problems, key=how_far)


def _items_passed(problem: Problem) -> tuple[int, int]:
    """For lists: how many items were good, and how deep the bad one is good."""
    first = problem.path[0] if problem.path else -1
    return (first if isinstance(first, int) else -1, len(problem.path))


def _tags_passed(problem: Problem) -> tuple[int, int]:
    """For objects: whether it was more than a wrong tag inside that stopped the check, and how deep it came."""
    last = problem.path[-1] if problem.path else ""
    return (problem.kind != "value" or last not in TAGS, len(problem.path))
