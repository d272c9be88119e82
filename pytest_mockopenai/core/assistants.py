"""What the endpoints of the Assistants API share: where assistants are kept, and what it refuses.

OpenAI has deprecated this API; the SDK still has it under `client.beta`.
"""

from __future__ import annotations

from pytest_mockopenai.core import checks
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused, UnknownId, invalid

_BETA = "assistants=v2"

BOUNDS: dict[str, Length | Range] = {
    "tools": Length(0, 128),
    "instructions": Length(0, 256_000),
    "temperature": Range(0.0, 2.0),
    "top_p": Range(0.0, 1.0),
    **checks.METADATA_BOUNDS,
}
"""Those that assistants and runs have alike (openai/types/beta/assistant_create_params.py)."""


def assistants(store: Store) -> Collection:
    """Objects of `openai/types/beta/assistant.py` by their id."""
    return store.collection("assistants")


def assistant_of(context: Context, id_: str) -> JSON:
    """An assistant; raises `Refused` with 404 if there is none."""
    return found(assistants(context.store).get(id_), "assistant", id_)


def found(entry: JSON | None, kind: str, id_: str) -> JSON:
    """The entry; raises `Refused` with 404 if there is none (wording: what production answers for `asst_...`)."""
    if entry is None:
        raise Refused(UnknownId(404, f"No {kind} found with id '{id_}'."))
    return entry


def deleted(id_: str, object_: str) -> JSON:
    """What is said of something deleted."""
    return {"id": id_, "object": f"{object_}.deleted", "deleted": True}


def _beta_header(context: Context) -> None:
    """Refuse a call without the header that every SDK sends."""
    sent = context.request.header("openai-beta") or ""
    if _BETA not in sent.replace(" ", "").split(","):
        message = (
            "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the "
            f"header 'OpenAI-Beta: {_BETA}'."
        )
        raise Refused(invalid(message, code="invalid_beta"))


def _functions(context: Context) -> None:
    for index, tool in enumerate(context.body.get("tools") or ()):
        if tool["type"] == "function":
            checks.function_schema(tool["function"], f"tools[{index}].function")


RULES = (_beta_header, checks.metadata_rule, _functions)
"""The rules of every endpoint of this API."""
