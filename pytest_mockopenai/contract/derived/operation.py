"""One operation of the API, as the installed openai package calls it; every type by its name, none of them loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["object", "nothing", "text", "binary"]
"""What a reply is: a JSON object, an empty body, plain text, or bytes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path, and what goes in and comes out.

    `query` are the pairs that the path is always called with (`?beta=true`). `resource` and `name` are those of the
    SDK's method (`chat.completions`, `create`). Types are named `module:Name`: `reply` (of a page: its items),
    `stream` (of one event, None if it does not stream) and `params` (the body's TypedDict, None without one).
    `page` is the class of a list's page without `Sync`: `CursorPage`. `form`: the body may be multipart.
    `always_streams`: the reply is a stream whatever the request says.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    resource: str
    name: str
    kind: Kind
    reply: str | None = None
    page: str | None = None
    stream: str | None = None
    params: str | None = None
    form: bool = False
    always_streams: bool = False

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts: `("files", "{file_id}")`."""
        return tuple(self.path.strip("/").split("/"))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in order."""
        return tuple(part[1:-1] for part in self.segments if part.startswith("{"))

    @property
    def collection(self) -> str | None:
        """The path of what holds the item that the path ends with; None if it ends with no parameter."""
        head, _, last = self.path.rpartition("/")
        return head if last.startswith("{") else None
