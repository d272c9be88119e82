"""JSON that is read when somebody looks: of most calls of a load test nobody ever does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import jsontext


class Unread:
    """A value as a template of its JSON text, and what goes into the blanks of that."""

    __slots__ = ("_template", "values")

    def __init__(self, template: bytes, values: Mapping[bytes, bytes]) -> None:
        self._template = template
        self.values = values

    @property
    def text(self) -> bytes:
        """The JSON text."""
        return self._template % self.values

    def read(self) -> Any:
        """The value."""
        return jsontext.loads(self.text)
