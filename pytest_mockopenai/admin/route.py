"""One operation of the admin API: what runs, and what its OpenAPI document says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

JSON: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for the admin API, read: values in its path, its query, its JSON."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    """`run` answers with JSON, and may raise `Refused`. Schemas are JSON Schema; `query` has one for each parameter.

    An `open` operation needs no token: probes have none.
    """

    method: str
    path: str
    summary: str
    run: Callable[[Asked], JSON]
    answer: JSON
    query: Mapping[str, JSON] = field(default_factory=dict)
    body: JSON | None = None
    open: bool = False
    status: int = 200
