"""What goes wrong when no value can be made, and the allowance of work after which it counts as wrong."""

from __future__ import annotations

from dataclasses import dataclass


class Unsatisfiable(ValueError):
    """No value was found for a JSON schema: it allows none, is malformed, or uses what is not supported.

    `path` is the JSON pointer of the schema at fault (`#/properties/age`), `reason` a phrase that names the keyword.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class TooMuch(Unsatisfiable):
    """The allowance of work is used up, so looking for another way would not help."""


@dataclass(slots=True)
class Budget:
    """Steps of work that are left; counted rather than timed, so that every machine gives the same verdict."""

    left: int

    def spend(self, steps: int, path: str) -> None:
        """Take steps off; raises `TooMuch` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch(path, "the schema takes too much work: it is too large or branches too often")
