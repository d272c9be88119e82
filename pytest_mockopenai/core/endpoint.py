"""The shape of an endpoint: what it declares about itself, and what it is given to answer one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from pytest_mockopenai.core import sse
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.lifecycle import Timeline
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.unread import Unread
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Dialogue, Ending, Headers, Request, Step

JSON: TypeAlias = dict[str, Any]

Contract = Literal["modelled", "derived"]
"""Who answers: an endpoint with a file of its own, or one derived from the installed SDK, whose replies are made up."""


class Models(Protocol):
    """The models that the mock knows: those of the installed SDK and those that the user adds."""

    def names(self) -> Iterable[str]:
        """All model names, in the order of `GET /models`."""
        ...

    def knows(self, model: str) -> bool:
        """Whether `GET /models/{model}` finds it."""
        ...

    @property
    def encodings(self) -> Mapping[str, str]:
        """The encodings that the user set, by model."""
        ...


class Collection(Protocol):
    """Objects of one kind by id, oldest first; the oldest are forgotten past a limit."""

    def put(self, id_: str, item: JSON | Unread) -> None:
        """Keep an object, in the place of one of the same id; one may be read when somebody looks."""
        ...

    def get(self, id_: str) -> JSON | None:
        """The object, not to be changed, or None."""
        ...

    def update(self, id_: str, change: Callable[[JSON], JSON], *, first: JSON | None = None) -> JSON | None:
        """Replace the object by what `change` makes of it, and return that; nothing comes between.

        If there is no such object, it is made of `first`; without one, nothing is done and the answer is None. `change`
        may be called more than once.
        """
        ...

    def delete(self, id_: str) -> bool:
        """Forget an object; returns whether there was one."""
        ...

    def all(self) -> list[JSON]:
        """All objects, oldest first."""
        ...


class Contents(Protocol):
    """Bytes by id: what is in files, and whatever else is too large for an object."""

    def put(self, id_: str, data: bytes) -> None:
        """Keep bytes, in the place of those of the same id; raises `Refused` if there is no room for them."""
        ...

    def get(self, id_: str) -> bytes | None:
        """The bytes, or None."""
        ...

    def delete(self, id_: str) -> bool:
        """Forget bytes; returns whether there were any."""
        ...


class Store(Protocol):
    """What the mock keeps between calls."""

    def collection(self, name: str) -> Collection:
        """The collection of this name: the same one at each call."""
        ...

    @property
    def contents(self) -> Contents:
        """The bytes that belong to objects, by the ids of those."""
        ...


class Turn(Protocol):
    """One call made in a dialogue, answered and recorded as any other."""

    @property
    def steps(self) -> Sequence[Step]:
        """What to send, with its times and faults; each `Send` is one message."""
        ...

    def revise(self, response: Any, usage: Usage | None) -> None:
        """Record another response and usage: of a call that was cancelled before all was sent."""
        ...

    def ended(self, how: Ending) -> None:
        """Note how the sending ended; a later report corrects an earlier one."""
        ...


class Service(Protocol):
    """What a dialogue asks of the app."""

    def check(self, params: str, body: Mapping[str, Any], *, known: frozenset[str] = frozenset()) -> Error | None:
        """The first problem of a message by the SDK's type (`module:Name`); None also if the SDK has no such type."""
        ...

    def turn(self, endpoint: Endpoint, body: JSON, failed: Callable[[Error, Draw], Iterable[bytes]]) -> Turn:
        """Make a call: script, limits, timing, faults and record as for a request with this body.

        The messages are the endpoint's `events`, freed of what makes them server-sent events. `failed` says an error in
        messages; it gets the call's `serial` for ids. Never raises.
        """
        ...


class Answered(NamedTuple):
    """What the mock answered to a call that it made itself: the finished object or the error's envelope.

    `scripted`: a word says it; else it is made up.
    """

    status: int
    object: JSON
    request_id: str
    scripted: bool = False


class CallsMock(Protocol):
    """POSTs a body to a path of the mock itself (`/v1/chat/completions`), as the client would whose call this is.

    It is scripted, answered, billed and recorded as any other call, with more headers if there are any; but it is not
    slow, and no rate limit counts it. One that a fault breaks has status 500.
    """

    def __call__(self, path: str, body: JSON, *headers: tuple[str, str]) -> Answered: ...


def _calls_nothing(path: str, body: JSON, *headers: tuple[str, str]) -> Answered:
    raise NotImplementedError(path)


Announces: TypeAlias = Callable[[str, str, Timeline], None]
"""Tells how a job goes on: its kind (one of `core.webhooks.KINDS`), its id, and its timeline.

Call it when a job is made, and again whenever its timeline changes (it is cancelled): its end becomes a webhook.
"""


