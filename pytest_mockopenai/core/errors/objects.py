"""What a request names was never made, or was deleted.

Whoever refuses a request because it names something that the mock has never seen raises `Refused` with one of these.
They are `UnknownId`. With the option `unknown_ids="synthesize"` such a request is answered with a made-up reply of the
right type, or goes on from nothing; no endpoint has to know of that. For other words than those below make an
`UnknownId` of your own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from pytest_mockopenai.core.errors.envelope import Error


@dataclass(frozen=True, slots=True)
class UnknownId(Error):
    """An error that says: what this id (or cursor, or name) stands for has never been made here, or is gone."""


def of_unknown(error: Error) -> UnknownId:
    """An error of any words, of a request that names what was never made."""
    return UnknownId(**{field.name: getattr(error, field.name) for field in fields(error)})


def no_such(kind: str, id_: str) -> UnknownId:
    """404: an object of this kind (`File`, `Response`, ...) was never made, or was deleted."""
    return UnknownId(404, f"No such {kind} object: {id_}", param="id")


def not_found(kind: str, id_: str) -> UnknownId:
    """404 of the newer APIs: no such `Response`, `Conversation` or `Item`."""
    return UnknownId(404, f"{kind} with id '{id_}' not found.")


def unknown_cursor(name: str, id_: str) -> UnknownId:
    """400: the cursor of a page (`after`, `before`) is none of the items listed."""
    return UnknownId(400, f"Invalid value: '{id_}'.", param=name, code="invalid_value")


def item_not_found(id_: str) -> UnknownId:
    """404: an input item refers to one that was never stored (wording: NousResearch/hermes-agent#10217)."""
    return UnknownId(
        404,
        f"Item with id '{id_}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
    )


def previous_response_not_found(id_: str) -> UnknownId:
    """400: `previous_response_id` names nothing stored (wording: agno#9240, bifrost#2441)."""
    return UnknownId(
        400,
        f"Previous response with id '{id_}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def no_such_model(model: str) -> UnknownId:
    """404 of `GET /models/{model}`."""
    return UnknownId(404, f"The model '{model}' does not exist", param="model", code="model_not_found")


def link_expired() -> Error:
    """403: the time of a link to a picture is over (the words are those of the storage that OpenAI's links lead to)."""
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        "including the signature. Signature not valid in the specified time frame."
    )
    return Error(403, message, code="AuthenticationFailed")


def no_fine_tune(id_: str) -> UnknownId:
    """404: no such fine-tuning job."""
    return UnknownId(404, f"Could not find fine tune: {id_}", param="fine_tune_id", code="fine_tune_not_found")


def no_training_file(name: str, id_: str) -> UnknownId:
    """400: the parameter `training_file` or `validation_file` names no file (wording: users of openai-python)."""
    return UnknownId(400, f"invalid {name}: {id_}", param=name)
