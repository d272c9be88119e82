"""What a client may cost: bytes, connections, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mockopenai.hosts.reading import BODY_LIMIT, HEAD_LIMIT


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes and seconds; None in place of seconds, or of a number of connections, means no limit.

    `head` and `body`: the longest head and body, answered with 431 and 413. `connections`: how many may be open; one
    more is answered with 503.

    `idle`: how long a connection may wait for its next request. `sending_head`: how long a client may take to send a
    request's head. `sending_body`: the same for a body; each `rate` bytes earn one second more. Both are answered with
    408. `taking`: how long a client may take nothing of a reply; it is then left as one that has gone.
    """

    head: int = HEAD_LIMIT
    body: int = BODY_LIMIT
    connections: int | None = None
    idle: float | None = 75.0
    sending_head: float | None = 20.0
    sending_body: float | None = 30.0
    rate: int = 4096
    taking: float | None = 60.0

    @property
    def resolution(self) -> float:
        """How often, in seconds, it has to be looked for who is late."""
        times = (self.idle, self.sending_head, self.sending_body, self.taking)
        return max(0.002, min(1.0, *(seconds / 4 for seconds in times if seconds is not None), 1.0))
