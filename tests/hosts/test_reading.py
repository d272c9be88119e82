"""Requests out of bytes, however the bytes are cut."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.hosts.reading import CONTINUE, Incoming, Reader, parse_head

BODIES = st.binary(max_size=300)
READ_OR_REFUSED = (200, 400, 413, 431, 501, 505)
PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def sized(body: bytes) -> bytes:
    return b"POST /v1/x?y=1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(pieces: list[bytes]) -> bytes:
    parts = b"".join(b"%X;ext\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"POST /v1/x?y=1 HTTP/1.1\nTransfer-Encoding: chunked\n\n" + parts + b"0\r\nTrailer: x\r\n\r\n"


def read_all(reader: Reader, *parts: bytes) -> list[Incoming]:
    found = []
    for part in parts:
        reader.feed(part)
        while (incoming := reader.next()) is not None:
            found.append(incoming)
    return found


def outcome(*parts: bytes) -> int:
    """200, or the status of the refusal."""
    try:
        read_all(Reader(), *parts)
    except Refused as refused:
        return refused.error.status
    return 200


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(BODIES | PIECES, max_size=4), st.lists(st.integers(0, 10_000), max_size=12))
def test_where_the_bytes_are_cut_makes_no_difference(sent: list[bytes | list[bytes]], places: list[int]) -> None:
    data = b"".join(sized(body) if isinstance(body, bytes) else chunked(body) for body in sent)
    reader = Reader()
    found = read_all(reader, *cut(data, places))
    assert [incoming.request.body for incoming in found] == [
        body if isinstance(body, bytes) else b"".join(body) for body in sent
    ]
    assert {incoming.request.target for incoming in found} <= {"/v1/x?y=1"}
    assert reader.buffered == 0


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000), max_size=5))
def test_any_bytes_are_read_or_refused(data: bytes, places: list[int]) -> None:
    assert outcome(*cut(data, places)) in READ_OR_REFUSED


@given(st.binary(max_size=200))
def test_any_bytes_after_a_good_line_are_read_or_refused(data: bytes) -> None:
    assert outcome(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + data) in READ_OR_REFUSED


@pytest.mark.parametrize("size", [9, 10, 11])
@pytest.mark.parametrize("frame", [sized, lambda body: chunked([body[:4], body[4:]])])
def test_the_limit_of_a_body_is_inclusive(size: int, frame: Callable[[bytes], bytes]) -> None:
    reader = Reader(body_limit=10)
    if size <= 10:
        assert len(read_all(reader, frame(b"x" * size))) == 1
        return
    with pytest.raises(Refused, match=r"\(10 bytes\) exceeded"):
        read_all(reader, frame(b"x" * size))


@pytest.mark.parametrize("size", [99, 100, 101])
def test_the_limit_of_a_head_is_inclusive(size: int) -> None:
    reader = Reader(head_limit=100)
    head = b"GET / HTTP/1.1\r\nX: "
    data = head + b"x" * (size - len(head)) + b"\r\n\r\n"
    if size <= 100:
        assert len(read_all(reader, data)) == 1
        return
    with pytest.raises(Refused, match="the limit is 100 bytes"):
        read_all(reader, data)


def test_a_big_body_is_not_part_of_the_head() -> None:
    assert len(read_all(Reader(head_limit=100), sized(b"x" * 1000))) == 1


def test_continue_is_asked_for_once_and_only_while_the_body_is_awaited() -> None:
    reader = Reader()
    assert reader.interim() == b""
    assert read_all(reader, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") == []
    assert (reader.interim(), reader.interim()) == (CONTINUE, b"")
    assert len(read_all(reader, b"hi")) == 1
    assert len(read_all(reader, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")) == 1
    assert reader.interim() == b""


def test_http_1_0_is_never_asked_to_continue() -> None:
    reader = Reader()
    assert read_all(reader, b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") == []
    assert reader.interim() == b""


@pytest.mark.parametrize(
    ("head", "http11", "keep_alive"),
    [
        (b"GET / HTTP/1.1", True, True),
        (b"GET / HTTP/1.2\nConnection: keep-alive", True, True),
        (b"GET / HTTP/1.1\r\nConnection: upgrade\r\nCONNECTION: CLOSE", True, False),
        (b"GET / HTTP/1.0", False, False),
        (b"GET / HTTP/1.0\r\nConnection: x, Keep-Alive", False, True),
    ],
)
def test_what_a_client_understands(head: bytes, http11: bool, keep_alive: bool) -> None:
    incoming = parse_head(head)
    assert (incoming.http11, incoming.keep_alive) == (http11, keep_alive)


def test_a_refusal_does_not_repeat_a_secret() -> None:
    with pytest.raises(Refused) as caught:
        parse_head(b"GET / HTTP/1.1\r\nAuthorization : Bearer sk-secret")
    assert "Authorization" in caught.value.error.message
    assert "sk-secret" not in caught.value.error.message


def test_parse_head_gives_the_request() -> None:
    assert parse_head(b"GET /a HTTP/1.1\r\nA: 1").request == Request("GET", "/a", (("A", "1"),))


def test_a_head_that_was_read_before_is_the_same_head_and_no_other() -> None:
    for number in (1, 2, 1):
        reader = Reader()
        reader.feed(b"POST /%d HTTP/1.1\r\nContent-Length: 2\r\nX: %d\r\n\r\nh%d" % (number, number, number))
        incoming = reader.next()
        assert incoming is not None
        assert incoming.request == Request(
            "POST", f"/{number}", (("Content-Length", "2"), ("X", str(number))), b"h%d" % number
        )


def test_what_was_read_before_counts_under_this_reader_s_limits() -> None:
    sent = b"POST /limits HTTP/1.1\r\nContent-Length: 20\r\n\r\n"
    for limit, status in ((20, 200), (19, 413), (20, 200)):
        reader = Reader(body_limit=limit)
        reader.feed(sent + b"x" * 20)
        try:
            assert reader.next() is not None
            seen = 200
        except Refused as refused:
            seen = refused.error.status
        assert seen == status


def test_which_part_of_a_request_has_begun() -> None:
    reader = Reader()
    seen = [reader.midway]
    for part in (b"POST / HT", b"TP/1.1\r\nContent-Length: 2\r\n\r\nh", b"i"):
        reader.feed(part)
        reader.next()
        seen.append(reader.midway)
    assert seen == [None, "head", "body", None]


# --- requests that come whole -----------------------------------------------------------------------------------------

HEADS = st.sampled_from(
    [
        b"POST /x HTTP/1.1\r\ncontent-length: 3\r\n\r\n",
        b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /x HTTP/1.0\n\n",
        b"\r\nGET /x HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n",
        b"GET /x HTTP/1.1\n\r\nGET /y HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/2.0\r\n\r\n",
        b"GET /x HTTP/1.1\r\nbad line\r\n\r\n",
        b"POST /x HTTP/1.1\r\ncontent-length: 99\r\n\r\n",
        b"GET /" + b"x" * 300 + b" HTTP/1.1\r\n\r\n",
    ]
)


@given(HEADS, st.sampled_from([b"", b"abc", b"abcd", b"ab"]), st.sampled_from([b"", b"G"]))
def test_a_request_that_comes_whole_is_read_as_any(head: bytes, body: bytes, before: bytes) -> None:
    data = head + body
    quick, reader = (Reader(body_limit=10, head_limit=200) for _ in range(2))
    for each in (quick, reader):
        each.feed(before)
    whole = quick.whole(data)
    assert quick.buffered == len(before)
    if whole is not None:
        assert before == b""
        assert read_all(reader, data) == [whole]
        assert reader.buffered == 0


def test_the_usual_request_comes_whole() -> None:
    whole = Reader().whole(sized(b"abc"))
    assert whole is not None
    assert (whole.request.body, whole.request.target) == (b"abc", "/v1/x?y=1")
    reader = Reader()
    reader.feed(sized(b"abcdef")[:-2])
    assert reader.next() is None
    assert reader.whole(sized(b"abc")) is None
