"""MP4: pictures as the frames of a video, each a JPEG ("motion JPEG"), without sound (ISO 14496-12 and 14496-14)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate

from pytest_mockopenai.core.picture import jpeg
from pytest_mockopenai.core.picture.mosaic import Picture

_TICKS = 1000  # a second
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)  # the matrix that changes nothing
_JPEG = 0x6C  # "Visual ISO/IEC 10918-1" (registration authority of MP4, object types)
_VISUAL_STREAM = 0x04 << 2 | 1
_PREDEFINED_MP4 = 2
_ENABLED_IN_MOVIE = 3
_UNDETERMINED = 0x55C4  # language "und"
_DATA_IS_HERE = 1
_COLOUR_24 = 24


def encode(frames: Sequence[Picture], *, frame_ms: int = 1000) -> bytes:
    """An MP4 file that shows pictures of one size, so many milliseconds each."""
    files = [jpeg.encode(frame) for frame in frames]
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 0x200) + b"isom" + b"iso2" + b"mp41")
    begin = len(kind) + len(_movie(frames[0], files, frame_ms, 0)) + 8
    return kind + _movie(frames[0], files, frame_ms, begin) + _box(b"mdat", b"".join(files))


def _movie(frame: Picture, files: Sequence[bytes], frame_ms: int, begin: int) -> bytes:
    """Everything but the frames themselves, of which the first one is at `begin`."""
    duration = frame_ms * len(files)
    head = struct.pack(">IIIIIH10x", 0, 0, _TICKS, duration, 0x10000, 0x100) + _UNITY + bytes(24) + struct.pack(">I", 2)
    return _box(b"moov", _full(b"mvhd", head) + _track(frame, files, frame_ms, begin))


def _track(frame: Picture, files: Sequence[bytes], frame_ms: int, begin: int) -> bytes:
    duration = frame_ms * len(files)
    size = struct.pack(">II", frame.width << 16, frame.height << 16)
    head = struct.pack(">IIII", 0, 0, 1, 0) + struct.pack(">I16x", duration) + _UNITY + size
    media = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, _TICKS, duration, _UNDETERMINED, 0))
    media += _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide") + b"VideoHandler\0")
    here = _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", flags=_DATA_IS_HERE)))
    media += _box(b"minf", _full(b"vmhd", bytes(8), flags=1) + here + _samples(frame, files, frame_ms, begin))
    return _box(b"trak", _full(b"tkhd", head, flags=_ENABLED_IN_MOVIE) + _box(b"mdia", media))


def _samples(frame: Picture, files: Sequence[bytes], frame_ms: int, begin: int) -> bytes:
    """Where each frame is, how large, how long it is shown; each is a chunk of its own."""
    sizes = [len(file) for file in files]
    places = accumulate(sizes[:-1], initial=begin)
    table = _full(b"stsd", struct.pack(">I", 1) + _described(frame))
    table += _full(b"stts", struct.pack(">III", 1, len(files), frame_ms))
    table += _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1))
    table += _full(b"stsz", struct.pack(f">II{len(files)}I", 0, len(files), *sizes))
    table += _full(b"stco", struct.pack(f">I{len(files)}I", len(files), *places))
    return _box(b"stbl", table)


def _described(frame: Picture) -> bytes:
    """What the frames are: MPEG-4 visual, of which the decoder's configuration says JPEG."""
    looks = struct.pack(">6xH16xHHII4xH32xHh", 1, frame.width, frame.height, 72 << 16, 72 << 16, 1, _COLOUR_24, -1)
    decoder = _tagged(4, struct.pack(">BB3xII", _JPEG, _VISUAL_STREAM, 0, 0))
    stream = _tagged(3, struct.pack(">HB", 1, 0) + decoder + _tagged(6, bytes([_PREDEFINED_MP4])))
    return _box(b"mp4v", looks + _full(b"esds", stream))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _full(kind: bytes, content: bytes, *, flags: int = 0) -> bytes:
    """A box with a version, which is 0, and flags."""
    return _box(kind, struct.pack(">I", flags) + content)


def _tagged(tag: int, content: bytes) -> bytes:
    """A descriptor (ISO 14496-1): its tag and its length, below 128."""
    return bytes([tag, len(content)]) + content
