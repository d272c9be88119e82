"""Whether a request is the one that was recorded, by what it means; and how it differs, if it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.fields import Path, without
from pytest_mockopenai.core.script import Miss
from pytest_mockopenai.recordings.interaction import RecordedRequest

ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Compares by method, path, query and body; `ignored` are fields of the body that make no difference."""

    ignored: tuple[Path, ...] = ()

    def key(self, asked: RecordedRequest) -> bytes:
        """The same for requests that mean the same: JSON is compared by value, headers not at all."""
        return jsontext.canonical([asked.method, asked.path, asked.query, self._compared(asked)])

    def differences(self, recorded: RecordedRequest, asked: RecordedRequest) -> list[Miss]:
        """What is other than recorded, the outermost first."""
        wanted, got = dict(recorded.query), dict(asked.query)
        return [
            *_differing("method", recorded.method, asked.method),
            *_differing("path", recorded.path, asked.path),
            *(miss for name in sorted({*wanted, *got}) for miss in _of_key("query.", name, wanted, got)),
            *_differing("", self._compared(recorded), self._compared(asked)),
        ]

    def _compared(self, asked: RecordedRequest) -> Any:
        """The body that counts: the value itself of JSON, so that paths begin in it."""
        body = asked.body["json"] if "json" in asked.body else dict(asked.body)
        return _normal(without(body, self.ignored))


def _normal(value: Any) -> Any:
    """1.0 is 1: JSON knows numbers only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return [_normal(item) for item in value] if isinstance(value, list) else value


def _differing(path: str, wanted: Any, got: Any) -> Iterator[Miss]:
    if isinstance(wanted, dict) and isinstance(got, dict):
        prefix = f"{path}." if path else ""
        for key in (*wanted, *(key for key in got if key not in wanted)):
            yield from _of_key(prefix, key, wanted, got)
    elif isinstance(wanted, list) and isinstance(got, list):
        for at in range(max(len(wanted), len(got))):
            pair = (side[at] if at < len(side) else ABSENT for side in (wanted, got))
            yield from _differing(f"{path}[{at}]", *pair)
    elif jsontext.canonical(wanted) != jsontext.canonical(got):
        yield Miss(path or "body", wanted, got)


def _of_key(prefix: str, key: str, wanted: dict[str, Any], got: dict[str, Any]) -> Iterator[Miss]:
    yield from _differing(f"{prefix}{key}", wanted.get(key, ABSENT), got.get(key, ABSENT))
