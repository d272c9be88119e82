"""How late the host plays what is due: counted by the millisecond, so that asking costs nothing while it plays."""

from __future__ import annotations

from itertools import accumulate

_SLOTS = 1000


class Lag:
    """Latenesses in seconds since the last `clear`, to the millisecond; from one second on only the worst is exact."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets everything so far."""
        self.count = 0
        self.total = 0.0
        self.worst = 0.0
        self._slots = [0] * (_SLOTS + 1)

    def add(self, seconds: float) -> None:
        """Counts one step that was played so late."""
        self.count += 1
        self.total += seconds
        if seconds > self.worst:
            self.worst = seconds
        slot = int(seconds * _SLOTS)
        self._slots[slot if slot < _SLOTS else _SLOTS] += 1

    def quantile(self, share: float) -> float:
        """The lateness that this share of the steps did not exceed, such as 0.99, rounded up to a millisecond."""
        wanted = share * self.count
        slot = next((slot for slot, sum_ in enumerate(accumulate(self._slots)) if sum_ >= wanted), 0)
        return min(self.worst, (slot + 1) / _SLOTS) if slot < _SLOTS else self.worst

    @property
    def p99(self) -> float:
        """What 99 of 100 steps did not exceed, in seconds; 0 before the first."""
        return self.quantile(0.99)
