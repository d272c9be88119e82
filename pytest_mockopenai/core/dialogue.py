"""The queue of a dialogue: what waits to be sent on a WebSocket, and which call each message belongs to.

A dialogue of an endpoint is a `Talk` with a `receive` of its own. It answers at once with `say`, and makes calls with
the app's `Service.turn`, whose messages it queues with `play`; what of a call has not been sent yet can be withdrawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from pytest_mockopenai.core.endpoint import Context, Finished, Turn
from pytest_mockopenai.core.wire import ENDINGS, Cut, Ending, Send, Step


def upgrade_only(context: Context) -> Finished:
    """The `answer` of an endpoint with a dialogue, which the app never asks for."""
    raise NotImplementedError(f"{context.endpoint.path} answers an upgrade to WebSocket, and nothing else")


@dataclass(slots=True, eq=False)
class Playing:
    """A call whose messages are being sent: `sent` of them were, `left` wait. `over` is called after the last one."""

    turn: Turn
    left: int
    over: Callable[[], None]
    sent: int = 0


class Talk:
    """The queue: first what was said at once, then the calls, one after the other."""

    def __init__(self) -> None:
        self.steps: deque[Step] = deque()
        self._said = 0
        self._playing: deque[Playing] = deque()

    @property
    def playing(self) -> tuple[Playing, ...]:
        """The calls that are not over, in the order in which they are sent."""
        return tuple(self._playing)

    def say(self, *messages: bytes) -> None:
        """Send messages at once, before what calls still have to say."""
        for message in messages:
            self.steps.insert(self._said, Send(message))
            self._said += 1

    def play(self, turn: Turn, over: Callable[[], None] = lambda: None) -> Playing:
        """Send a call's messages in their times; `over` is called when the last of them is about to be sent."""
        steps = turn.steps
        playing = Playing(turn, len(steps), over)
        self.steps.extend(steps)
        if steps:
            self._playing.append(playing)
        else:
            self._finish(playing, "done")
        return playing

    def withdraw(self, playing: Playing, messages: Iterable[bytes]) -> None:
        """Send these messages instead of what is left of a call; its timing and faults end with that."""
        start = self._said + sum(each.left for each in islice(self._playing, self._playing.index(playing)))
        steps = list(self.steps)
        instead = [Send(message) for message in messages]
        self.steps = deque([*steps[:start], *instead, *steps[start + playing.left :]])
        playing.left = len(instead)
        if not instead:
            self._playing.remove(playing)
            self._finish(playing, "done")

    def advance(self) -> None:
        """Takes the first step off, which is being played; notes the end of a call with its last one."""
        step = self.steps.popleft()
        if self._said:
            self._said -= 1
            return
        playing = self._playing[0]
        playing.left -= 1
        playing.sent += 1
        if isinstance(step, Cut) or not playing.left:
            self._playing.popleft()
            self._finish(playing, ENDINGS[step.how] if isinstance(step, Cut) else "done")

    def ended(self, how: Ending) -> None:
        """Told by the app when the connection has ended: the calls that were not over have ended too."""
        while self._playing:
            self._playing.popleft().turn.ended("client_gone" if how == "done" else how)

    def receive(self, message: str | bytes) -> None:
        """One message of the client."""
        raise NotImplementedError

    def _finish(self, playing: Playing, how: Ending) -> None:
        playing.turn.ended(how)
        playing.over()
