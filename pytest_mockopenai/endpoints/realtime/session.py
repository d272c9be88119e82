"""One session: what each event of the client changes, and what is said to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_mockopenai.core import errors, jsontext
from pytest_mockopenai.core.dialogue import Playing, Talk
from pytest_mockopenai.core.endpoint import JSON, Context, Service
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.handle import json_object
from pytest_mockopenai.endpoints.realtime import config, conversation
from pytest_mockopenai.endpoints.realtime.audio import Format, decoded, encoded, format_of
from pytest_mockopenai.endpoints.realtime.checking import checked
from pytest_mockopenai.endpoints.realtime.conversation import Conversation
from pytest_mockopenai.endpoints.realtime.events import opened
from pytest_mockopenai.endpoints.realtime.hearing import LIMIT, InputBuffer, Noticed
from pytest_mockopenai.endpoints.realtime.ids import error_event, event_id, new_id
from pytest_mockopenai.endpoints.realtime.respond import Response
from pytest_mockopenai.endpoints.realtime.spent import seconds_of
from pytest_mockopenai.endpoints.realtime.transcribe import Transcript
from pytest_mockopenai.endpoints.realtime.wire import Wire

_LEAST_MS = 100  # of sound that can be committed
_TRANSCRIBER = "gpt-4o-transcribe"  # of a transcription that names no model


class Session(Talk):
    """The dialogue of one connection."""

    def __init__(self, context: Context, service: Service, config_: JSON, wire: Wire) -> None:
        super().__init__()
        self._service = service
        self._wire = wire
        self._config = config_
        self._serial = context.serial.child("session")
        self._events = self._serial.child("events")
        self._made = 0
        self._items = Conversation()
        self._buffer = InputBuffer()
        self._next_item: str | None = None  # of the speech that has begun
        self._speaking: list[tuple[Playing, Response]] = []
        self._has_spoken = False
        self._conversation_id = new_id("conv", self._serial)
        self._tell("session.created", session=self._config)

    def receive(self, message: str | bytes) -> None:
        """One event of the client; what is wrong with it is answered with an `error` event."""
        asked_by: str | None = None
        try:
            event = json_object(message)
            asked_by = event["event_id"] if isinstance(event.get("event_id"), str) else None
            known = self._wire.understood(checked(event, self._wire, self._service))
            _HANDLERS[known["type"]](self, known)
        except Refused as refused:
            self._say(error_event(refused.error, asked_by))

    # --- the session --------------------------------------------------------------------------------------------------

    def _update(self, event: JSON) -> None:
        change = event["session"]
        config.check(change, "session")
        config.check_update(self._config, change, has_spoken=self._has_spoken)
        updated = config.merged(self._config, change)
        config.check_choice(updated, "session")
        self._config = updated
        self._tell("session.updated", session=self._config)

    @property
    def _transcribes_only(self) -> bool:
        return bool(self._config["type"] == "transcription")

    @property
    def _hearing(self) -> JSON:
        found: JSON = self._config["audio"]["input"]
        return found

    # --- items --------------------------------------------------------------------------------------------------------

    def _create_item(self, event: JSON) -> None:
        item = conversation.made(event["item"], event["item"].get("id") or self._new_item_id())
        self._add(item, event.get("previous_item_id"))
        self._transcribe(item)

    def _add(self, item: JSON, after: str | None = None) -> None:
        before = self._items.add(item, after)
        shown = conversation.shown(item)
        self._tell("conversation.item.added", previous_item_id=before, item=shown)
        self._tell("conversation.item.done", previous_item_id=before, item=shown)

    def _retrieve_item(self, event: JSON) -> None:
        item = self._items.needed(event["item_id"], "retrieve")
        self._tell("conversation.item.retrieved", item=conversation.with_sound(item, self._spoken_format()))

    def _delete_item(self, event: JSON) -> None:
        self._items.delete(event["item_id"])
        self._tell("conversation.item.deleted", item_id=event["item_id"])

    def _truncate_item(self, event: JSON) -> None:
        item = self._items.needed(event["item_id"], "truncate")
        index, end = event["content_index"], event["audio_end_ms"]
        self._items.put(conversation.truncated(item, index, end, self._spoken_format()))
        self._tell("conversation.item.truncated", item_id=item["id"], content_index=index, audio_end_ms=end)

    def _spoken_format(self) -> Format:
        return format_of(self._config["audio"].get("output", {}).get("format"))

    def _new_item_id(self) -> str:
        self._made += 1
        return new_id("item", self._serial.child(self._made))

    # --- sound of the user --------------------------------------------------------------------------------------------

    def _append(self, event: JSON) -> None:
        data = decoded(event["audio"])
        if data is None:
            raise Refused(conversation.bad_audio("audio"))
        if len(self._buffer.data) + len(data) > LIMIT:
            message = f"The input audio buffer is full: it holds at most {LIMIT} bytes. Commit or clear it."
            raise Refused(errors.invalid(message, param="audio", code="input_audio_buffer_full"))
        self._buffer.append(data)
        detection = self._hearing["turn_detection"]
        if detection:
            for noticed in self._buffer.listen(format_of(self._hearing["format"]), detection):
                self._notice(noticed, detection)

    def _notice(self, noticed: Noticed, detection: Mapping[str, Any]) -> None:
        if noticed.what == "started":
            self._next_item = self._new_item_id()
            self._tell("input_audio_buffer.speech_started", audio_start_ms=noticed.ms, item_id=self._next_item)
            active = self._active()
            if active is not None and detection.get("interrupt_response", True):
                self._cut_off(*active, "turn_detected")
            return
        item_id = self._next_item or self._new_item_id()
        self._tell("input_audio_buffer.speech_stopped", audio_end_ms=noticed.ms, item_id=item_id)
        self._committed(self._buffer.take(), item_id)
        if detection.get("create_response", True) and not self._transcribes_only and self._active() is None:
            self._respond({}, None)

    def _commit(self, event: JSON) -> None:
        form = format_of(self._hearing["format"])
        heard_ms = 1000 * form.seconds(len(self._buffer.data))
        if heard_ms < _LEAST_MS:
            message = (
                f"Error committing input audio buffer: buffer too small. Expected at least {_LEAST_MS}ms of audio, but "
                f"buffer only has {heard_ms:.2f}ms of audio."
            )
            raise Refused(errors.invalid(message, code="input_audio_buffer_commit_empty"))
        self._committed(self._buffer.take_all(), self._next_item or self._new_item_id())

    def _committed(self, data: bytes, item_id: str) -> None:
        self._next_item = None
        part = {"type": "input_audio", "transcript": None, "audio": encoded(data)}
        item = conversation.made({"type": "message", "role": "user", "content": [part]}, item_id)
        self._tell("input_audio_buffer.committed", previous_item_id=self._items.last_id, item_id=item_id)
        self._add(item)
        self._transcribe(item)

    def _clear(self, event: JSON) -> None:
        self._buffer.take_all()
        self._next_item = None
        self._tell("input_audio_buffer.cleared")

    def _clear_output(self, event: JSON) -> None:
        message = "output_audio_buffer.clear is for WebRTC and SIP: a WebSocket has no output audio buffer."
        raise Refused(errors.invalid(message, param="type", code="invalid_value"))

    def _transcribe(self, item: JSON) -> None:
        """Where the session wants it, the transcript of what a user said and the client did not write down."""
        wanted = self._hearing["transcription"]
        for place, part in enumerate(item.get("content") or ()):
            if wanted and part["type"] == "input_audio" and part.get("transcript") is None:
                seconds = seconds_of(part, format_of(self._hearing["format"]))
                transcript = Transcript(item["id"], place, round(seconds, 3))
                said = [conversation.sent_to_model(item)]
                body = {**wanted, "model": wanted.get("model") or _TRANSCRIBER, "input": said}
                endpoint = transcript.endpoint(named_only=not self._transcribes_only)
                self.play(self._service.turn(endpoint, body, transcript.failed))
                part["transcript"] = transcript.text

    # --- responses ----------------------------------------------------------------------------------------------------

    def _create_response(self, event: JSON) -> None:
        self._respond(event.get("response") or {}, event.get("event_id"))

    def _respond(self, overrides: JSON, asked_by: str | None) -> None:
        if self._transcribes_only:
            raise Refused(errors.invalid("A transcription session makes no responses.", param="type"))
        config.check(overrides, "response")
        settings = config.settings(self._config, overrides)
        config.check_choice(settings, "response")
        aside, active = settings["conversation"] == "none", self._active()
        if active is not None and not aside:
            raise Refused(_already_active(active[1]))
        body = {**settings, "input": [conversation.sent_to_model(item) for item in self._input(overrides)]}
        response = Response(self._wire, None if aside else self._conversation_id, self._items.last_id, asked_by)
        turn = self._service.turn(response.endpoint(), body, response.failed)
        self._begin(response)
        playing = self.play(turn, lambda: self._over(response))
        if playing.left:
            self._speaking.append((playing, response))

    def _input(self, overrides: JSON) -> list[JSON]:
        """What the model gets: the conversation, or the items that the request gives or refers to."""
        given = overrides.get("input")
        if given is None:
            return list(self._items)
        return [self._given(item, place) for place, item in enumerate(given)]

    def _given(self, item: JSON, place: int) -> JSON:
        if item.get("type") != "item_reference":
            return conversation.made(item, item.get("id") or f"item_{place}", f"response.input[{place}]")
        known = self._items.get(item["id"])
        if known is None:
            message = f"Item with id '{item['id']}' not found in the conversation."
            raise Refused(errors.invalid(message, param=f"response.input[{place}].id", code="invalid_value"))
        return known

    def _begin(self, response: Response) -> None:
        """The items take their places in the conversation before they are finished."""
        for item in response.object.get("output", ()) if response.conversation_id else ():
            self._items.add(opened(item))
            self._has_spoken |= any("transcript" in part for part in item.get("content", ()))

    def _over(self, response: Response) -> None:
        self._speaking = [each for each in self._speaking if each[1] is not response]
        output = {item["id"]: item for item in response.object.get("output", ())}
        for item in response.begun:
            self._items.put(output[item]) if item in output else self._items.discard(item)

    def _active(self, id_: str | None = None) -> tuple[Playing, Response] | None:
        """The response of this id, else that of the conversation, if it is being sent."""
        for playing, response in self._speaking:
            if response.object and (response.object["id"] == id_ if id_ else response.conversation_id):
                return playing, response
        return None

    def _cancel(self, event: JSON) -> None:
        active = self._active(event.get("response_id"))
        if active is None:
            message = "Cancellation failed: no active response found"
            raise Refused(errors.invalid(message, code="response_cancel_not_active"))
        self._cut_off(*active, "client_cancelled")

    def _cut_off(self, playing: Playing, response: Response, reason: str) -> None:
        messages = list(response.cancel(playing.sent, reason))
        playing.turn.revise(self._wire.response(response.object), response.usage)
        self.withdraw(playing, messages)

    # --- what is said -------------------------------------------------------------------------------------------------

    def _tell(self, kind: str, **more: Any) -> None:
        self._say({"type": kind, **more})

    def _say(self, event: JSON) -> None:
        written = self._wire.event({"type": event["type"], "event_id": event_id(self._events), **event})
        if written is not None:
            self.say(jsontext.dumps(written))


def _already_active(response: Response) -> Error:
    message = (
        f"Conversation already has an active response in progress: {response.object['id']}. "
        "Wait until the response is finished before creating a new one."
    )
    return errors.invalid(message, code="conversation_already_has_active_response")


_HANDLERS: Mapping[str, Callable[[Session, JSON], None]] = {
    "session.update": Session._update,
    "conversation.item.create": Session._create_item,
    "conversation.item.retrieve": Session._retrieve_item,
    "conversation.item.delete": Session._delete_item,
    "conversation.item.truncate": Session._truncate_item,
    "input_audio_buffer.append": Session._append,
    "input_audio_buffer.commit": Session._commit,
    "input_audio_buffer.clear": Session._clear,
    "output_audio_buffer.clear": Session._clear_output,
    "response.create": Session._create_response,
    "response.cancel": Session._cancel,
}
