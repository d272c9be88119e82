"""What workers of one mock share, in Redis. Needs the extra `server`; redis is loaded when a state is asked for."""

from __future__ import annotations

from pytest_mockopenai.standalone.shared.connecting import DEFAULT_PREFIX, PER_WORKER, NoSharedState, state_from_url
from pytest_mockopenai.standalone.shared.written import CannotCross

__all__ = ["DEFAULT_PREFIX", "PER_WORKER", "CannotCross", "NoSharedState", "state_from_url"]
