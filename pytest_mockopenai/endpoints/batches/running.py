"""Runs the lines of a batch, and writes its files when its time has come.

A line is a call to the mock itself. Lines run when their batch is created, so that they take scripted words in their
order, whatever the clock says; those of a large batch run bit by bit, at each look at it. A portion is claimed before
it runs, so that of two who look at once each runs lines of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_mockopenai.core import files, headers, jsontext
from pytest_mockopenai.core.endpoint import JSON, Answered, Collection, Context
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.endpoints.batches import job

AT_A_LOOK = 500
"""Lines that run while one request is answered, so that nobody waits long for a server with a large batch."""

_KINDS = ("output", "error")
"""The files of a batch, and what comes of a portion until they are written."""

_EXPIRED: JSON = {
    "code": "batch_expired",
    "message": "This request could not be executed before the completion window expired.",
}


def batches(context: Context) -> Collection:
    """All batches, as `job` keeps them."""
    return context.store.collection("batches")


def begun(context: Context, entry: JSON, lines: list[bytes]) -> JSON:
    """A new batch, kept; its first lines have run."""
    portions = job.portions_of(entry, lines) if entry["portions"] else ()
    for place, portion in enumerate(portions):
        context.store.contents.put(_input(entry, place), portion)
    batches(context).put(entry["id"], entry)
    return looked_at(context, entry, AT_A_LOOK)


def looked_at(context: Context, entry: JSON, lines: int) -> JSON:
    """The batch after what is to be done by now has been done; no more than so many lines run."""
    wanted = min(job.due(entry), entry["claimed"] + lines // entry["size"])
    for place in _claimed(context, entry, wanted):
        entry = _noted(context, entry, place, _run(context, entry, place))
    if entry["files"] is None and job.is_over(entry, context.time) and _ending(context, entry):
        entry = _ended(context, entry)
    return entry


def announce(context: Context, entry: JSON) -> None:
    """Tell when the batch will end; that of one whose lines may be late is told when it has ended."""
    if entry["total"] <= AT_A_LOOK:
        context.announce("batch", entry["id"], entry["timeline"])


# --- lines ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ran:
    """What came of the lines of a portion."""

    output: list[JSON] = field(default_factory=list)
    errors: list[JSON] = field(default_factory=list)
    usage: JSON = field(default_factory=job.usage)


def _claimed(context: Context, entry: JSON, wanted: int) -> range:
    """The places of the portions, up to the wanted number, that nobody else has claimed."""
    mine = range(0)

    def claim(now: JSON) -> JSON:
        nonlocal mine
        mine = range(now["claimed"], max(now["claimed"], wanted))
        return {**now, "claimed": mine.stop}

    if wanted > entry["claimed"]:
        batches(context).update(entry["id"], claim)
    return mine


def _run(context: Context, entry: JSON, place: int) -> _Ran:
    """Run a portion; its lines make room for what comes of them."""
    ran = _Ran()
    for id_, line in _lines(context, entry, place):
        custom_id = line["custom_id"]
        whose = (headers.BATCH_ID, entry["id"]), (headers.CUSTOM_ID, custom_id)
        answered = context.call(line["url"], line["body"], *whose)
        into = ran.output if answered.status < 400 else ran.errors
        into.append({"id": id_, "custom_id": custom_id, "response": _response(answered), "error": None})
        ran.usage = job.added(ran.usage, _usage_of(answered.object))
    context.store.contents.delete(_input(entry, place))
    for kind, lines in zip(_KINDS, (ran.output, ran.errors), strict=True):
        if lines:
            context.store.contents.put(_result(entry, kind, place), _jsonl(lines))
    return ran


def _lines(context: Context, entry: JSON, place: int) -> Iterator[tuple[str, JSON]]:
    """The lines of a portion, each with its id."""
    key = Draw(bytes.fromhex(entry["key"]))
    portion = context.store.contents.get(_input(entry, place))
    for number, text in enumerate(portion.split(b"\n") if portion else (), place * entry["size"]):
        yield "batch_req_" + key.token(str(number), 24), jsontext.loads(text)


def _response(answered: Answered) -> JSON:
    return {"status_code": answered.status, "request_id": answered.request_id, "body": answered.object}


def _usage_of(body: JSON) -> JSON:
    """What a line is billed, whichever API it was for."""
    counts = body.get("usage") or {}
    details_in = counts.get("input_tokens_details") or counts.get("prompt_tokens_details") or {}
    details_out = counts.get("output_tokens_details") or counts.get("completion_tokens_details") or {}
    return job.usage(
        counts.get("input_tokens") or counts.get("prompt_tokens") or 0,
        details_in.get("cached_tokens") or 0,
        counts.get("output_tokens") or counts.get("completion_tokens") or 0,
        details_out.get("reasoning_tokens") or 0,
    )


def _noted(context: Context, entry: JSON, place: int, ran: _Ran) -> JSON:
    counts = {"completed": len(ran.output), "failed": len(ran.errors), "usage": ran.usage}

    def longer(now: JSON) -> JSON:
        return {**now, "ran": {**now["ran"], str(place): counts}}

    return batches(context).update(entry["id"], longer) or longer(entry)


# --- files ------------------------------------------------------------------------------------------------------------


def _ending(context: Context, entry: JSON) -> bool:
    """Whether it is this call that ends the batch, and no other."""
    first = False

    def end(now: JSON) -> JSON:
        nonlocal first
        first = not now["ending"]
        return {**now, "ending": True}

    batches(context).update(entry["id"], end)
    return first


def _ended(context: Context, entry: JSON) -> JSON:
    """The batch with its files, of which there are only those that have lines."""
    ran, left = _gathered(context, entry), _left(context, entry)
    written = {"output": ran["output"], "error": ran["error"] + _jsonl(left)}
    ids = {kind: _kept(context, entry, kind, data) for kind, data in written.items() if data}

    def end(now: JSON) -> JSON:
        return {**now, "files": ids, "left": len(left)}

    if entry["total"] > AT_A_LOOK:
        context.announce("batch", entry["id"], [(entry["timeline"][-1][0], context.time)])
    return batches(context).update(entry["id"], end) or end(entry)


def _gathered(context: Context, entry: JSON) -> dict[str, bytes]:
    """What came of the lines that ran in time."""
    places = range(job.due(entry))
    return {kind: b"".join(_taken(context, _result(entry, kind, place)) for place in places) for kind in _KINDS}


def _left(context: Context, entry: JSON) -> list[JSON]:
    """What a batch that expires says of its other lines; they are forgotten, and what came of any."""
    told = []
    for place in range(job.due(entry), entry["portions"]):
        unrun = [{"id": id_, **line} for id_, line in _lines(context, entry, place)]
        results = b"".join(_taken(context, _result(entry, kind, place)) for kind in _KINDS)
        for line in [*unrun, *map(jsontext.loads, results.splitlines())]:
            told.append({"id": line["id"], "custom_id": line["custom_id"], "response": None, "error": _EXPIRED})
        context.store.contents.delete(_input(entry, place))
    return told if entry["timeline"][-1][0] == "expired" else []


def _taken(context: Context, key: str) -> bytes:
    """What is kept under a key, which is no longer needed there."""
    data = context.store.contents.get(key) or b""
    context.store.contents.delete(key)
    return data


def _kept(context: Context, entry: JSON, kind: str, data: bytes) -> str:
    name, serial = f"{entry['id']}_{kind}.jsonl", Draw(bytes.fromhex(entry["key"])).child(kind)
    kept = files.keep(context, data, filename=name, purpose="batch_output", serial=serial, lives=entry["lives"])
    return str(kept["id"])


def _jsonl(lines: list[JSON]) -> bytes:
    return b"".join(jsontext.dumps(line) + b"\n" for line in lines)


def _input(entry: JSON, place: int) -> str:
    return f"{entry['id']}/{place}"


def _result(entry: JSON, kind: str, place: int) -> str:
    return f"{entry['id']}/{place}/{kind}"
