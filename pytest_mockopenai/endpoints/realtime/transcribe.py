"""The transcript of what a user said, as a call of its own: the real API runs it beside the model, with another one.

In a session that answers, only rules for `endpoint="realtime.transcriptions"` script it, so that it takes no reply
meant for the model; in a transcription session any rule does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_mockopenai import tokens
from pytest_mockopenai.core import jsontext, transcript
from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.realtime.ids import error_event, event_id
from pytest_mockopenai.tokens.audio import heard_tokens

_KIND = "conversation.item.input_audio_transcription"


@dataclass(slots=True)
class Transcript:
    """The transcript of one spoken part of an item."""

    item_id: str
    content_index: int
    seconds: float
    text: str | None = None

    def endpoint(self, *, named_only: bool) -> Endpoint:
        """The endpoint that makes this very transcript."""
        return replace(TRANSCRIBE, answer=self._answer, events=self._events, named_only=named_only)

    def failed(self, error: Error, serial: Draw) -> Iterator[bytes]:
        """What is sent of an error."""
        yield self._message("failed", serial.child("events"), error=error.envelope()["error"])

    def _answer(self, context: Context) -> Finished:
        self.text = transcript.heard(context.answer, self.seconds, context.draw)
        counter = tokens.tokenizer(context.model, context.models.encodings)
        heard, written = heard_tokens(self.seconds), counter.count(self.text)
        counted = Usage(heard.tokens, written.tokens, prompt_method=heard.method, completion_method=written.method)
        return Finished({"text": self.text}, context.billed(counted))

    def _events(self, context: Context, finished: Finished) -> Iterator[bytes]:
        draw, text = context.serial.child("events"), finished.object["text"]
        encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
        whole = context.model.startswith("whisper")
        for piece in _pieces(text, whole, tokens.stream_pieces(encoding, text)):
            yield self._message("delta", draw, delta=piece)
        by_tokens = transcript.token_usage(finished.usage or Usage())
        usage = {"type": "duration", "seconds": self.seconds} if whole else by_tokens
        yield self._message("completed", draw, transcript=text, usage=usage)

    def _message(self, what: str, draw: Draw, **more: object) -> bytes:
        place = {"item_id": self.item_id, "content_index": self.content_index}
        return jsontext.dumps({"type": f"{_KIND}.{what}", "event_id": event_id(draw), **place, **more})


def _pieces(text: str, whole: bool, pieces: Iterable[str]) -> Iterable[str]:
    """Whisper says all in one delta."""
    return [text] if whole else pieces


def _unmade(context: Context) -> Finished:
    raise NotImplementedError("Transcript.endpoint() makes the answer")


TRANSCRIBE = Endpoint(
    IN_DIALOGUE,
    "/realtime",
    "realtime.transcriptions",
    _unmade,
    failure=lambda error, sent: jsontext.dumps(error_event(error, None)),
    kinds=frozenset({"text", "failure"}),
)
