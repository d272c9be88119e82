"""GET, DELETE and cancel of stored responses, and GET of their input items."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Range, check_bounds
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page, whole_number
from pytest_mockopenai.endpoints.responses import background, events, history


def retrieve(context: Context) -> Finished:
    """A stored response as it is now, or the stream of its events; raises `Refused` with 404 if there is none."""
    entry = _entry(context)
    return background.shown(background.seen(entry, context.time), streamed=background.seen(entry, float("inf")))


def _starting_after(context: Context) -> None:
    """Events are counted from 0."""
    text = dict(context.request.query).get("starting_after")
    problem = check_bounds({"starting_after": Range(0, None)}, {"starting_after": whole_number("starting_after", text)})
    if problem:
        raise Refused(problem)


def delete(context: Context) -> Finished:
    """What is said of a deleted response; raises `Refused` with 404 if there is none."""
    if not history.responses(context.store).delete(_id(context)):
        raise Refused(errors.not_found("Response", _id(context)))
    return Finished({"id": _id(context), "object": "response", "deleted": True})


def cancel(context: Context) -> Finished:
    """The response, cancelled if it was still queued or in progress; raises `Refused` if it is not a background one."""
    before = _entry(context)["timeline"]
    if before is None:
        raise Refused(errors.invalid("Cannot cancel a synchronous response."))
    responses = history.responses(context.store)
    entry = _found(context, responses.update(_id(context), lambda entry: background.cancelled(entry, context.time)))
    if entry["timeline"] != before:
        context.announce("response", _id(context), entry["timeline"])
    return Finished(background.seen(entry, context.time))


def list_input_items(context: Context) -> Finished:
    """A page of the items that a response was made from, the newest first; raises `Refused` with 404 for no response.

    They include those of the responses that it goes on from.
    """
    entry = _entry(context)
    items = (*history.chain(context.store, entry["previous"]), *entry["input"])
    return Finished(page(items, context.request.query))


def _id(context: Context) -> str:
    return context.path["response_id"]


def _entry(context: Context) -> JSON:
    return _found(context, history.responses(context.store).get(_id(context)))


def _found(context: Context, entry: JSON | None) -> JSON:
    if entry is None:
        raise Refused(errors.not_found("Response", _id(context)))
    return entry


_ONE = "/responses/{response_id}"

ENDPOINTS = (
    Endpoint("GET", _ONE, "responses", retrieve, events=events.replayed, rules=(_starting_after,)),
    Endpoint("DELETE", _ONE, "responses", delete),
    Endpoint("POST", f"{_ONE}/cancel", "responses", cancel),
    Endpoint("GET", f"{_ONE}/input_items", "responses.input_items", list_input_items),
)
