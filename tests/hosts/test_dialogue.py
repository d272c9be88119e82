"""A dialogue on the wire, whatever the host: steps in their times, messages in between, and every way of ending."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable

import pytest

websockets = pytest.importorskip("websockets")
from websockets.exceptions import ConnectionClosed, ConnectionClosedError  # noqa: E402
from websockets.frames import Close, Frame, Opcode  # noqa: E402
from websockets.sync.client import ClientConnection, connect  # noqa: E402

from pytest_mockopenai.core.handshake import accepting  # noqa: E402
from pytest_mockopenai.core.wire import Cut, Ending, Request, Send, Step, Upgrade  # noqa: E402
from pytest_mockopenai.hosts.dialogue import Due  # noqa: E402
from pytest_mockopenai.hosts.port import Host  # noqa: E402
from tests.hosts.conftest import OK, PATIENCE, FixedApp, FixedExchange, Wire, eventually  # noqa: E402


class Parrot:
    """A dialogue that first says what it was given, and answers each message with what `answer` makes of it."""

    def __init__(self, *steps: Step, answer: Callable[[str | bytes], list[Step]] = lambda _: []) -> None:
        self.steps: deque[Step] = deque(steps)
        self.heard: list[str | bytes] = []
        self._answer = answer

    def advance(self) -> None:
        self.steps.popleft()

    def receive(self, message: str | bytes) -> None:
        self.heard.append(message)
        self.steps.extend(self._answer(message))

    def ended(self, how: Ending) -> None:
        raise AssertionError("a host tells the exchange")


class Talking:
    """A handler that answers each handshake with the next dialogue."""

    def __init__(self, *dialogues: Parrot) -> None:
        self.dialogues = list(dialogues)
        self.exchanges: list[FixedExchange] = []

    def exchange(self, request: Request) -> FixedExchange:
        dialogue = self.dialogues[len(self.exchanges)]
        self.exchanges.append(FixedExchange(request, Upgrade(accepting(request, ("realtime",)), dialogue)))
        return self.exchanges[-1]

    def endings(self) -> list[Ending]:
        return self.exchanges[0].endings


def echo(message: str | bytes) -> list[Step]:
    return [Send(message.encode() if isinstance(message, str) else message)]


@pytest.fixture
def talk(host: Host) -> Callable[..., tuple[Talking, ClientConnection]]:
    """`talk(*steps, answer=...)` opens a connection to a dialogue with these steps."""

    def start(*steps: Step, **more: Callable[[str | bytes], list[Step]]) -> tuple[Talking, ClientConnection]:
        app = Talking(Parrot(*steps, **more))
        host.handler = app
        return app, connect(
            host.url.replace("http", "ws"), open_timeout=PATIENCE, close_timeout=PATIENCE, max_size=None
        )

    return start


Talk = Callable[..., tuple[Talking, ClientConnection]]


def test_steps_are_messages_and_a_close_is_an_end_in_order(talk: Talk) -> None:
    app, client = talk(Send(b"hello"), Send("grüß dich".encode()), answer=echo)
    with client:
        assert [client.recv(PATIENCE), client.recv(PATIENCE)] == ["hello", "grüß dich"]
        client.send("a")
        client.send(b"b")
        assert [client.recv(PATIENCE), client.recv(PATIENCE)] == ["a", "b"]
    assert app.dialogues[0].heard == ["a", b"b"]
    assert eventually(lambda: app.endings() == ["done"])
    assert client.close_code == 1000


def test_a_message_comes_between_slow_steps_and_may_withdraw_them(talk: Talk) -> None:
    parrot_steps = [Send(b"1"), Send(b"2", 3600.0), Send(b"3", 3600.0)]

    def stop(_: str | bytes) -> list[Step]:
        app.dialogues[0].steps.clear()
        return [Send(b"stopped")]

    app, client = talk(*parrot_steps, answer=stop)
    with client:
        assert client.recv(PATIENCE) == "1"
        client.send("stop")
        assert client.recv(PATIENCE) == "stopped"


def test_what_is_put_before_a_step_that_waits_is_sent_at_once(talk: Talk) -> None:
    def before(_: str | bytes) -> list[Step]:
        app.dialogues[0].steps.appendleft(Send(b"at once"))
        return []

    app, client = talk(Send(b"1"), Send(b"late", 3600.0), answer=before)
    with client:
        assert client.recv(PATIENCE) == "1"
        for _ in range(3):
            client.send("?")
            assert client.recv(PATIENCE) == "at once"


def test_a_step_keeps_its_time_when_another_is_put_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 103.0])
    monkeypatch.setattr("pytest_mockopenai.hosts.dialogue.monotonic", lambda: next(times))
    due, first, late, at_once = Due(), Send(b"1", 2.0), Send(b"late", 5.0), Send(b"at once")
    assert due.of(first) == 102.0
    due.played(first)
    assert due.of(late) == 107.0
    due.begin()  # at 103, with what was put before
    assert due.of(at_once) == 103.0
    due.played(at_once)
    assert due.of(late) == 107.0
    due.played(late)
    assert due.of(Send(b"next", 1.0)) == 108.0


def test_another_sleep_waits_in_the_place_of_the_host(host: Host, talk: Talk) -> None:
    slept: list[float] = []
    host.sleep = slept.append
    _, client = talk(Send(b"1", 7.0), Send(b"2"), Send(b"3", 8.0))
    with client:
        assert [client.recv(PATIENCE) for _ in range(3)] == ["1", "2", "3"]
    assert slept == [7.0, 8.0]


def test_a_ping_is_answered_while_a_step_waits(talk: Talk) -> None:
    _, client = talk(Send(b"1"), Send(b"never", 3600.0))
    with client:
        assert client.ping().wait(PATIENCE)


def test_a_client_may_send_much_without_reading(talk: Talk) -> None:
    """Neither waits for the other: what the client does not read yet must not keep the host from reading."""
    big = b"x" * 200_000
    app, client = talk(answer=lambda _: [Send(big)] * 5)
    with client:
        for _ in range(40):
            client.send(big.decode())
        for _ in range(200):
            assert len(client.recv(PATIENCE)) == 200_000
    assert len(app.dialogues[0].heard) == 40


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "ending"), [("close", "cut"), ("reset", "reset"), ("half_chunk", "cut")])
def test_a_cut_is_no_close_frame(talk: Talk, how: str, ending: Ending) -> None:
    app, client = talk(Send(b"one"), Send(b"half"), Cut(how))  # type: ignore[arg-type]
    with pytest.raises(ConnectionClosedError) as closed:  # noqa: PT012
        assert client.recv(PATIENCE) == "one"
        if how != "half_chunk":
            assert client.recv(PATIENCE) == "half"
        client.recv(PATIENCE)
    assert closed.value.rcvd is None
    assert app.endings() == [ending]
    client.close()


def test_a_stall_is_silence_until_it_is_released(host: Host, talk: Talk) -> None:
    app, client = talk(Send(b"one"), Cut("stall"))
    assert client.recv(PATIENCE) == "one"
    with pytest.raises(TimeoutError):
        client.recv(0.02)
    assert app.endings() == ["stalled"]
    host.release_stalled()
    with pytest.raises(ConnectionClosed):
        client.recv(PATIENCE)
    client.close()


def test_another_handler_ends_open_dialogues(host: Host, talk: Talk) -> None:
    app, client = talk(Send(b"one"), Send(b"two", 3600.0))
    assert client.recv(PATIENCE) == "one"
    host.handler = FixedApp(OK)
    with pytest.raises(ConnectionClosed):
        client.recv(PATIENCE)
    assert eventually(lambda: app.endings() == ["cut"])
    client.close()


def test_stopping_waits_for_no_dialogue(host: Host, talk: Talk) -> None:
    app, client = talk(Send(b"one"))
    assert client.recv(PATIENCE) == "one"
    stopping = threading.Thread(target=host.stop)
    stopping.start()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
    assert app.endings() == ["cut"]
    client.close()


def test_a_client_that_leaves_is_gone(talk: Talk) -> None:
    app, client = talk(Send(b"one"))
    assert client.recv(PATIENCE) == "one"
    client.socket.shutdown(2)
    assert eventually(lambda: app.endings() == ["client_gone"])
    client.close()


def test_text_that_is_none_is_closed_with_1007(talk: Talk) -> None:
    app, client = talk()
    client.socket.sendall(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))
    with pytest.raises(ConnectionClosedError):
        client.recv(PATIENCE)
    assert client.close_code == 1007
    assert eventually(lambda: app.endings() == ["cut"])
    client.close()


def test_what_a_dialogue_raises_is_kept_and_closes_with_1011(host: Host, talk: Talk) -> None:
    def fail(_: str | bytes) -> list[Step]:
        raise RuntimeError("a bug")

    app, client = talk(answer=fail)
    client.send("x")
    with pytest.raises(ConnectionClosedError):
        client.recv(PATIENCE)
    assert client.close_code == 1011
    assert app.endings() == ["cut"]
    assert [str(error) for error in host.errors] == ["a bug"]
    host.errors.clear()
    client.close()


def test_frames_are_loaded_with_the_first_upgrade_only() -> None:
    code = "import sys, pytest_mockopenai.hosts.httpserver; assert 'websockets' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_the_handshake_byte_for_byte_and_what_was_sent_ahead(host: Host, connect: Callable[[], Wire]) -> None:
    host.handler = Talking(Parrot(answer=echo))
    key = base64.b64encode(b"0123456789abcdef").decode()
    wire = connect()
    head = f"GET /v1/realtime HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: {key}\r\n"
    closing = Frame(Opcode.CLOSE, Close(1001, "").serialize()).serialize(mask=True)
    ahead = Frame(Opcode.TEXT, b"early").serialize(mask=True)
    wire.send(head.encode() + b"sec-websocket-version: 13\r\n\r\n" + ahead)
    assert wire.until(b"\r\n\r\n") == (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: BACScCJPNqyz+UBoqMH89VmURoA=\r\ndate: D\r\n\r\n"
    )
    assert wire.until(b"early") == b"\x81\x05early"
    assert wire.send(closing).rest() == (b"\x88\x02\x03\xe9", "closed")
