"""WebSocket frames out of bytes and back, by the `websockets` package's sans-I/O protocol. No socket, no clock.

Every host feeds what it received and writes what comes out, so that the same dialogue is the same bytes from each of
them. Loaded with the first upgrade only: `websockets` is an extra, `pytest-mockopenai[realtime]`.
"""

from __future__ import annotations

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

MESSAGE_LIMIT = 16 * 1024 * 1024
"""The longest message of a client, in bytes; a longer one is answered with close code 1009."""

_GOING_AWAY, _BAD_TEXT, _OUR_FAULT = 1001, 1007, 1011
_TEXT_AND_FIN, _LENGTH_IN_2, _LENGTH_IN_8 = 0x81, 126, 127


class Codec:
    """One WebSocket connection after its handshake, at the server's end.

    `closing`: a close frame was received or has to be sent; after `outgoing` is written nothing more is to be said.
    `in_order`: the client closed as the protocol says (RFC 6455, section 7).
    """

    def __init__(self, *, limit: int = MESSAGE_LIMIT) -> None:
        self._protocol = Protocol(SERVER, state=OPEN, max_size=limit)
        self._parts: list[bytes] = []
        self._is_text = False

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once `outgoing` is written."""
        return self._protocol.close_expected()

    @property
    def in_order(self) -> bool:
        """Whether the client asked to close, and did no wrong before."""
        return self._protocol.close_rcvd is not None and self._protocol.parser_exc is None

    def feed(self, data: bytes) -> list[str | bytes]:
        """Takes bytes as they came, cut anywhere; returns the messages that they complete.

        What the client does against the protocol is answered with a close frame: 1002, 1007 for text that is not UTF-8,
        1009 for a message over the limit.
        """
        if self.closing:
            return []
        self._protocol.receive_data(data)
        messages = [self._message(frame) for frame in self._protocol.events_received() if isinstance(frame, Frame)]
        return [message for message in messages if message is not None]

    def outgoing(self) -> bytes:
        """The pongs and the close frame that are to be sent now."""
        return b"".join(self._protocol.data_to_send())

    def text(self, data: bytes, *, half: bool = False) -> bytes:
        """The frame of one text message; a `half` one announces twice what it has, and nothing may follow it."""
        if half:
            return _head(2 * len(data) or 1) + data
        self._protocol.send_text(data)
        return self.outgoing()

    def failed(self) -> bytes:
        """The close frame for a failure of our own: 1011."""
        if not self.closing:
            self._protocol.fail(_OUR_FAULT)
        return self.outgoing()

    def go_away(self) -> None:
        """Close because the server ends: 1001."""
        if not self.closing:
            self._protocol.send_close(_GOING_AWAY)

    def _message(self, frame: Frame) -> str | bytes | None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_text, self._parts = frame.opcode is Opcode.TEXT, [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            return None
        return self._whole() if frame.fin else None

    def _whole(self) -> str | bytes | None:
        data = b"".join(self._parts)
        self._parts = []
        if not self._is_text:
            return data
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if not self.closing:
                self._protocol.fail(_BAD_TEXT, f"{error.reason} at position {error.start}")
            return None


def _head(length: int) -> bytes:
    """The head of an unmasked text frame of so many bytes (RFC 6455, section 5.2)."""
    if length < _LENGTH_IN_2:
        return bytes([_TEXT_AND_FIN, length])
    if length < 1 << 16:
        return bytes([_TEXT_AND_FIN, _LENGTH_IN_2]) + length.to_bytes(2, "big")
    return bytes([_TEXT_AND_FIN, _LENGTH_IN_8]) + length.to_bytes(8, "big")
