"""Frames out of bytes: every cut gives the same messages, and what a hostile client sends gets the right close code."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

websockets = pytest.importorskip("websockets")
from websockets.frames import Close, Frame, Opcode  # noqa: E402
from websockets.protocol import CLIENT, OPEN, Protocol  # noqa: E402

from pytest_mockopenai.hosts.websocket import Codec  # noqa: E402

MESSAGES = st.lists(st.one_of(st.text(max_size=300), st.binary(max_size=300)), max_size=6)


def frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


def text(data: bytes, **more: bool) -> bytes:
    return frame(Opcode.TEXT, data, **more)


def close_code(codec: Codec) -> int:
    """The code of the close frame that is to be sent, which is the last thing."""
    client = Protocol(CLIENT, state=OPEN)
    client.receive_data(codec.outgoing())
    assert client.close_rcvd is not None
    return client.close_rcvd.code


def read(data: bytes) -> list[str]:
    """What a client reads."""
    client = Protocol(CLIENT, state=OPEN, max_size=None)
    client.receive_data(data)
    return [bytes(frame.data).decode() for frame in client.events_received() if isinstance(frame, Frame)]


# --- what the client says ---------------------------------------------------------------------------------------------


@given(MESSAGES, st.data())
def test_any_cut_gives_the_same_messages(messages: list[str | bytes], data: st.DataObject) -> None:
    sent = b"".join(_fragmented(message, data.draw) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    codec, got = Codec(), []
    for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        got += codec.feed(sent[start:end])
    assert got == messages
    assert not codec.closing


def _fragmented(message: str | bytes, draw: st.DataObject.draw) -> bytes:
    """A message in one to four frames, with a ping between some of them."""
    data = message.encode() if isinstance(message, str) else message
    first = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    frames = b""
    for place, piece in enumerate(pieces):
        frames += frame(Opcode.PING, b"?") if draw(st.booleans()) else b""
        frames += frame(Opcode.CONT if place else first, piece, fin=place == len(pieces) - 1)
    return frames


def test_a_ping_is_answered_with_its_own_data() -> None:
    codec = Codec()
    assert codec.feed(frame(Opcode.PING, b"are you there")) == []
    assert codec.outgoing() == frame(Opcode.PONG, b"are you there", mask=False)
    codec.feed(frame(Opcode.PONG, b"nobody asked"))
    assert codec.outgoing() == b""


def test_a_close_is_echoed_and_ends_the_talk() -> None:
    codec = Codec()
    ending = Frame(Opcode.CLOSE, Close(1000, "bye").serialize()).serialize(mask=True)
    assert codec.feed(text(b"last") + ending + text(b"too late")) == ["last"]
    assert codec.closing
    assert codec.in_order
    assert codec.outgoing() == Frame(Opcode.CLOSE, Close(1000, "bye").serialize()).serialize(mask=False)
    assert codec.feed(text(b"much too late")) == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (text(b"\xff\xfe"), 1007),
        (text(b"\xc3", fin=False) + frame(Opcode.CONT, b"("), 1007),
        (text(b"plain", mask=False), 1002),
        (frame(Opcode.CONT, b"of what?"), 1002),
        (text(b"one", fin=False) + text(b"two"), 1002),
        (b"\xf1\x80\0\0\0\0", 1002),  # reserved bits
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that is none
        (b"\x09\x80\0\0\0\0", 1002),  # a ping in fragments
        (b"\x89\xfe\0\x80\0\0\0\0" + bytes(128), 1002),  # a ping that is too long
        (frame(Opcode.CLOSE, struct.pack(">H", 999)), 1002),
        (text(b"x" * 151), 1009),
        (text(b"x" * 90, fin=False) + frame(Opcode.CONT, b"x" * 61), 1009),
        (b"\x81\xff" + struct.pack(">Q", 2**40) + b"\0\0\0\0", 1009),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,  # frames are masked at random: no names for tests
)
def test_what_is_against_the_protocol(sent: bytes, code: int) -> None:
    codec = Codec(limit=150)
    assert codec.feed(sent) == []
    assert codec.closing
    assert not codec.in_order
    assert close_code(codec) == code


@given(st.binary(max_size=200))
def test_noise_never_raises(noise: bytes) -> None:
    codec = Codec(limit=150)
    for byte in noise:
        codec.feed(bytes([byte]))
        codec.outgoing()


# --- what the server says ---------------------------------------------------------------------------------------------


@given(st.text(max_size=70_000))
def test_a_text_is_read_by_a_client(said: str) -> None:
    assert read(Codec().text(said.encode())) == [said]


@pytest.mark.parametrize("size", [0, 1, 62, 63, 64, 40_000, 70_000])
def test_half_a_frame_waits_for_as_much_again(size: int) -> None:
    data = b"x" * size
    half = Codec().text(data, half=True)
    assert half.endswith(data)
    assert read(half) == []
    assert read(half + b"y" * (size or 1)) == ["x" * size + "y" * (size or 1)]


def test_a_failure_of_our_own_is_1011() -> None:
    codec = Codec()
    client = Protocol(CLIENT, state=OPEN)
    client.receive_data(codec.failed())
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 1011
    assert codec.closing


def test_a_server_that_ends_says_so() -> None:
    codec = Codec()
    codec.go_away()
    assert codec.closing
    assert codec.outgoing() == b"\x88\x02" + (1001).to_bytes(2, "big")
    codec.go_away()
    assert codec.outgoing() == b""
    assert not codec.in_order
