"""What goes wrong when no value can be made, and the allowance of work after which it counts as wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Unsatisfiable(ValueError):
    """No value was found for a JSON schema: it allows none, is malformed, or uses what is not supported.

    `path` is the JSON pointer of the schema at fault (`#/properties/age`), `reason` what is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{_shortened(path)}: {reason}")
        self.path = path
        self.reason = reason


def _shortened(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:100]}...{path[-90:]}"


class TooMuch(Exception):
    """The allowance of work is used up, so looking for another way would not help."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


class Place(Protocol):
    """Something in the schema that has a path."""

    @property
    def path(self) -> str: ...


@dataclass(slots=True)
class Budget:
    """Steps of work that are left; counted, not timed, so that every machine gives the same verdict."""

    left: int

    def spend(self, steps: int, place: Place) -> None:
        """Take steps off; raises `TooMuch` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch(place, "the schema takes too much work: it is too large or branches too often")
