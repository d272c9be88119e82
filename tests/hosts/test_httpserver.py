"""The in-test host beside what every host does: pytest-httpserver's own expectations, addresses, quiet."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from time import monotonic

import httpx
import pytest
from pytest_httpserver import HTTPServer, HTTPServerError, RequestMatcher
from werkzeug import Request as WsgiRequest
from werkzeug import Response

from pytest_mockopenai.core.wire import HOWS, Cut, Request, Send, Stream
from pytest_mockopenai.hosts.httpserver import PLAYS, HTTPServerHost
from tests.hosts.conftest import OK, FixedApp, FixedExchange, Wire, eventually, serving_threads


@pytest.fixture
def host() -> Iterator[HTTPServerHost]:
    with HTTPServerHost(FixedApp(OK)) as host:
        yield host
    assert host.errors == []


@pytest.fixture
def app(host: HTTPServerHost) -> FixedApp:
    assert isinstance(host.handler, FixedApp)
    return host.handler


@pytest.fixture
def client(host: HTTPServerHost) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host.url) as client:
        yield client


def test_it_plays_everything() -> None:
    assert PLAYS == HOWS == HTTPServerHost.plays


# --- the user's own expectations --------------------------------------------------------------------------------------


def test_an_expectation_wins_and_everything_else_is_the_handler_s(
    host: HTTPServerHost, app: FixedApp, client: httpx.Client
) -> None:
    host.server.expect_request("/other", method="POST", json={"a": [1]}).respond_with_json({"mine": True}, status=201)
    mine = client.post("/other", json={"a": [1]})
    assert (mine.status_code, mine.json()) == (201, {"mine": True})
    assert client.post("/other", json={"a": [2]}).text == "hello"
    assert client.get("/v1/models").text == "hello"
    assert [request.target for request in app.requests] == ["/other", "/v1/models"]


def test_the_log_has_the_user_s_requests_only(host: HTTPServerHost, client: httpx.Client) -> None:
    host.server.expect_request("/other").respond_with_data("x")
    for path in ("/v1/models", "/other", "/v1/models"):
        client.get(path)
    assert [request.path for request, _ in host.server.log] == ["/other"]
    host.server.assert_request_made(RequestMatcher("/other"))
    host.server.assert_request_made(RequestMatcher("/v1/models"), count=0)
    host.server.check()


def test_checks_of_the_user_s_own_keep_working(host: HTTPServerHost, client: httpx.Client) -> None:
    def fails(request: WsgiRequest) -> Response:
        assert request.path == "/never", "not this one"
        return Response("")

    def breaks(request: WsgiRequest) -> Response:
        raise ZeroDivisionError

    host.server.expect_request("/fails").respond_with_handler(fails)
    host.server.expect_request("/breaks").respond_with_handler(breaks)
    assert [client.get(path).status_code for path in ("/fails", "/breaks", "/v1/x")] == [500, 500, 200]
    with pytest.raises(AssertionError, match="not this one"):
        host.server.check_assertions()
    with pytest.raises(ZeroDivisionError):
        host.server.check_handler_errors()
    host.server.check()


def test_oneshot_then_the_handler(host: HTTPServerHost, app: FixedApp, client: httpx.Client) -> None:
    host.server.expect_oneshot_request("/v1/models").respond_with_data("once")
    with host.server.wait(timeout=5) as waiting:
        assert [client.get("/v1/models").text for _ in range(3)] == ["once", "hello", "hello"]
    assert waiting.result
    assert len(app.requests) == 2
    host.server.check()


def test_an_order_is_kept_by_the_user_s_requests_alone(host: HTTPServerHost, client: httpx.Client) -> None:
    host.server.expect_ordered_request("/1").respond_with_data("one")
    host.server.expect_ordered_request("/2").respond_with_data("two")
    assert [client.get(path).text for path in ("/v1", "/1", "/v1", "/2", "/1")] == [
        "hello",
        "one",
        "hello",
        "two",
        "hello",
    ]
    host.server.check()


def test_a_broken_order_is_the_user_s_assertion(host: HTTPServerHost, client: httpx.Client) -> None:
    host.server.expect_ordered_request("/1").respond_with_data("one")
    host.server.expect_ordered_request("/2").respond_with_data("two")
    assert client.get("/2").status_code == 500
    assert client.get("/v1/models").text == "hello"
    with pytest.raises(AssertionError, match="No handler found"):
        host.server.check_assertions()


def test_a_user_s_handler_sees_the_request_as_it_was(host: HTTPServerHost, client: httpx.Client) -> None:
    seen: list[WsgiRequest] = []

    def look(request: WsgiRequest) -> Response:
        seen.append(request)
        return Response(request.get_data())

    host.server.expect_request(re.compile("/look.*")).respond_with_handler(look)
    body = b"".join(b"%d" % number for number in range(1000))
    chunks = (b"%d" % number for number in range(1000))
    answer = client.post("/look%20here?a=1&a=2", content=chunks, headers={"X-One": "1", "Expect": "100-continue"})
    assert answer.content == body
    (request,) = seen
    assert (request.path, request.args.getlist("a"), request.headers["x-one"]) == ("/look here", ["1", "2"], "1")
    assert request.host == host.url.removeprefix("http://")


def test_a_user_s_stream_and_a_pipelined_request(host: HTTPServerHost) -> None:
    host.server.expect_request("/s").respond_with_handler(lambda request: Response(iter([b"a", b"b"])))
    wire = Wire(host.url).get("/v1/x").get("/s").get("/lost")
    received, _ = wire.rest()
    wire.close()
    assert received.count(b"hello") == 1
    assert received.endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


def test_clear_forgets_expectations_and_errors(host: HTTPServerHost, client: httpx.Client) -> None:
    host.server.expect_request("/other").respond_with_data("x")
    host.errors.append(ValueError())
    assert client.get("/other").text == "x"
    host.clear()
    assert (client.get("/other").text, host.server.log, host.errors) == ("hello", [], [])


def test_the_server_is_pytest_httpserver_s(host: HTTPServerHost, client: httpx.Client) -> None:
    assert isinstance(host.server, HTTPServer)
    assert host.server.is_running()
    assert host.server.url_for("/x") == host.url + "/x"
    host.server.stop()
    assert serving_threads() == []
    host.stop()


# --- addresses --------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_said_in_a_sentence(host: HTTPServerHost, capfd: pytest.CaptureFixture[str]) -> None:
    port = int(host.url.rpartition(":")[2])
    with pytest.raises(HTTPServerError, match=f"Port {port} of 127.0.0.1 is taken by another program. Choose another"):
        HTTPServerHost(port=port).start()
    assert capfd.readouterr() == ("", "")


def test_a_host_that_is_not_here_is_said_in_a_sentence() -> None:
    with pytest.raises(HTTPServerError, match=r"Cannot listen on port 0 of '192\.0\.2\.1': "):
        HTTPServerHost(host="192.0.2.1").start()


def test_the_url_needs_a_port() -> None:
    with pytest.raises(HTTPServerError, match="start it first"):
        _ = HTTPServerHost().url
    assert HTTPServerHost(port=8080).url == "http://127.0.0.1:8080"


def test_a_running_server_is_not_started_again(host: HTTPServerHost) -> None:
    with pytest.raises(HTTPServerError, match="already running"):
        host.start()


def test_the_url_of_any_address_is_the_loopback() -> None:
    with HTTPServerHost(FixedApp(OK), host="0.0.0.0") as host:
        assert host.url.startswith("http://127.0.0.1:")
        assert httpx.get(host.url).text == "hello"


def test_ipv6_loopback() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with HTTPServerHost(FixedApp(OK), host="::1") as host:
        assert host.url.startswith("http://[::1]:")
        assert httpx.get(host.url).text == "hello"


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_the_limit_of_a_body_is_configurable() -> None:
    with HTTPServerHost(FixedApp(OK), body_limit=1000) as host:
        assert httpx.post(host.url, content=b"x" * 1000).text == "hello"
        refused = httpx.post(host.url, content=b"x" * 20_000_000)
    assert refused.status_code == 413
    assert refused.json()["error"]["message"] == "Maximum request body size limit (1000 bytes) exceeded."


def test_nothing_is_printed_or_logged(
    host: HTTPServerHost, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    host.server.expect_request("/other").respond_with_data("x")
    with httpx.Client(base_url=host.url, headers={"user-agent": "x"}) as client:
        caplog.clear()
        client.get("/other")
        client.get("/v1/models")
    wire = Wire(host.url).send(b"nonsense\r\n\r\n")
    wire.rest()
    wire.close()
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name in ("werkzeug", "pytest_mockopenai")] == []


def test_an_error_of_the_handler_is_logged_with_its_traceback(
    host: HTTPServerHost, caplog: pytest.LogCaptureFixture, client: httpx.Client
) -> None:
    host.handler = FixedApp()
    client.get("/")
    assert "IndexError" in caplog.text
    assert "in exchange" in caplog.text
    host.errors.clear()


def test_an_error_in_sleep_ends_the_connection_and_is_kept(host: HTTPServerHost) -> None:
    def breaks(seconds: float) -> None:
        raise ZeroDivisionError

    host.handler = app = FixedApp(Stream(200, (), (Send(b"a"), Send(b"b", after=1))))
    host.sleep = breaks
    wire = Wire(host.url).get()
    received, _ = wire.rest()
    wire.close()
    assert received.endswith(b"1\r\na\r\n")
    assert app.endings == [["cut"]]
    assert [type(error) for error in host.errors] == [ZeroDivisionError]
    host.errors.clear()


def test_start_and_stop_are_quick() -> None:
    began = monotonic()
    for _ in range(10):
        with HTTPServerHost(FixedApp(OK)):
            pass
    assert monotonic() - began < 1


def test_a_handler_may_stop_the_host() -> None:
    class Stops(FixedApp):
        def exchange(self, request: Request) -> FixedExchange:
            running.stop()
            return super().exchange(request)

    with HTTPServerHost(Stops(OK)) as running:
        wire = Wire(running.url).get()
        assert wire.rest() == (b"", "closed")
        wire.close()


def test_clients_come_and_go_at_once(host: HTTPServerHost) -> None:
    broken = Stream(200, (), (Send(b"abc"), Send(b"d", 0.001), Cut("stall")))
    host.handler = app = FixedApp(*(reply for _ in range(20) for reply in (broken, OK)))
    everybody = threading.Barrier(40)

    def come_and_go() -> None:
        everybody.wait()
        wire = Wire(host.url).get()
        wire.silent(0.002)
        wire.close()

    threads = [threading.Thread(target=come_and_go) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert eventually(lambda: all(app.endings))
    assert eventually(lambda: len(serving_threads()) == 1)
    assert httpx.get(host.url).text == "hello"
