"""What a request names was never made, or was deleted."""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import Error


def no_such(kind: str, id_: str) -> Error:
    """404: an object of this kind (`File`, `Response`, ...) was never made, or was deleted."""
    return Error(404, f"No such {kind} object: {id_}", param="id")


def not_found(kind: str, id_: str) -> Error:
    """404 of the newer APIs: no such `Response`, `Conversation` or `Item`."""
    return Error(404, f"{kind} with id '{id_}' not found.")


def item_not_found(id_: str) -> Error:
    """404: an input item refers to one that was never stored (wording: NousResearch/hermes-agent#10217)."""
    return Error(
        404,
        f"Item with id '{id_}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
    )


def previous_response_not_found(id_: str) -> Error:
    """400: `previous_response_id` names nothing stored (wording: agno#9240, bifrost#2441)."""
    return Error(
        400,
        f"Previous response with id '{id_}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )
