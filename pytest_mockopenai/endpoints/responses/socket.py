"""GET /responses as a WebSocket: each `response.create` is a call of its own, whose events are messages.

Source: `client.responses.connect()` of the SDK (openai/types/responses/responses_client_event.py): the parameters of
`POST /responses`, with `generate` and `stream_id` beside them. Calls are answered one after the other, also those of
different `stream_id`. A response that is not stored can be continued on the connection that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_mockopenai.core import dialogue, errors, jsontext, sse
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, JSON, Context, Endpoint, Finished, Service
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.handle import json_object
from pytest_mockopenai.endpoints.responses import history

_OWN = frozenset({"type", "stream_id", "generate", "stream"})  # fields that `POST /responses` has not, or needs not
_CREATE, _STEER = "response.create", "response.steer"


@dataclass(frozen=True, slots=True)
class Lane:
    """How the messages of one call are marked: by the `stream_id` that its event had, if it had one."""

    mark: JSON

    def marked(self, events: Iterable[bytes]) -> Iterator[bytes]:
        """Events as messages; without a mark they stay as they are."""
        if not self.mark:
            yield from events
            return
        for event in events:
            yield sse.event({**jsontext.loads(sse.data_of(event)), **self.mark})

    def failed(self, error: Error) -> Iterator[bytes]:
        """The message of an error before there is a response (ResponseWsError; bifrost#2441)."""
        yield jsontext.dumps({"type": "error", "status": error.status, **error.envelope(), **self.mark})


class Socket(dialogue.Talk):
    """The dialogue of one connection.

    `create` is the endpoint that a `response.create` calls; `prepare` answers one that is to generate nothing.
    """

    def __init__(
        self, context: Context, service: Service, create: Endpoint, prepare: Callable[[Context], Finished]
    ) -> None:
        super().__init__()
        self._service = service
        self._unstored = history.unstored(context.store)
        self._create = replace(create, method=IN_DIALOGUE, history=history.items_before_in_dialogue)
        self._prepare = replace(self._create, answer=prepare, kinds=frozenset())
        self._made: set[str] = set()

    def receive(self, message: str | bytes) -> None:
        """One event of the client; what is wrong with it is answered with an `error` event."""
        lane = Lane({})
        try:
            event = json_object(message)
            lane = Lane({"stream_id": event["stream_id"]} if event.get("stream_id") is not None else {})
            kind = event.get("type")
            if kind not in (_CREATE, _STEER):
                raise Refused(errors.invalid_value("type", kind, (_CREATE, _STEER)))
            self._respond(event, lane) if kind == _CREATE else self._steer(event)
        except Refused as refused:
            self.say(*lane.failed(refused.error))

    def _respond(self, event: JSON, lane: Lane) -> None:
        if event.get("background"):
            raise Refused(errors.invalid("'background' is not supported over WebSocket.", param="background"))
        self._check_previous(event.get("previous_response_id"))
        body = {name: value for name, value in event.items() if name not in _OWN}
        endpoint = self._prepare if event.get("generate") is False else self._create
        self.play(self._service.turn(self._in(lane, endpoint), body, lambda error, _: lane.failed(error)))

    def _in(self, lane: Lane, endpoint: Endpoint) -> Endpoint:
        """The endpoint as this connection calls it: the ids of its responses are noted, its events marked."""
        events, failure = endpoint.events, endpoint.failure
        assert events is not None

        def answer(context: Context) -> Finished:
            finished = endpoint.answer(context)
            self._made.add(finished.object["id"])
            return finished

        return replace(
            endpoint,
            answer=answer,
            events=lambda context, finished: lane.marked(events(context, finished)),
            failure=lambda error, sent: next(lane.marked([failure(error, sent)])),
        )

    def _check_previous(self, id_: object) -> None:
        """What another connection has not stored is unknown to this one."""
        if isinstance(id_, str) and id_ not in self._made and self._unstored.get(id_) is not None:
            raise Refused(errors.previous_response_not_found(id_))

    def _steer(self, event: JSON) -> None:
        """Input for a response that is under way: this mock's responses cannot be steered."""
        steer = {name: event.get(name) for name in ("input", "previous_response_id")}
        message = "Steering is not supported by the mock."
        error = {"type": errors.INVALID, "code": "steering_not_supported", "message": message}
        failed = {"type": "response.steer.failed", "error": error, "steer": steer, "sequence_number": 0}
        self.say(jsontext.dumps(failed))
