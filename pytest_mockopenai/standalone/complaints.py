"""What a test would have failed on, said as it comes up: nobody else tells the user of a server."""

from __future__ import annotations

from collections.abc import Callable

from pytest_mockopenai.app import App

KEPT = 1000
"""So many problems are kept for the admin API; the oldest go first."""
_AT_ONCE = 10


class Complaints:
    """Says each problem of an app once; they stay where they are, for who asks the admin API."""

    def __init__(self, app: App, say: Callable[[str], object]) -> None:
        self._app = app
        self._say = say
        self._problems = app.problems
        self._told = 0

    def tell(self) -> None:
        """Says what is new, of many only the first."""
        problems = self._app.problems
        if problems is not self._problems:  # the app was reset
            self._problems, self._told = problems, 0
        new = problems[self._told :]
        for problem in new[:_AT_ONCE]:
            self._say(problem)
        if len(new) > _AT_ONCE:
            self._say(f"and {len(new) - _AT_ONCE} more such problems")
        del problems[:-KEPT]
        self._told = len(problems)
