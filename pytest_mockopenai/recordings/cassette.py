"""The recordings of one test or one server: what is replayed, what is recorded, and what of it is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pytest_mockopenai.core.script import Miss
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.recordings.matching import Matcher
from pytest_mockopenai.settings import RecordMode


@dataclass(slots=True, eq=False)
class Slot:
    """A place in the recording, kept from when a call began, so that recordings are in the order of the requests.

    `reply` is None until it is known; `used` says how often it was replayed, or 1 for what was just recorded.
    """

    request: RecordedRequest
    reply: RecordedReply | None = None
    used: int = 0
    new: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """The recording most like a request: its place, what differs, and whether it is used up."""

    place: int
    request: RecordedRequest
    misses: Sequence[Miss]


class Cassette:
    """Interactions in their order, each replayed once; safe to use from many threads."""

    def __init__(
        self,
        mode: RecordMode,
        recorded: Iterable[Interaction] = (),
        *,
        matcher: Matcher | None = None,
        repeats: bool = False,
        kept: Callable[[Interaction], object] | None = None,
    ) -> None:
        """`recorded` is what there was before; with `repeats` the last recording of a request answers it for ever.

        What has been recorded is handed over to `kept`; None: it is kept here.
        """
        known = list(recorded)
        self.mode = mode
        self.records = mode in ("new", "all") or (mode == "once" and not known)
        self.matcher = matcher or Matcher()
        self._repeats = repeats
        self._kept = kept
        self._lock = threading.Lock()
        self._slots = [Slot(found.request, found.reply) for found in known if mode != "all"]
        self._by_key: dict[bytes, list[Slot]] = {}
        for slot in self._slots:
            self._by_key.setdefault(self.matcher.key(slot.request), []).append(slot)

    def find(self, asked: RecordedRequest) -> RecordedReply | None:
        """The next answer recorded for this request, which is used then; None if there is none left."""
        known = self._by_key.get(self.matcher.key(asked), [])
        with self._lock:
            slot = next((slot for slot in known if not slot.used), known[-1] if known and self._repeats else None)
            if slot is None:
                return None
            slot.used += 1
            return slot.reply

    def begin(self, asked: RecordedRequest) -> Slot:
        """Keep a place for an answer to come."""
        slot = Slot(asked, used=1, new=True)
        with self._lock:
            self._slots.append(slot)
        return slot

    def end(self, slot: Slot, answered: RecordedReply | None) -> None:
        """The answer has come, or None will."""
        slot.reply = answered
        if answered is None or self._kept is not None:
            with self._lock:
                self._slots.remove(slot)
        if answered is not None and self._kept is not None:
            self._kept(Interaction(slot.request, answered))

    def rewind(self) -> None:
        """All that was there before is unused again."""
        with self._lock:
            for slot in self._slots:
                slot.used = 1 if slot.new else 0

    @property
    def interactions(self) -> list[Interaction]:
        """All that is complete, in order."""
        with self._lock:
            return [Interaction(slot.request, slot.reply) for slot in self._slots if slot.reply is not None]

    @property
    def changed(self) -> bool:
        """Whether anything was recorded."""
        return any(slot.new for slot in self._slots)

    def unused(self) -> list[tuple[int, RecordedRequest]]:
        """Those that were there before and that no request has asked for, with their places."""
        with self._lock:
            return [(place, slot.request) for place, slot in enumerate(self._slots) if not slot.used]

    def nearest(self, asked: RecordedRequest) -> Near | None:
        """The recording most like a request: of equals one that is unused, and then the first."""
        with self._lock:
            slots = [slot for slot in self._slots if not slot.new]
        near = [
            Near(place, slot.request, self.matcher.differences(slot.request, asked)) for place, slot in enumerate(slots)
        ]
        return min(near, key=lambda each: (_strangeness(each, asked), slots[each.place].used), default=None)


def _strangeness(near: Near, asked: RecordedRequest) -> tuple[int, int]:
    """Another endpoint is further away than any other body."""
    return (near.request.method != asked.method) + (near.request.path != asked.path), len(near.misses)