def _announces_nothing(kind: str, id_: str, line: Timeline) -> None:
    """Nobody asked for webhooks."""


@dataclass(frozen=True, slots=True)
class Context:
    """One call, as its endpoint sees it.

    `answer` is what the script says, if it says something. `draw` depends on the seed and the request, not on `stream`.
    `serial` draws as `draw` does, but differs for each repetition of the same request: for ids. `time` is Unix time in
    seconds. `history` holds the items that the request goes on from without sending them. `job_seconds` is how long
    jobs take (`core.lifecycle`). `call` makes a call to the mock itself: a batch's lines. `announce` is told of jobs.
    `forgiving`: what names something that was never made is taken as it is, where an answer can do without.
    """

    endpoint: Endpoint
    request: Request
    path: Mapping[str, str]
    body: Mapping[str, Any]
    inquiry: Inquiry
    answer: Answer | None
    draw: Draw
    serial: Draw
    time: float
    models: Models
    store: Store
    history: tuple[JSON, ...] = ()
    job_seconds: float = 0.0
    call: CallsMock = _calls_nothing
    announce: Announces = _announces_nothing
    forgiving: bool = False

    @property
    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.time)

    @property
    def streamed(self) -> bool:
        """Whether a stream is asked for: in the body, of a GET in its query; some endpoints have nothing else."""
        return self.endpoint.always_streams or bool(self.body.get("stream")) or ("stream", "true") in self.request.query

    @property
    def model(self) -> str:
        """The model asked for."""
        return self.inquiry.model

    def billed(self, counted: Usage) -> Usage:
        """The counted usage, with the counts that the script gives in the place of its own."""
        return counted.replaced(self.answer.usage) if self.answer else counted


class Finished(NamedTuple):
    """A finished answer: the JSON object, its usage, and whatever the endpoint's `events` needs to cut it up.

    `headers` go out beside the standard ones. A reply that is no JSON has its content type and bytes in `content`; if
    it is streamed, its events are pieces of these bytes.
    """

    object: JSON
    usage: Usage | None = None
    detail: Any = None
    headers: Headers = ()
    status: int = 200
    content: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API.

    `resource` is its place in the SDK (`chat.completions`). `answer` makes the finished object; `events` cuts it into
    the bytes of the stream's events, `end` is what follows the last one; `failure` is the event of an error after so
    many others; `streams` says whether a call is streamed. `params` names the SDK's type of the body (`module:Name`);
    `known` are parameters accepted even if the installed SDK lacks them; `bounds` are its ranges and lengths; `rules`
    are checks of its own that raise `Refused`. `history` finds the items that a request goes on from (raising `Refused`
    for what does not exist). `errors`, by code, are those that it words in its own way. `kinds` are the kinds of
    `Answer` it can say. A `keyless` one is answered without an API key. `read` reads a body that is no JSON.

    With `dialogue` it accepts an upgrade to WebSocket, choosing one of `subprotocols`, and no other request; `Refused`
    that `dialogue` raises is answered before the upgrade. The method of an endpoint that is called only in dialogues is
    `IN_DIALOGUE`. `named_only`: only rules that name this very resource script it.

    `contract` says who answers. `always_streams`: the reply is a stream whatever the request says.

    `repeatable`: whether the answer to this body hangs on nothing but the body, the seed, the path and the script, and
    changes nothing but that it may put something into the store: then it is made once, and only its ids and times are
    new when the request comes again.
    """

    method: str
    path: str
    resource: str
    answer: Callable[[Context], Finished]
    events: Callable[[Context, Finished], Iterable[bytes]] | None = None
    end: bytes = b""
    failure: Callable[[Error, int], bytes] = lambda error, _: sse.event(error.envelope())
    streams: Callable[[Context], bool] = lambda context: context.streamed
    params: str | None = None
    known: frozenset[str] = frozenset()
    bounds: Mapping[str, Range | Length] = field(default_factory=dict)
    rules: tuple[Callable[[Context], None], ...] = ()
    history: Callable[[Mapping[str, Any], Store], tuple[JSON, ...]] | None = None
    errors: Mapping[str, Error] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    keyless: bool = False
    read: Callable[[Request], JSON] | None = None
    dialogue: Callable[[Context, Service], Dialogue] | None = None
    subprotocols: tuple[str, ...] = ()
    named_only: bool = False
    contract: Contract = "modelled"
    always_streams: bool = False
    repeatable: Callable[[Mapping[str, Any]], bool] = lambda _: False


IN_DIALOGUE = "WS"
"""The method of calls that are messages of a WebSocket, where others have an HTTP method."""
