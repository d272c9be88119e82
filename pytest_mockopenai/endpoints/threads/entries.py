"""What is kept of threads and their runs, and what both look like at a time.

The entry of a thread: `thread` is its object, `messages` are all of them, oldest first, each `{"since": when it is
there, "message": its object}`. Whatever is `since` a time in the future is written by a run that goes on until then.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_mockopenai.core.assistants import found
from pytest_mockopenai.core.endpoint import JSON, Collection, Context


def threads(context: Context) -> Collection:
    """Entries by the thread's id."""
    return context.store.collection("threads")


def thread_id(context: Context) -> str:
    """The id in the path."""
    return context.path["thread_id"]


def thread_of(context: Context) -> JSON:
    """The entry of the thread in the path; raises `Refused` with 404 if there is none."""
    return found(threads(context).get(thread_id(context)), "thread", thread_id(context))


def change(context: Context, id_: str, by: Callable[[JSON], JSON]) -> JSON:
    """The changed entry of a thread; raises `Refused` with 404 if there is none."""
    return found(threads(context).update(id_, by), "thread", id_)


def messages_at(entry: JSON, time: float) -> list[JSON]:
    """The messages that are there at a time, oldest first."""
    return [kept["message"] for kept in entry["messages"] if kept["since"] <= time]


def added(entry: JSON, *messages: JSON, since: float) -> JSON:
    """The entry with more messages."""
    return {**entry, "messages": [*entry["messages"], *({"since": since, "message": each} for each in messages)]}
