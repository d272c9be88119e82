"""The calls of a test as a sequence with filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import reduce
from operator import add
from typing import Any, overload

from pytest_mockopenai.core.script import is_endpoint
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.scripting import check_endpoint


def _names_of_call() -> frozenset[str]:
    computed = {name for name in dir(Call) if isinstance(getattr(Call, name), property)}
    return frozenset({field.name for field in fields(Call)} | computed)


_NAMES = _names_of_call()


class Calls(Sequence[Call]):
    """Calls, oldest first: a snapshot that does not change while it is looked at."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self._calls = tuple(calls)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> Call | Calls:
        if isinstance(index, slice):
            return Calls(self._calls[index])
        try:
            return self._calls[index]
        except IndexError:
            count = len(self._calls)
            raise IndexError(f"no call {index}: the mock got {count or 'no'} call{'' if count == 1 else 's'}") from None

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Calls, list, tuple)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Calls: {', '.join(f'{call.method} {call.path} {call.status}' for call in self._calls) or 'none'}>"

    def to(self, endpoint: str) -> Calls:
        """The calls to a resource of the SDK (`chat.completions`), to its first part (`chat`), or to a path (`/v1/x`).

        Raises ValueError for a resource that does not exist.
        """
        __tracebackhide__ = True
        if endpoint.startswith("/"):
            return Calls(call for call in self if call.path == endpoint)
        check_endpoint(endpoint)
        return Calls(call for call in self if is_endpoint(call.endpoint, endpoint))

    def where(self, test: Callable[[Call], object] | None = None, **attributes: Any) -> Calls:
        """The calls whose attributes have these values (`model="gpt-4o"`, `status=429`) and that pass `test`.

        Raises TypeError for an attribute that a call does not have.
        """
        __tracebackhide__ = True
        unknown = next((name for name in attributes if name not in _NAMES), None)
        if unknown:
            raise TypeError(f"a call has no attribute '{unknown}'.{did_you_mean(unknown, _NAMES)}")
        return Calls(
            call
            for call in self
            if all(getattr(call, name) == value for name, value in attributes.items()) and (test is None or test(call))
        )

    @property
    def usage(self) -> Usage:
        """The token counts of these calls, summed."""
        return reduce(add, (call.usage for call in self if call.usage), Usage())

    @property
    def usage_by_model(self) -> dict[str, Usage]:
        """The token counts of these calls for each model."""
        sums: dict[str, Usage] = {}
        for call in self:
            if call.usage:
                sums[call.model] = sums.get(call.model, Usage()) + call.usage
        return sums
