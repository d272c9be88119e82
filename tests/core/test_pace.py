"""Timing and faults: what is slow is only late, what breaks is a prefix, and the headers always stay."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import jsontext, sse
from pytest_mockopenai.core.dialogue import Talk
from pytest_mockopenai.core.pace import Rendered, paced
from pytest_mockopenai.core.wire import HOWS, Cut, Reply, Send, Stream, Upgrade, Whole, body_of, faults_of
from pytest_mockopenai.core.word import Fault, FaultKind, Timing

HEADERS = (("content-type", "application/json"), ("x-request-id", "req_1"))
FAILURE = {"error": {"message": "Sorry.", "type": "server_error"}}
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
ENDINGS: dict[FaultKind, str] = {"cut": "close", "reset": "reset", "stall": "stall"}

SECONDS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])
TIMINGS = st.builds(Timing, SECONDS, SECONDS)
AFTERS = st.none() | st.integers(0, 8)
FAULTS = st.builds(Fault, st.sampled_from(KINDS), AFTERS)
OBJECTS: tuple[dict[str, Any], ...] = (
    {},
    {"a": 1},
    {"text": "data: x"},
    {"é": "😀" * 5},
    {"x": ["日本語", None]},
    {"a": "b" * 40},
)
EVENTS = [sse.event(value, name) for value in OBJECTS for name in (None, "response.created")]
WHOLES = st.sampled_from(
    [
        Rendered(200, HEADERS, jsontext.dumps(value), steps=steps, failure=lambda _: jsontext.dumps(FAILURE))
        for value in OBJECTS
        for steps in (0, 1, 9)
    ]
)
STREAMS = st.sampled_from(
    [
        Rendered(200, HEADERS, events=tuple(EVENTS[at : at + size]), end=end, failure=lambda _: sse.event(FAILURE))
        for end in (sse.DONE, b"")
        for size in range(7)
        for at in range(len(EVENTS) - size)
    ]
)
RENDERED = WHOLES | STREAMS


def sound(rendered: Rendered) -> bytes:
    """All bytes of a reply that nothing happens to."""
    return rendered.body if rendered.events is None else b"".join(rendered.events) + rendered.end


def seconds(reply: Reply) -> float:
    """How long a reply takes."""
    return reply.after if isinstance(reply, Whole) else sum(step.after for step in reply)


# --- every reply ------------------------------------------------------------------------------------------------------


@given(RENDERED)
def test_without_timing_and_fault_it_is_what_was_rendered(rendered: Rendered) -> None:
    reply = paced(rendered)
    assert body_of(reply) == sound(rendered)
    assert seconds(reply) == 0
    assert not faults_of(reply)
    assert isinstance(reply, Whole if rendered.events is None else Stream)


@given(RENDERED, TIMINGS, st.none() | FAULTS)
def test_status_and_headers_stay(rendered: Rendered, timing: Timing, fault: Fault | None) -> None:
    reply = paced(rendered, timing, fault)
    assert (reply.status, reply.headers) == (200, HEADERS)


@given(RENDERED, TIMINGS, st.none() | FAULTS)
def test_timing_changes_no_byte(rendered: Rendered, timing: Timing, fault: Fault | None) -> None:
    fast, late = paced(rendered, None, fault), paced(rendered, timing, fault)
    assert body_of(late) == body_of(fast)
    assert faults_of(late) == faults_of(fast)
    assert seconds(late) >= seconds(fast) == 0


@given(RENDERED, TIMINGS, FAULTS)
def test_only_known_endings_and_only_at_the_end(rendered: Rendered, timing: Timing, fault: Fault) -> None:
    reply = paced(rendered, timing, fault)
    assert faults_of(reply) <= HOWS
    if isinstance(reply, Stream):
        assert not any(isinstance(step, Cut) for step in reply.steps[:-1])


@given(RENDERED, st.sampled_from(["cut", "reset", "stall", "hang", "short_body", "no_done"]), AFTERS)
def test_what_ends_early_is_a_prefix(rendered: Rendered, kind: FaultKind, after: int | None) -> None:
    assert sound(rendered).startswith(body_of(paced(rendered, None, Fault(kind, after))))


@given(RENDERED, st.sampled_from(list(ENDINGS)), TIMINGS)
def test_after_nothing_nothing_is_sent(rendered: Rendered, kind: FaultKind, timing: Timing) -> None:
    reply = paced(rendered, timing, Fault(kind, 0))
    assert isinstance(reply, Stream)
    (only,) = reply.steps
    assert isinstance(only, Cut)
    assert only.how == ENDINGS[kind]
    assert only.after >= timing.first


@given(RENDERED, TIMINGS)
def test_hanging_is_silence(rendered: Rendered, timing: Timing) -> None:
    reply = paced(rendered, timing, Fault("hang"))
    assert body_of(reply) == b""
    assert faults_of(reply) == {"stall"}


# --- streams ----------------------------------------------------------------------------------------------------------


@given(STREAMS, TIMINGS)
def test_a_stream_takes_first_and_then_each(rendered: Rendered, timing: Timing) -> None:
    reply = paced(rendered, timing)
    assert isinstance(reply, Stream)
    waits = [step.after for step in reply]
    assert waits == [timing.first, *[timing.each] * (len(waits) - 1)][: len(waits)]
    assert len(waits) == len(rendered.events or ()) + bool(rendered.end)


@given(STREAMS, st.sampled_from(list(ENDINGS)), st.integers(0, 9), TIMINGS)
def test_a_stream_ends_after_so_many_events(rendered: Rendered, kind: FaultKind, after: int, timing: Timing) -> None:
    reply = paced(rendered, timing, Fault(kind, after))
    assert isinstance(reply, Stream)
    *sent, last = reply.steps
    assert [step.data for step in sent if isinstance(step, Send)] == list((rendered.events or ())[:after])
    assert last == Cut(last.how, timing.each if sent else timing.first)  # type: ignore[union-attr]


@given(STREAMS, st.sampled_from(list(ENDINGS)))
def test_halfway_is_the_default(rendered: Rendered, kind: FaultKind) -> None:
    half = len(rendered.events or ()) // 2
    assert paced(rendered, None, Fault(kind)) == paced(rendered, None, Fault(kind, half))


@given(STREAMS.filter(lambda rendered: bool(rendered.events)), AFTERS)
def test_one_event_of_a_stream_is_malformed(rendered: Rendered, after: int | None) -> None:
    reply = paced(rendered, None, Fault("malformed", after))
    events = rendered.events or ()
    at = min(len(events) // 2 if after is None else after, len(events) - 1)
    sent = [step.data for step in reply if isinstance(step, Send)] if isinstance(reply, Stream) else []
    assert sent[:at] == list(events[:at])
    assert b"".join(sent[at + 1 :]) == b"".join(events[at + 1 :]) + rendered.end
    name, mark, data = sent[at].partition(b"data: ")
    assert mark
    assert data.endswith(b"\n\n")
    assert name == events[at].partition(b"data: ")[0]
    assert is_broken(data.removesuffix(b"\n\n"))


def is_broken(data: bytes) -> bool:
    """Whether the data is text, as a client has to decode it, but no JSON."""
    text = data.decode()
    try:
        jsontext.loads(text)
    except jsontext.BadJSON:
        return True
    return False


@given(STREAMS.filter(lambda rendered: bool(rendered.events)), TIMINGS)
def test_short_body_of_a_stream_is_half_a_chunk(rendered: Rendered, timing: Timing) -> None:
    reply = paced(rendered, timing, Fault("short_body"))
    assert isinstance(reply, Stream)
    assert reply.steps[-1] == Cut("half_chunk")
    assert len(body_of(reply)) < len(sound(rendered))
    assert body_of(reply)


@given(STREAMS)
def test_no_done_leaves_out_the_end(rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault("no_done"))
    events = rendered.events or ()
    assert body_of(reply) == b"".join(events if rendered.end else events[:-1])
    assert not faults_of(reply)


@given(STREAMS, st.integers(0, 9))
def test_an_error_event_ends_a_stream(rendered: Rendered, after: int) -> None:
    reply = paced(rendered, None, Fault("error_event", after))
    assert body_of(reply) == b"".join((rendered.events or ())[:after]) + rendered.failure(after)
    assert not faults_of(reply)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [sse.DONE, b""])
def test_a_stream_without_events_can_break_too(kind: FaultKind, end: bytes) -> None:
    reply = paced(Rendered(200, HEADERS, events=(), end=end, failure=lambda _: b"!"), Timing(1.0), Fault(kind))
    assert isinstance(reply, Stream)
    assert body_of(reply) in {b"", b"!", end}


# --- whole replies ----------------------------------------------------------------------------------------------------


@given(WHOLES, TIMINGS)
def test_a_whole_reply_takes_as_long_as_its_stream(rendered: Rendered, timing: Timing) -> None:
    assert seconds(paced(rendered, timing)) == timing.first + rendered.steps * timing.each


@given(WHOLES, st.sampled_from(KINDS), AFTERS, TIMINGS)
def test_a_broken_whole_reply_is_no_quicker(
    rendered: Rendered, kind: FaultKind, after: int | None, timing: Timing
) -> None:
    assert seconds(paced(rendered, timing, Fault(kind, after))) == seconds(paced(rendered, timing))


@given(WHOLES | st.sampled_from([b"", b"1", b"{}"]).map(lambda body: Rendered(200, HEADERS, body)))
@pytest.mark.parametrize("kind", ENDINGS)
def test_a_whole_reply_ends_before_its_length(kind: FaultKind, rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault(kind))
    assert isinstance(reply, Stream)
    assert reply.length is not None
    assert len(body_of(reply)) < reply.length
    assert faults_of(reply) == {ENDINGS[kind]}


@given(WHOLES)
def test_malformed_whole(rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault("malformed"))
    assert isinstance(reply, Whole)
    assert is_broken(reply.body)


@given(WHOLES)
def test_short_body_announces_more_than_there_is(rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault("short_body"))
    assert isinstance(reply, Stream)
    assert body_of(reply) == rendered.body
    assert (reply.length or 0) > len(rendered.body)
    assert faults_of(reply) == {"close"}


@given(WHOLES)
def test_no_done_never_says_that_it_is_complete(rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault("no_done"))
    assert isinstance(reply, Stream)
    assert (body_of(reply), reply.length) == (rendered.body, None)
    assert faults_of(reply) == {"close"}


@given(WHOLES)
def test_an_error_in_the_place_of_a_whole_body(rendered: Rendered) -> None:
    reply = paced(rendered, None, Fault("error_event"))
    assert isinstance(reply, Whole)
    assert (reply.status, reply.body) == (200, rendered.failure(0))


@pytest.mark.parametrize("kind", ["malformed", "short_body"])
def test_a_message_that_is_nothing_but_data_is_broken_too(kind: FaultKind) -> None:
    message = jsontext.dumps({"type": "x", "said": "data: ü"})
    reply = paced(Rendered(200, (), events=(message, message)), None, Fault(kind, 1))
    assert isinstance(reply, Stream)
    first, second, *rest = reply.steps
    assert first == Send(message)
    assert isinstance(second, Send)
    assert is_broken(second.data)
    assert rest == ([Cut("half_chunk")] if kind == "short_body" else [])


def test_an_upgrade_is_neither_slow_nor_broken() -> None:
    dialogue = Talk()
    reply = paced(Rendered(101, (("a", "b"),), ready=Upgrade((("a", "b"),), dialogue)), Timing(5, 5), Fault("cut"))
    assert reply == Upgrade((("a", "b"),), dialogue)
