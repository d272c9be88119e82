"""Rate limits of a mock: a call is charged before it is answered, and settled when its usage is known."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from pytest_mockopenai.core import limits
from pytest_mockopenai.core.endpoint import JSON, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.handshake import key_of
from pytest_mockopenai.core.headers import PROJECT
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.limits import Charge, Limits
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Headers

_COLLECTION = "limits"


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that the limits have let through: the headers that tell of them, and how to settle it."""

    headers: Headers
    _store: Store
    _limits: Limits
    _who: str
    _tokens: int

    def settle(self, usage: Usage | None, now: float) -> None:
        """Give back, or take, the difference between the tokens that were charged and those that were used."""
        used = usage.total_tokens if usage else 0
        if used == self._tokens or self._limits.tpm is None:
            return

        def change(entry: JSON) -> JSON:
            return {**entry, "levels": limits.settled(self._limits, entry["levels"], now, self._tokens, used)}

        self._store.collection(_COLLECTION).update(self._who, change)


def admitted(store: Store, given: Limits, asked: Inquiry, now: float) -> Admission:
    """Charge a call. Raises `Refused` with 429 for one that is over a limit."""
    who = _who(given, asked)
    tokens = limits.estimated(asked.body) if given.tpm is not None else 0
    made: list[Charge] = []

    def change(entry: JSON) -> JSON:
        made.append(limits.charge(given, entry["levels"], now, tokens, model=asked.model))
        return {**entry, "levels": made[-1].levels}

    store.collection(_COLLECTION).update(who, change, first={"id": who, "levels": {}})
    charge = made[-1]
    if charge.error:
        raise Refused(charge.error)
    return Admission(charge.headers, store, given, who, tokens)


def _who(given: Limits, asked: Inquiry) -> str:
    """Whose limits they are: a key is a secret, so it is not kept."""
    if given.per == "model":
        return f"model {asked.model}"
    if given.per == "project":
        return f"project {asked.header('openai-project') or PROJECT}"
    return "key " + blake2b((key_of(asked.request) or "").encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
