"""The acts of a reply, as laws: whatever the reply, a client of Python's own reads back what was meant."""

from __future__ import annotations

import http.client
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import Cut, Headers, Reply, Request, Send, Stream, Whole, body_of
from pytest_mockopenai.hosts.framing import Framed, frame
from pytest_mockopenai.hosts.reading import Incoming

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
NAMES = st.from_regex(r"x-[a-z]{1,8}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=["Cc"]), min_size=1)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)
STATUSES = st.sampled_from([200, 201, 400, 404, 429, 500, 529])
DATA = st.binary(max_size=50)
SENDS = st.builds(Send, DATA, st.sampled_from([0.0, 0.5]))
CUTS = st.builds(Cut, st.sampled_from(["close", "half_chunk", "reset", "stall"]), st.sampled_from([0.0, 0.5]))
WHOLES = st.builds(Whole, STATUSES, HEADERS, DATA, st.sampled_from([0.0, 0.5]))
ORDERLY = st.builds(Stream, STATUSES, HEADERS, st.lists(SENDS, max_size=6).map(tuple))
BROKEN = st.builds(
    Stream,
    STATUSES,
    HEADERS,
    st.tuples(st.lists(SENDS, max_size=5), CUTS).map(lambda parts: (*parts[0], parts[1])),
    st.none() | st.integers(0, 400),
)
ENDINGS = {"close": "cut", "half_chunk": "cut", "reset": "reset", "stall": "stalled"}


def asking(method: str = "GET", *, http11: bool = True, keep_alive: bool = True) -> Incoming:
    return Incoming(Request(method, "/"), http11, keep_alive)


def written(framed: Framed) -> bytes:
    return b"".join(act.data for act in framed.acts)


class _Received(io.BytesIO):
    """What a socket received; stays readable after http.client has closed it."""

    def makefile(self, mode: str) -> io.BytesIO:
        return self

    def close(self) -> None:
        pass


def read(data: bytes) -> tuple[http.client.HTTPResponse, bytes, bytes]:
    """The response, its body, and what is left over."""
    received = _Received(data)
    response = http.client.HTTPResponse(received)  # type: ignore[arg-type]
    response.begin()
    return response, response.read(), received.read()


@given(WHOLES | ORDERLY, st.booleans(), st.booleans())
def test_an_orderly_reply_is_read_back(reply: Reply, http11: bool, keep_alive: bool) -> None:
    framed = frame(reply, asking(http11=http11, keep_alive=keep_alive), DATE)
    data = written(framed)
    response, body, rest = read(data)
    assert (response.status, body, rest) == (reply.status, body_of(reply), b"")
    assert [(k, v) for k, v in response.getheaders() if k.startswith("x-")] == list(reply.headers)
    assert response.getheader("date") == DATE
    assert framed.keep_alive == (keep_alive and (http11 or isinstance(reply, Whole)))
    assert framed.keep_alive != (response.getheader("connection") == "close")


@given(WHOLES | ORDERLY | BROKEN, st.booleans())
def test_waits_are_the_reply_s_and_only_the_last_act_has_an_ending(reply: Reply, http11: bool) -> None:
    acts = list(frame(reply, asking(http11=http11), DATE).acts)
    waits = [reply.after] if isinstance(reply, Whole) else [step.after for step in reply.steps]
    assert [act.after for act in acts] == (waits or [0.0])
    assert [act.ending for act in acts[:-1]] == [None] * (len(acts) - 1)
    last = reply.steps[-1] if isinstance(reply, Stream) and reply.steps else None
    assert acts[-1].ending == (ENDINGS[last.how] if isinstance(last, Cut) else "done")


@given(BROKEN)
def test_half_a_chunk_is_never_a_whole_message(reply: Stream) -> None:
    steps = (Send(b"first"), *reply.steps[:-1], Cut("half_chunk"))
    data = written(frame(Stream(reply.status, (), steps, reply.length), asking(), DATE))
    head, _, body = data.partition(b"\r\n\r\n")
    if reply.length is None:
        with pytest.raises(http.client.IncompleteRead):
            read(data)
    else:
        assert int(head.rpartition(b"content-length: ")[2]) > len(body)


@given(BROKEN)
def test_a_cut_at_first_writes_nothing(reply: Stream) -> None:
    (act,) = frame(Stream(reply.status, reply.headers, reply.steps[-1:], reply.length), asking(), DATE).acts
    assert act.data == b""


@given(WHOLES | ORDERLY | BROKEN)
def test_a_head_request_gets_the_same_head_and_no_more(reply: Reply) -> None:
    full, bare = (written(frame(reply, asking(method), DATE)) for method in ("GET", "HEAD"))
    assert bare == full[: len(bare)]
    assert bare == b"" or bare.endswith(b"\r\n\r\n")
    assert bare.count(b"\r\n\r\n") <= 1


@given(st.lists(SENDS, max_size=4), st.integers(0, 300))
def test_a_connection_is_kept_only_after_a_true_length(sends: list[Send], length: int) -> None:
    total = sum(len(send.data) for send in sends)
    assert frame(Stream(200, (), tuple(sends), total), asking(), DATE).keep_alive
    assert frame(Stream(200, (), tuple(sends), length), asking(), DATE).keep_alive == (length == total)


def test_nothing_after_a_cut_counts() -> None:
    steps = (Send(b"ab"), Cut("close"), Send(b"cd"), Cut("reset"))
    assert list(frame(Stream(200, (), steps), asking(), DATE).acts) == list(
        frame(Stream(200, (), steps[:2]), asking(), DATE).acts
    )


@pytest.mark.parametrize("header", [("x", "a\nb"), ("x", "a\rb"), ("x\r\ny", "a")])
def test_a_line_break_in_a_header_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="must not have a line break"):
        frame(Whole(200, (("ok", "1"), header), b""), asking(), DATE)


def test_a_header_outside_latin_1_goes_out_as_utf_8() -> None:
    assert "\r\nx: 日本\r\n".encode() in written(frame(Whole(200, (("x", "日本"),), b""), asking(), DATE))


@given(WHOLES, st.booleans(), st.sampled_from(["", "Date", "X-Date", "connection", "Content-Length", "x-encoding"]))
def test_the_short_way_gives_the_same_bytes_as_the_long_one(reply: Whole, http11: bool, name: str) -> None:
    reply = Whole(reply.status, (*reply.headers, (name or "x", "keep-alive")), reply.body, reply.after)
    with pytest.MonkeyPatch.context() as patch:
        ours = frame(reply, asking(http11=http11), DATE)
        patch.setattr("pytest_mockopenai.hosts.framing._ordinary", lambda *_: None)
        assert frame(reply, asking(http11=http11), DATE) == ours


@given(WHOLES | ORDERLY, st.integers(0, 5), st.sampled_from([(), (("Date", "x"),), (("Content-Length", "7"),)]))
def test_which_headers_are_a_reply_s_own_makes_no_difference(reply: Reply, own: int, clash: Headers) -> None:
    assert isinstance(reply, (Whole, Stream))
    told = replace(reply, headers=reply.headers + clash)
    for _ in range(2):
        assert written(frame(replace(told, own=own), asking(), DATE)) == written(frame(told, asking(), DATE))


def test_a_line_break_in_a_header_that_is_written_once_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        frame(Whole(200, (("a", "b"), ("c", "d\r\ne: f")), b"", own=1), asking(), DATE)
