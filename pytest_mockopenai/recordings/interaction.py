"""One recorded call: what was asked and what was answered, as values and as the JSON of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from pytest_mockopenai.core.wire import HOWS, Cut, Headers, How, Reply, Request, Send, Step, Stream, Whole
from pytest_mockopenai.recordings import events, payload, redaction
from pytest_mockopenai.recordings.payload import Payload
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.taping import BadRecording


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """What a recorded request asked: its path without `/v1`, its query sorted, of its headers those that matter."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = ()
    body: Payload = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, redactor: Redactor) -> RecordedRequest:
        """The same of a request, without secrets."""
        return cls(
            request.method,
            redactor.text(path_of(request)),
            tuple(sorted((name, _query_value(name, value, redactor)) for name, value in request.query)),
            redaction.request_headers(request.headers),
            redactor.value(payload.of_request(request)),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """What came back: `steps` with their times, a `Cut` where it broke; one `Send` if it is not `streamed`.

    Nothing came at all if the first step is a `Cut`: then the status is 0. Times are in seconds, each from the step
    before it, the first one from the request.
    """

    status: int
    headers: Headers
    steps: tuple[Step, ...]
    streamed: bool = False

    @property
    def body(self) -> bytes:
        """All bytes that came."""
        return b"".join(step.data for step in self.steps if isinstance(step, Send))

    @property
    def events(self) -> list[bytes]:
        """The events of a stream."""
        return [step.data for step in self.steps if isinstance(step, Send)]

    @property
    def broken(self) -> bool:
        """Whether it broke before its end."""
        return any(isinstance(step, Cut) for step in self.steps)

    def played(self) -> Reply:
        """What a host plays, in the recorded times."""
        if self.streamed or not self.status:
            return Stream(self.status or 200, self.headers, self.steps)
        if self.broken:
            return Stream(self.status, self.headers, self.steps, len(self.body) + 1)
        return Whole(self.status, self.headers, self.body, self.steps[0].after)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its reply."""

    request: RecordedRequest
    reply: RecordedReply

    def plain(self, redactor: Redactor | None = None) -> dict[str, Any]:
        """The JSON of a recording, keys in their order, without secrets."""
        redactor = redactor or Redactor()
        request = redactor.value(_plain_request(self.request))
        return {"request": request, "response": _plain_reply(self.reply, redactor)}


def path_of(request: Request) -> str:
    """The path as recorded: `/v1` goes without saying."""
    path = request.path
    return path.removeprefix("/v1") if path.startswith("/v1/") else path


def _query_value(name: str, value: str, redactor: Redactor) -> str:
    found: str = redactor.value({name: value})[name]
    return found


# --- to JSON ----------------------------------------------------------------------------------------------------------


def _plain_request(asked: RecordedRequest) -> dict[str, Any]:
    return {
        "method": asked.method,
        "path": asked.path,
        **({"query": _grouped(asked.query)} if asked.query else {}),
        **({"headers": dict(asked.headers)} if asked.headers else {}),
        **_sorted(asked.body),
    }


def _grouped(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A name that is given more than once has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _sorted(value: Any) -> Any:
    """Keys of requests are sorted: their order is the client library's, and changes with it."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _plain_reply(answered: RecordedReply, redactor: Redactor) -> dict[str, Any]:
    headers = {name: redactor.text(value) for name, value in answered.headers}
    found: dict[str, Any] = {"status": answered.status, "headers": headers} if answered.status else {}
    cut = next((step for step in answered.steps if isinstance(step, Cut)), None)
    if answered.streamed:
        sent = [step for step in answered.steps if isinstance(step, Send)]
        found["events"] = [{"after": _rounded(step.after), **_event(step.data, redactor)} for step in sent]
    elif answered.status:
        found["after"] = _rounded(answered.steps[0].after)
        held = payload.of_bytes(answered.body, dict(answered.headers).get("content-type", ""))
        found.update(redactor.value(held))
    if cut is not None:
        found["broken"] = {"after": _rounded(cut.after), "how": cut.how}
    return found


def _event(data: bytes, redactor: Redactor) -> dict[str, Any]:
    found: dict[str, Any] = redactor.value(events.plain(data))
    return found


def _rounded(seconds: float) -> float:
    """Milliseconds are as exact as a network is."""
    return round(seconds, 3)


# --- from JSON --------------------------------------------------------------------------------------------------------


def interaction(value: Any) -> Interaction:
    """The interaction that the JSON of a recording is; raises `BadRecording`."""
    found = _mapping(value, "an interaction", ("request", "response"))
    try:
        return Interaction(_request(found["request"]), _reply(found["response"]))
    except KeyError as missing:
        raise BadRecording(f"an interaction has {missing}") from None
    except ValueError as error:
        raise BadRecording(str(error)) from None


def _mapping(value: Any, what: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRecording(f"{what} is an object, not {value!r:.60}")
    unknown = next((key for key in value if key not in known), None)
    if unknown is not None:
        raise BadRecording(f"'{unknown}' is no key of {what}: it has {', '.join(known)}")
    return value


def _request(value: Any) -> RecordedRequest:
    found = _mapping(value, "a request", ("method", "path", "query", "headers", *payload.KINDS))
    pairs = [
        (name, str(each))
        for name, given in found.get("query", {}).items()
        for each in (given if isinstance(given, list) else [given])
    ]
    body = {kind: found[kind] for kind in payload.KINDS if kind in found}
    return RecordedRequest(found["method"], found["path"], tuple(sorted(pairs)), _headers(found), body)


def _headers(found: Mapping[str, Any]) -> Headers:
    return tuple((name, str(value)) for name, value in found.get("headers", {}).items())


def _reply(value: Any) -> RecordedReply:
    keys = ("status", "headers", "after", "events", "broken", "layout", *payload.KINDS)
    found = _mapping(value, "a response", keys)
    cut = (_cut(found["broken"]),) if "broken" in found else ()
    if "events" in found:
        sent: tuple[Step, ...] = tuple(_send(event) for event in found["events"])
        return RecordedReply(_status(found), _headers(found), (*sent, *cut), streamed=True)
    if "status" not in found and cut:
        return RecordedReply(0, (), cut)
    return RecordedReply(
        _status(found), _headers(found), (Send(payload.to_bytes(found), _seconds(found.get("after", 0))), *cut)
    )


def _send(event: Any) -> Send:
    found = _mapping(event, "an event", ("after", "event", "data", "text", "raw", "base64", "layout"))
    return Send(events.to_bytes(found), _seconds(found.get("after", 0)))


def _cut(value: Any) -> Cut:
    found = _mapping(value, "'broken'", ("after", "how"))
    how: How = found.get("how", "close")
    if how not in HOWS:
        raise BadRecording(f"a reply breaks by {', '.join(get_args(How))}, not {how!r}")
    return Cut(how, _seconds(found.get("after", 0)))


def _status(found: Mapping[str, Any]) -> int:
    status = found["status"]
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise BadRecording(f"a status is a number from 100 to 599, not {status!r:.60}")
    return status


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise BadRecording(f"'after' is a time in seconds, at least 0, not {value!r:.60}")
    return float(value)


def redacted(found: Interaction, redactor: Redactor) -> Interaction:
    """The interaction as it will be read from its recording."""
    plain = found.plain(redactor)
    return replace(found, reply=_reply(plain["response"]))
