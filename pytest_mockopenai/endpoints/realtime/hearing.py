"""The input audio buffer, and the mock's turn detection: a simple rule, for it hears no speech.

Sound that is not silent (a hundredth of full scale) is speech. Speech begins with the first 10 ms that are not silent
and ends after `silence_duration_ms` of silence (semantic VAD: 500 ms). Before speech the buffer keeps the last
`prefix_padding_ms`. Sound that has been appended takes no time: the rule counts samples, not seconds that pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_mockopenai.endpoints.realtime.audio import FRAME_MS, Format

LIMIT = 64 * 2**20
"""The most sound that is kept without a commit, in bytes: more than 20 minutes."""

_SILENCE_MS, _PADDING_MS = 500, 300  # the defaults of server VAD (openai/types/realtime)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Speech began or ended; `ms` counts all sound of the session."""

    what: Literal["started", "stopped"]
    ms: int


class InputBuffer:
    """The sound that was appended and not committed."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._before = 0  # bytes of the session that came before those of the buffer
        self._looked = 0  # bytes of the buffer that were listened to
        self._quiet_ms = 0
        self.speaking = False

    def append(self, data: bytes) -> None:
        """Takes sound without listening to it."""
        self.data += data

    def listen(self, form: Format, detection: Mapping[str, Any]) -> Iterator[Noticed]:
        """What is noticed in the sound not listened to yet; the buffer may be taken after each."""
        silence = _given(detection, "silence_duration_ms", _SILENCE_MS)
        padding = form.size(_given(detection, "prefix_padding_ms", _PADDING_MS))
        frame = form.size(FRAME_MS)
        while len(self.data) - self._looked >= frame:
            silent = form.is_silent(bytes(self.data[self._looked : self._looked + frame]))
            self._looked += frame
            self._quiet_ms = self._quiet_ms + FRAME_MS if silent else 0
            if not silent and not self.speaking:
                self.speaking = True
                yield Noticed("started", self._ms(form, 0))  # the sound kept before the speech is part of it
            elif self.speaking and self._quiet_ms >= silence:
                self.speaking = False
                yield Noticed("stopped", self._ms(form, self._looked))
            elif not self.speaking:
                self._keep(padding)

    def take(self) -> bytes:
        """The sound that was listened to: after `stopped`, the speech with the silence before and after it."""
        taken = bytes(self.data[: self._looked])
        self._drop(self._looked)
        return taken

    def take_all(self) -> bytes:
        """All sound there is; speech is over."""
        taken = bytes(self.data)
        self._drop(len(self.data))
        self.speaking = False
        self._quiet_ms = 0
        return taken

    def _keep(self, size: int) -> None:
        self._drop(max(0, self._looked - size))

    def _drop(self, size: int) -> None:
        del self.data[:size]
        self._before += size
        self._looked = max(0, self._looked - size)

    def _ms(self, form: Format, offset: int) -> int:
        return (self._before + offset) * 1000 // form.rate


def _given(detection: Mapping[str, Any], name: str, default: int) -> int:
    value: int | None = detection.get(name)
    return default if value is None else value
