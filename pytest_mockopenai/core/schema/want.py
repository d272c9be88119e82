"""What the builders of arrays and objects ask for the values inside, and of whom."""

from __future__ import annotations

from collections.abc import Hashable, Set
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.seed import Draw

MOST = 2_000
"""Items or properties that are made at most because a schema demands them."""


@dataclass(frozen=True, slots=True)
class Want:
    """A value that is wanted: its draw, its name (of the property it is for), and the values it must not be.

    `lean`: the smallest value will do.
    """

    draw: Draw
    name: str = ""
    taken: Set[Hashable] = frozenset()
    lean: bool = False


class Maker(Protocol):
    """Makes values for schemas that hold together."""

    @property
    def document(self) -> Document: ...

    def make(self, parts: Parts, want: Want) -> Any:
        """A value; raises `Unsatisfiable`."""

    def recurs(self, parts: Parts) -> bool:
        """Whether it is time to stop going into these schemas again."""
