"""What a client sees on the wire, byte for byte, whatever the host. Every host runs this very suite."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from pytest_mockopenai.core.wire import Cut, How, Relay, Request, Send, Stream, Whole
from pytest_mockopenai.hosts.port import Ending, Host
from tests.hosts.conftest import OK, PATIENCE, FixedApp, FixedExchange, Wire, eventually, serving_threads, undated

Serve = Callable[..., FixedApp]
Connect = Callable[[], Wire]

SSE = (("content-type", "text/event-stream"),)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ndate: D\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: D\r\ncontent-length: 5\r\n"


def stream(*steps: Send | Cut, length: int | None = None) -> Stream:
    return Stream(200, SSE, steps, length)


# --- replies in order -------------------------------------------------------------------------------------------------


def test_whole(connect: Connect) -> None:
    assert connect().get().until(b"hello") == HELLO + b"\r\nhello"


def test_headers_go_out_as_given_in_order_and_repeated(serve: Serve, connect: Connect) -> None:
    serve(Whole(429, (("retry-after", "2"), ("X-Odd", "é"), ("set-cookie", "a"), ("set-cookie", "b")), b""))
    assert connect().get().until(b"\r\n\r\n") == (
        b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\nX-Odd: \xe9\r\nset-cookie: a\r\nset-cookie: b\r\n"
        b"date: D\r\ncontent-length: 0\r\n\r\n"
    )


def test_stream_is_one_chunk_for_each_send(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"data: 1\n\n"), Send(b""), Send(b"x" * 17)))
    assert connect().get().until(b"0\r\n\r\n") == (
        CHUNKED + b"9\r\ndata: 1\n\n\r\n" + b"11\r\n" + b"x" * 17 + b"\r\n" + b"0\r\n\r\n"
    )
    assert app.endings == [["done"]]


def test_stream_without_steps_is_an_empty_body(serve: Serve, connect: Connect) -> None:
    serve(stream())
    assert connect().get().until(b"0\r\n\r\n") == CHUNKED + b"0\r\n\r\n"


def test_stream_with_its_true_length_keeps_the_connection(serve: Serve, connect: Connect) -> None:
    serve(stream(Send(b"ab"), Send(b"c"), length=3), OK)
    wire = connect()
    assert wire.get().until(b"abc") == HEAD + b"content-length: 3\r\n\r\nabc"
    assert wire.get().until(b"hello") == HELLO + b"\r\nhello"


@pytest.mark.parametrize(("length", "said"), [(9, b"9"), (1, b"1")])
def test_stream_with_a_false_length_ends_by_closing(serve: Serve, connect: Connect, length: int, said: bytes) -> None:
    app = serve(stream(Send(b"abc"), length=length))
    assert connect().get().rest() == (HEAD + b"content-length: " + said + b"\r\n\r\nabc", "closed")
    assert app.endings == [["done"]]


def test_the_ending_is_known_before_the_last_byte(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"data: [DONE]\n\n")))
    for _ in range(20):
        connect().get().until(b"[DONE]\n\n")
        assert app.endings[-1] == ["done"]


def test_framing_headers_of_the_reply_are_dropped(serve: Serve, connect: Connect) -> None:
    serve(Whole(200, (("Content-Length", "999"), ("transfer-encoding", "chunked"), ("date", "then")), b"hi"))
    assert connect().get().until(b"hi") == b"HTTP/1.1 200 OK\r\ndate: then\r\ncontent-length: 2\r\n\r\nhi"


@pytest.mark.parametrize("status", [204, 304])
def test_bodyless_statuses_have_no_body(serve: Serve, connect: Connect, status: int) -> None:
    serve(Whole(status, (), b"ignored"), Stream(status, (), (Send(b"a"), Send(b"b"))), OK)
    wire = connect()
    for _ in range(2):
        assert wire.get().until(b"\r\n\r\n").endswith(b"\r\ndate: D\r\n\r\n")
    assert wire.get().until(b"hello") == HELLO + b"\r\nhello"


def test_unknown_status_has_no_reason(serve: Serve, connect: Connect) -> None:
    serve(Whole(529, (), b""))
    assert connect().get().until(b"\r\n\r\n").startswith(b"HTTP/1.1 529 \r\n")


def test_head_is_answered_with_headers_only(serve: Serve, connect: Connect) -> None:
    serve(OK, stream(Send(b"abc"), Send(b"d")), stream(), OK)
    wire = connect()
    assert wire.send(b"HEAD /x HTTP/1.1\r\n\r\n").until(b"\r\n\r\n") == HELLO + b"\r\n"
    for _ in range(2):
        assert wire.send(b"HEAD /x HTTP/1.1\r\n\r\n").until(b"\r\n\r\n") == CHUNKED
    assert wire.get().until(b"hello") == HELLO + b"\r\nhello"


def test_big_bodies_arrive_whole(serve: Serve, connect: Connect) -> None:
    body = bytes(range(256)) * 40_000
    app = serve(Whole(200, (), body))
    received, how = connect().get("/x", "Connection: close").rest()
    assert received.endswith(b"\r\n\r\n" + body)
    assert how == "closed"
    assert app.endings == [["done"]]


# --- keeping the connection -------------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    wire = connect()
    for number in range(50):
        assert wire.get(f"/{number}").until(b"hello") == HELLO + b"\r\nhello"
    assert [request.target for request in app.requests] == [f"/{number}" for number in range(50)]


def test_pipelined_requests_are_answered_in_order(serve: Serve, connect: Connect) -> None:
    app = serve(OK, stream(Send(b"a"), Send(b"b", after=0.005)), OK)
    sent = b"GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\ncontent-length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\n\r\n"
    wire = connect().send(sent)
    expected = HELLO + b"\r\nhello" + CHUNKED + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n" + HELLO + b"\r\nhello"
    assert b"".join(wire.until(end) for end in (b"hello", b"0\r\n\r\n", b"hello")) == expected
    assert [(request.target, request.body) for request in app.requests] == [("/1", b""), ("/2", b"hi"), ("/3", b"")]


def test_what_is_sent_ahead_during_a_wait_is_not_lost(serve: Serve, connect: Connect) -> None:
    app = serve(Whole(200, OK.headers, OK.body, after=0.01), OK)
    wire = connect().get("/1")
    assert eventually(lambda: len(app.requests) == 1)
    wire.get("/2")
    assert wire.until(b"hello") + wire.until(b"hello") == 2 * (HELLO + b"\r\nhello")
    assert app.endings == [["done"], ["done"]]


@pytest.mark.parametrize("wish", ["close", "Close", "x, close"])
def test_connection_close_is_honoured(connect: Connect, wish: str) -> None:
    assert connect().get("/x", f"Connection: {wish}").rest() == (HELLO + b"connection: close\r\n\r\nhello", "closed")


def test_a_reply_may_close_the_connection(serve: Serve, connect: Connect) -> None:
    serve(Whole(200, (("connection", "close"),), b"hi"))
    assert connect().get().rest() == (
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ndate: D\r\ncontent-length: 2\r\n\r\nhi",
        "closed",
    )


def test_http_1_0_gets_a_length_or_an_end_and_no_chunks(serve: Serve, connect: Connect) -> None:
    serve(OK, stream(Send(b"a"), Send(b"b")))
    closes = b"connection: close\r\n\r\n"
    assert connect().send(b"GET /v1/models HTTP/1.0\r\n\r\n").rest() == (HELLO + closes + b"hello", "closed")
    kept = b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    assert connect().send(kept).rest() == (HEAD + closes + b"ab", "closed")


def test_http_1_0_may_ask_to_keep_the_connection(connect: Connect) -> None:
    wire = connect()
    for _ in range(2):
        wire.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert wire.until(b"hello") == HELLO + b"connection: keep-alive\r\n\r\nhello"


# --- reading requests -------------------------------------------------------------------------------------------------


def test_the_request_reaches_the_app_as_sent(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    connect().send(
        b"POST /v1/a%2Fb//c?x=%20&y HTTP/1.1\r\nX-MiXed: a, b\r\nx-mixed:  c \t\r\nX-Bytes: \xff\xc3\xa9\r\n"
        b"Content-Length: 3\r\nX-Empty:\r\n\r\n\x00\xff\n"
    ).until(b"hello")
    headers = (
        ("X-MiXed", "a, b"),
        ("x-mixed", "c"),
        ("X-Bytes", b"\xff\xc3\xa9".decode("latin-1")),
        ("Content-Length", "3"),
        ("X-Empty", ""),
    )
    assert app.requests == [Request("POST", "/v1/a%2Fb//c?x=%20&y", headers, b"\x00\xff\n")]


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("http://api.openai.com/v1/models?limit=2", "/v1/models?limit=2"),
        ("HTTPS://api.openai.com", "/"),
        ("http://h?q", "/?q"),
        ("*", "*"),
        ("//v1/models", "//v1/models"),
    ],
)
def test_targets(serve: Serve, connect: Connect, target: str, seen: str) -> None:
    app = serve(OK)
    connect().get(target).until(b"hello")
    assert app.requests[0].target == seen


def test_a_chunked_request_body_is_put_together(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    wire = connect().send(
        b"POST /1 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;name=value\r\nabc\r\nA \r\n0123456789\r\n"
        b"0\r\nX-Trailer: 1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"
    )
    assert wire.until(b"hello") + wire.until(b"hello") == 2 * (HELLO + b"\r\nhello")
    assert [request.body for request in app.requests] == [b"abc0123456789", b""]


def test_a_request_may_come_byte_by_byte(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    wire = connect()
    for byte in b"\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi":
        wire.send(bytes([byte]))
    wire.until(b"hello")
    assert app.requests == [Request("POST", "/", (("Content-Length", "2"),), b"hi")]


def test_100_continue(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    wire = connect().send(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert app.requests == []
    assert wire.send(b"h").silent()
    assert wire.send(b"i").until(b"hello") == HELLO + b"\r\nhello"
    assert app.requests[0].body == b"hi"


def test_no_100_continue_for_a_body_that_is_there_already(connect: Connect) -> None:
    wire = connect().send(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
    assert wire.until(b"hello") == HELLO + b"\r\nhello"


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (b"hello there\r\n\r\n", 400, "request line 'hello there'"),
        (b"GET /\r\n\r\n", 400, "request line"),
        (b"GET  / HTTP/1.1\r\n\r\n", 400, "request line"),
        (b"\x16\x03\x01\x02\x00", 400, "this is TLS, use http://"),
        (b"\x00\x01", 400, "not HTTP"),
        (b"GET / HTTP/2.0\r\n\r\n", 505, "HTTP/2.0 is not spoken"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "header line"),
        (b"GET / HTTP/1.1\r\nName : x\r\n\r\n", 400, "header line"),
        (b"GET / HTTP/1.1\r\nName: x\r\n folded\r\n\r\n", 400, "header line"),
        (b"GET / HTTP/1.1\r\nName: \0\r\n\r\n", 400, "header line"),
        (b"GET / HTTP/1.1\r\n\xff: x\r\n\r\n", 400, "header line"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "Content-Length must be one number, not 'x'"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "not '1, 2'"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "both"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "'gzip, chunked'"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "chunk size 'zz'"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400, "chunk is longer"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 9000, 400, "too long"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431, "65536 bytes"),
        (b"POST / HTTP/1.1\r\nContent-Length: 68157441\r\n\r\n", 413, "(68157440 bytes) exceeded"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413, "exceeded"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4100001\r\n", 413, "exceeded"),
    ],
)
def test_what_cannot_be_read_is_refused_in_openai_s_words(
    serve: Serve, connect: Connect, sent: bytes, status: int, words: str
) -> None:
    app = serve(OK)
    received, how = connect().send(sent).rest()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nx-request-id: req_" in head
    assert head.endswith(b"\r\nconnection: close")
    assert body.startswith(b'{"error": {"message": "')
    assert words in body.decode()
    assert how == "closed"
    assert app.requests == []


def test_a_client_that_leaves_in_mid_request_is_no_request(serve: Serve, connect: Connect) -> None:
    app = serve(OK)
    for part in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe"):
        connect().send(part).close()
    assert eventually(lambda: len(serving_threads()) <= 1)
    assert app.requests == []


def test_the_write_side_may_be_closed_after_the_request(connect: Connect) -> None:
    wire = connect().get()
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.rest() == (HELLO + b"\r\nhello", "closed")


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "seen", "ending"),
    [("close", "closed", "cut"), ("half_chunk", "closed", "cut"), ("reset", "reset", "reset")],
)
def test_a_cut_at_first_sends_nothing_at_all(
    serve: Serve, connect: Connect, how: str, seen: str, ending: Ending
) -> None:
    app = serve(stream(Cut(how)))  # type: ignore[arg-type]
    assert connect().get().rest() == (b"", seen)
    assert app.endings == [[ending]]


def test_close_comes_before_the_framing_is_complete(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"abc"), Cut("close", after=0.002), Send(b"never")))
    assert connect().get().rest() == (CHUNKED + b"3\r\nabc\r\n", "closed")
    assert app.endings == [["cut"]]


def test_reset_comes_after_what_was_sent(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"abc"), Cut("reset", after=0.002)))
    wire = connect().get()
    assert wire.until(b"abc\r\n") == CHUNKED + b"3\r\nabc\r\n"
    assert wire.rest() == (b"", "reset")
    assert app.endings == [["reset"]]


def test_half_chunk_announces_twice_what_it_sends(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"abc"), Send(b"12345678"), Cut("half_chunk")))
    assert connect().get().rest() == (CHUNKED + b"3\r\nabc\r\n10\r\n12345678", "closed")
    assert app.endings == [["cut"]]


@pytest.mark.parametrize(("length", "said"), [(3, b"6"), (0, b"6"), (7, b"7")])
def test_half_chunk_with_a_length_announces_more_than_it_sends(
    serve: Serve, connect: Connect, length: int, said: bytes
) -> None:
    serve(stream(Send(b"abc"), Cut("half_chunk"), length=length))
    assert connect().get().rest() == (HEAD + b"content-length: " + said + b"\r\n\r\nabc", "closed")


def test_half_chunk_for_a_client_without_chunks_is_half_a_body(serve: Serve, connect: Connect) -> None:
    serve(stream(Send(b"abc"), Cut("half_chunk")))
    received, how = connect().send(b"GET / HTTP/1.0\r\n\r\n").rest()
    assert received == HEAD + b"content-length: 6\r\nconnection: close\r\n\r\nabc"
    assert how == "closed"


def test_a_short_body_under_a_true_looking_length(serve: Serve, connect: Connect) -> None:
    serve(stream(Send(b"abc"), Cut("close"), length=100))
    assert connect().get().rest() == (HEAD + b"content-length: 100\r\n\r\nabc", "closed")


@pytest.mark.parametrize("steps", [(Cut("stall"),), (Send(b"abc"), Cut("stall"))])
def test_a_stall_holds_until_the_client_leaves(serve: Serve, connect: Connect, steps: tuple[Send | Cut, ...]) -> None:
    app = serve(stream(*steps))
    wire = connect().get()
    assert wire.until(b"" if len(steps) == 1 else b"abc\r\n") == (b"" if len(steps) == 1 else CHUNKED + b"3\r\nabc\r\n")
    assert eventually(lambda: app.endings == [["stalled"]])
    assert wire.silent()
    assert wire.get("/more").silent()
    wire.close()
    assert eventually(lambda: len(serving_threads()) <= 1)
    assert app.endings == [["stalled"]]


def test_a_stall_ends_when_released(host: Host, serve: Serve, connect: Connect) -> None:
    serve(stream(Send(b"abc"), Cut("stall")))
    wire = connect().get()
    wire.until(b"abc\r\n")
    host.release_stalled()
    assert wire.rest() == (b"", "closed")


def test_a_stall_ends_when_another_handler_comes(serve: Serve, connect: Connect) -> None:
    app = serve(stream(Cut("stall")))
    wires = [connect().get() for _ in range(3)]
    assert eventually(lambda: app.endings == [["stalled"]] * 3)
    serve(OK)
    assert [wire.rest() for wire in wires] == [(b"", "closed")] * 3


def test_no_stall_begins_after_its_release(host: Host, connect: Connect) -> None:
    asked, held = threading.Event(), threading.Event()

    class Slow(FixedApp):
        def exchange(self, request: Request) -> FixedExchange:
            asked.set()
            assert held.wait(PATIENCE)
            return super().exchange(request)

    host.handler = Slow(stream(Send(b"abc"), Cut("stall")))
    wire = connect().get()
    assert asked.wait(PATIENCE)
    host.release_stalled()
    held.set()
    assert wire.rest() == (CHUNKED + b"3\r\nabc\r\n", "closed")


def test_every_host_says_what_it_plays_and_refuses_the_rest(host: Host, serve: Serve, connect: Connect) -> None:
    unplayable = Cut("teleport")  # type: ignore[arg-type]
    app = serve(stream(Send(b"abc"), unplayable))
    assert b"CannotPlay: This host cannot play the fault 'teleport'." in connect().get().until(b"}}")
    assert app.endings == [["cut"]]
    assert len(host.errors) == 1
    host.errors.clear()


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_waits_go_through_sleep(host: Host, serve: Serve, connect: Connect) -> None:
    slept: list[float] = []
    host.sleep = slept.append
    serve(Whole(200, (), b"hello", after=60), stream(Send(b"b", 0.5), Send(b"c"), Send(b"d", 7), Cut("close", 1)))
    wire = connect()
    wire.get().until(b"hello")
    assert wire.get().rest() == (CHUNKED + b"1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n", "closed")
    assert slept == [60, 0.5, 7, 1]


def test_waits_are_kept(serve: Serve, connect: Connect) -> None:
    serve(stream(*(Send(b"x", after=0.004) for _ in range(5))))
    wire = connect()
    began = monotonic()
    wire.get().until(b"0\r\n\r\n")
    assert monotonic() - began >= 0.02


@pytest.mark.parametrize(
    "reply",
    [Whole(200, (), b"a", after=3600), stream(Send(b"abc"), Send(b"d", after=3600)), stream(Cut("close", 3600))],
)
def test_a_wait_ends_when_the_client_leaves(serve: Serve, connect: Connect, reply: Whole | Stream) -> None:
    app = serve(reply)
    wire = connect().get()
    assert eventually(lambda: len(app.requests) == 1)
    wire.close()
    assert eventually(lambda: app.endings == [["client_gone"]])


def test_after_a_sleep_of_another_s_the_client_is_looked_for(host: Host, serve: Serve, connect: Connect) -> None:
    wire = connect()
    host.sleep = lambda seconds: wire.close()
    app = serve(stream(Send(b"abc", after=1), Send(b"d", after=1)))
    wire.get()
    assert eventually(lambda: app.endings == [["client_gone"]])


def test_a_client_that_leaves_a_big_reply_unread_corrects_its_ending(serve: Serve, connect: Connect) -> None:
    app = serve(Whole(200, (), b"x" * 50_000_000))
    wire = connect().get()
    wire.until(b"\r\n\r\n")
    wire.close()
    assert eventually(lambda: app.endings == [["done", "client_gone"]])


# --- failures of the app ----------------------------------------------------------------------------------------------


class Breaks(FixedApp):
    """An app that raises in place of an answer."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(OK)
        self.error = error

    def exchange(self, request: Request) -> FixedExchange:
        raise self.error


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by zero"), SystemExit("by zero"), pytest.fail.Exception("by zero")]
)
def test_an_exception_is_a_500_and_is_kept(host: Host, connect: Connect, error: BaseException) -> None:
    host.handler = Breaks(error)
    wire = connect()
    received = wire.get("/v1/models?key=1").until(b"}}")
    assert received.startswith(b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n")
    assert b"\r\nx-should-retry: false\r\n" in received
    assert f"The mock itself failed on GET /v1/models: {type(error).__name__}: by zero".encode() in received
    assert b'"type": "server_error"' in received
    host.handler = FixedApp(OK)
    assert wire.get().until(b"hello") == HELLO + b"\r\nhello"
    assert host.errors == [error]
    host.errors.clear()


def test_an_exception_of_a_handler_that_was_replaced_is_nobody_s(host: Host, connect: Connect) -> None:
    class Late(FixedApp):
        def exchange(self, request: Request) -> FixedExchange:
            host.handler = FixedApp(OK)
            raise ZeroDivisionError

    host.handler = Late(OK)
    assert b" 500 " in connect().get().until(b"\r\n\r\n")
    assert host.errors == []


def test_an_exception_in_ended_is_kept_and_the_reply_goes_out(host: Host, connect: Connect) -> None:
    class Ending(FixedExchange):
        def ended(self, how: str) -> None:
            raise ZeroDivisionError

    class App(FixedApp):
        def exchange(self, request: Request) -> FixedExchange:
            return Ending(request, OK)

    host.handler = App(OK)
    assert connect().get().until(b"hello") == HELLO + b"\r\nhello"
    assert [type(error) for error in host.errors] == [ZeroDivisionError]
    host.errors.clear()


def test_a_header_with_a_line_break_is_an_error_that_names_it(host: Host, serve: Serve, connect: Connect) -> None:
    serve(Whole(200, (("x-evil", "a\r\nset-cookie: b"),), b""))
    assert b"must not have a line break in it: 'x-evil: a" in connect().get().until(b"}}")
    assert [type(error) for error in host.errors] == [ValueError]
    host.errors.clear()


def test_without_a_handler_the_answer_is_503(host: Host, connect: Connect) -> None:
    host.handler = None
    received = connect().get("/v1/models").until(b"}}")
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"Nobody answers GET /v1/models" in received


# --- handlers change, hosts stop --------------------------------------------------------------------------------------


def test_the_handler_is_looked_up_for_each_request(serve: Serve, connect: Connect) -> None:
    wire = connect()
    apps = []
    for number in range(3):
        apps.append(serve(Whole(200, (), b"app %d" % number)))
        wire.get(f"/{number}").until(b"app %d" % number)
    assert [[request.target for request in app.requests] for app in apps] == [["/0"], ["/1"], ["/2"]]


def test_a_stream_goes_on_after_its_handler_was_replaced(serve: Serve, connect: Connect) -> None:
    old = serve(stream(Send(b"abc"), Send(b"def", after=0.02)))
    wire = connect().get()
    wire.until(b"abc\r\n")
    new = serve(OK)
    assert connect().get().until(b"hello") == HELLO + b"\r\nhello"
    assert wire.until(b"0\r\n\r\n") == b"3\r\ndef\r\n0\r\n\r\n"
    assert (old.endings, new.endings) == ([["done"]], [["done"]])


def test_stop_closes_every_connection_at_once(host: Host, serve: Serve, connect: Connect) -> None:
    app = serve(stream(Send(b"abc"), Send(b"d", after=3600)), stream(Cut("stall")), Whole(200, (), b"x" * 50_000_000))
    streaming, stalled, unread, idle = (connect() for _ in range(4))
    streaming.get().until(b"abc\r\n")
    stalled.get()
    assert eventually(lambda: app.endings == [[], ["stalled"]])
    unread.get().until(b"\r\n\r\n")
    idle.send(b"GET /half-a-requ").silent()
    began = monotonic()
    host.stop()
    assert monotonic() - began < 1
    assert serving_threads() == []
    assert [wire.rest()[1] for wire in (streaming, stalled, idle)] == ["closed"] * 3
    assert app.endings == [["cut"], ["stalled"], ["done"]]


def test_stop_may_be_called_twice_and_start_again(host: Host, connect: Connect) -> None:
    url = host.url
    host.stop()
    host.stop()
    with pytest.raises(ConnectionRefusedError):
        connect()
    host.start()
    assert host.url == url
    assert connect().get().until(b"hello") == HELLO + b"\r\nhello"


def test_idle_clients_do_not_delay_a_stop(host: Host, connect: Connect) -> None:
    for _ in range(20):
        connect()
    connect().send(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe")
    connect().get().until(b"hello")
    began = monotonic()
    host.stop()
    assert monotonic() - began < 1


def test_fifty_streams_at_once(serve: Serve, connect: Connect) -> None:
    app = serve(stream(*(Send(b"%02d" % number, after=0.0005) for number in range(20))))
    wires = [connect().get() for _ in range(50)]
    expected = CHUNKED + b"".join(b"2\r\n%02d\r\n" % number for number in range(20)) + b"0\r\n\r\n"
    assert all(undated(wire.until(b"0\r\n\r\n")) == expected for wire in wires)
    assert app.endings == [["done"]] * 50


# --- replies that are passed on while they arrive ---------------------------------------------------------------------


class Fed:
    """A reply that a test lets arrive."""

    def __init__(self) -> None:
        self._steps: queue.Queue[Send | Cut | None] = queue.Queue()
        self._told: Callable[[], object] = lambda: None

    def put(self, *steps: Send | Cut | None) -> None:
        for step in steps:
            self._steps.put(step)
            self._told()

    def __iter__(self) -> Iterator[Send | Cut]:
        while (step := self._steps.get()) is not None:
            yield step

    @property
    def ready(self) -> bool:
        return not self._steps.empty()

    def listen(self, told: Callable[[], object]) -> None:
        self._told = told
        told()


def test_what_arrives_is_passed_on_at_once(serve: Serve, connect: Connect) -> None:
    fed = Fed()
    app = serve(Relay(200, SSE, fed), OK)
    wire = connect().get()
    assert wire.until(b"\r\n\r\n") == CHUNKED
    assert wire.silent()
    fed.put(Send(b"data: 1\n\n"))
    assert wire.until(b"1\n\n\r\n") == b"9\r\ndata: 1\n\n\r\n"
    assert wire.silent()
    assert app.endings == [[]]
    fed.put(Send(b"a"), Send(b"b"), None)
    assert wire.until(b"0\r\n\r\n") == b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert app.endings == [["done"]]
    assert wire.get().until(b"hello") == HELLO + b"\r\nhello"


def test_what_breaks_off_elsewhere_breaks_off_here(serve: Serve, connect: Connect) -> None:
    hows: tuple[tuple[How, str], ...] = (("close", "closed"), ("reset", "reset"))
    for how, ended in hows:
        fed = Fed()
        app = serve(Relay(200, SSE, fed))
        fed.put(Send(b"a"), Cut(how))
        assert connect().get().rest() == (CHUNKED + b"1\r\na\r\n", ended)
        assert app.endings == [["cut" if how == "close" else "reset"]]


def test_an_old_client_gets_what_arrives_without_chunks(serve: Serve, connect: Connect) -> None:
    fed = Fed()
    serve(Relay(200, SSE, fed))
    fed.put(Send(b"a"), Send(b"b"), None)
    assert connect().send(b"GET / HTTP/1.0\r\n\r\n").rest() == (HEAD + b"connection: close\r\n\r\nab", "closed")


def test_a_client_that_leaves_what_arrives_is_told_as_gone(serve: Serve, connect: Connect) -> None:
    fed = Fed()
    app = serve(Relay(200, SSE, fed))
    wire = connect().get()
    wire.until(b"\r\n\r\n")
    wire.close()

    def gone() -> bool:
        fed.put(Send(b"x" * 1000))
        return app.endings == [["client_gone"]]

    assert eventually(gone)
    fed.put(None)
