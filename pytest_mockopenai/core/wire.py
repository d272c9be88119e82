"""What goes over the wire, as values: a request, and a reply that a host plays. No socket, no clock.

Times are data: a reply says how long to wait before each step, in seconds, and the host does the waiting. Faults are
data too: a `Cut` says how the connection is ended, and the host does it. So a slow or broken reply is tested without
sleeping and without a network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias, get_args
from urllib.parse import parse_qsl, unquote

Headers: TypeAlias = tuple[tuple[str, str], ...]

How = Literal["close", "reset", "stall", "half_chunk"]
"""How a connection ends early.

`close`: closed in order, but before the framing said so. `reset`: TCP RST. `stall`: nothing more is sent and the
connection stays open until the client leaves. `half_chunk`: a chunk (or, with a content-length, the body) announces
more bytes than follow, then the connection is closed.
"""
HOWS: frozenset[str] = frozenset(get_args(How))

Ending = Literal["done", "cut", "reset", "stalled", "client_gone"]
"""How a reply ended.

`done`: in order. `cut`, `reset`, `stalled`: as its `Cut` said; also `cut` when the host itself was stopped before the
end. `client_gone`: the client left before everything was written.
"""
ENDINGS: dict[How, Ending] = {"close": "cut", "half_chunk": "cut", "reset": "reset", "stall": "stalled"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `target` is the request target as sent, undecoded: path and query (`/v1/models/a%2Fb?limit=2`). `headers` keeps the
    order and spelling of the wire; look names up with `header`, which ignores case. `scheme` is that of the connection.
    """

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    scheme: str = "http"

    @property
    def origin(self) -> str:
        """Scheme and host by which the client reached the mock; a gateway's `x-forwarded-proto` goes first."""
        told = (self.header("x-forwarded-proto") or "").partition(",")[0].strip().lower()
        scheme = told if told in ("http", "https") else self.scheme
        return f"{scheme}://{self.header('host') or 'localhost'}"

    @property
    def raw_path(self) -> str:
        """The path as sent, still percent-encoded, without the query."""
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        """The path, percent-decoded; for showing, not for routing (an encoded slash is lost)."""
        path = self.raw_path
        return unquote(path) if "%" in path else path

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's pairs in order, decoded; a name may appear more than once."""
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case; None if it was not sent."""
        wanted, length = name.lower(), len(name)
        for key, value in self.headers:
            if len(key) == length and key.lower() == wanted:
                return value
        return None


class Send(NamedTuple):
    """Bytes to write `after` seconds from the step before. A tuple, as streams are made of thousands a second."""

    data: bytes
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """The reply ends here, early: `how`, `after` seconds from the step before."""

    how: How
    after: float = 0.0


Step: TypeAlias = Send | Cut


@dataclass(frozen=True, slots=True)
class Whole:
    """A reply sent in one piece, `after` seconds from the request; content-length is the host's to add.

    If `own` is given, the headers after the first `own` are those of many replies, for a host to write once.
    """

    status: int
    headers: Headers
    body: bytes
    after: float = 0.0
    own: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Stream:
    """A reply sent step by step.

    The status line and headers go out with the first `Send`: if the first step is a `Cut`, the client gets nothing at
    all. With `length` (bytes) the reply is framed by a content-length of that many bytes, true or not; without, it is
    chunked (for an HTTP/1.0 client: ended by closing). A stream whose last step is a `Send` ends in order. `own` is
    that of `Whole`.
    """

    status: int
    headers: Headers
    steps: tuple[Step, ...]
    length: int | None = None
    own: int | None = field(default=None, compare=False, repr=False)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)


class Dialogue(Protocol):
    """What is said on a WebSocket after the handshake: steps that wait to be sent, and messages that change them.

    `steps` is what is to be sent from now on, as far as it is known, each `Send` one text message. A host takes the
    first one when its time has come, listening in the meantime, and looks at `steps` again after each message: what
    has not been sent may be withdrawn. A step's time counts from the step before, or from when there was a first step
    again. `half_chunk` is a frame that announces more than follows. A host calls it from one thread at a time.
    """

    @property
    def steps(self) -> deque[Step]:
        """What is still to be sent, the next one first."""
        ...

    def advance(self) -> None:
        """Told just before the first step is played: it is taken off."""
        ...

    def receive(self, message: str | bytes) -> None:
        """One message of the client: text or binary."""
        ...

    def ended(self, how: Ending) -> None:
        """How the connection ended. A host tells the exchange, and the exchange its dialogue."""
        ...


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A reply that accepts an upgrade to WebSocket: status 101 with these headers, then the dialogue."""

    headers: Headers
    dialogue: Dialogue
    status: int = 101


class Arriving(Protocol):
    """The steps of a reply that comes from elsewhere, while they come; none waits: when it is there it is due."""

    def __iter__(self) -> Iterator[Step]:
        """All steps, once; waits for each."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the next step, or the end, can be had without waiting."""
        ...

    def listen(self, told: Callable[[], object]) -> None:
        """Call `told`, from any thread, whenever there may be something new, and at once."""
        ...


@dataclass(frozen=True, slots=True)
class Relay:
    """A reply that is passed on while it arrives; the status line and headers go out at once."""

    status: int
    headers: Headers
    arriving: Arriving


Reply: TypeAlias = Whole | Stream | Upgrade | Relay


def body_of(reply: Reply) -> bytes:
    """All bytes of a reply's body, as a client that reads to the end gets them; none of one that is not here yet."""
    if isinstance(reply, Whole):
        return reply.body
    if isinstance(reply, (Upgrade, Relay)):
        return b""
    return b"".join(step.data for step in reply.steps if isinstance(step, Send))


def faults_of(reply: Reply) -> frozenset[str]:
    """The ways of ending early that a host must be able to play for this reply; what is not known yet may be any."""
    if isinstance(reply, (Upgrade, Relay)):
        return HOWS
    if isinstance(reply, Whole):
        return frozenset()
    return frozenset(step.how for step in reply.steps if isinstance(step, Cut))
