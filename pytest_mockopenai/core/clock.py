"""How a mock's clock shows time, as a value: beside real time, or standing still. It holds no clock itself."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """A clock that is `ahead` seconds of real time, or stands at `frozen_at` (Unix seconds) if that is not None."""

    ahead: float = 0.0
    frozen_at: float | None = None

    def time(self, real: float) -> float:
        """What the clock shows when it is really `real`; both in Unix seconds."""
        return real + self.ahead if self.frozen_at is None else self.frozen_at

    def frozen(self, at: float) -> ClockSetting:
        """Standing at this Unix time, in seconds."""
        return replace(self, frozen_at=at)

    def advanced(self, seconds: float) -> ClockSetting:
        """So many seconds later; it goes on standing if it stands."""
        if self.frozen_at is None:
            return replace(self, ahead=self.ahead + seconds)
        return replace(self, frozen_at=self.frozen_at + seconds)


REAL_TIME = ClockSetting()
"""That of a clock that nobody has set."""
