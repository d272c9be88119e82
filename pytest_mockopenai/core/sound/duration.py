"""How long a sound is, read from its file's own headers: FLAC, Ogg Opus and MP3. No decoding."""

from __future__ import annotations

_OPUS_CLOCK = 48_000
_LAST_PAGE = 64 * 1024  # bytes from the end in which an Ogg file's last page begins

# Of an MP3 frame header, by version and code: samples a second, thousands of bits a second (ISO 11172-3, 13818-3).
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES = {3: 1152, 2: 576, 0: 576}
_TAGS = (b"Xing", b"Info")
_HAS_FRAMES = 1


def seconds_of(data: bytes) -> float | None:
    """The length in seconds; None for other formats, and for files that are broken."""
    for begins, read in ((b"fLaC", _flac), (b"OggS", _opus), (b"ID3", _mp3), (b"\xff", _mp3)):
        if data.startswith(begins):
            return read(data)
    return None


def _flac(data: bytes) -> float | None:
    """The first metadata block, STREAMINFO, has both numbers (RFC 9639, section 8.2)."""
    shape = int.from_bytes(data[18:26], "big")
    rate, samples = shape >> 44, shape & (1 << 36) - 1
    return samples / rate if rate and samples else None


def _opus(data: bytes) -> float | None:
    """The last page tells how many samples of 48 kHz there are (RFC 7845, section 4)."""
    head, last = data.find(b"OpusHead"), data.rfind(b"OggS", max(0, len(data) - _LAST_PAGE))
    if head < 0 or last < 0:
        return None
    skipped = int.from_bytes(data[head + 10 : head + 12], "little")
    return max(0, int.from_bytes(data[last + 6 : last + 14], "little") - skipped) / _OPUS_CLOCK


def _mp3(data: bytes) -> float | None:
    at = 10 + _synchsafe(data[6:10]) if data.startswith(b"ID3") else 0
    head = int.from_bytes(data[at : at + 4], "big")
    version, layer, bitrate_code, rate_code = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or layer != 1 or version not in _RATES or rate_code > 2 or not 0 < bitrate_code < 15:
        return None
    rate = _RATES[version][rate_code]
    frames = _told_frames(data[at : at + 200])
    if frames:
        return frames * _SAMPLES[version] / rate
    bitrate = (_BITRATES_1 if version == 3 else _BITRATES_2)[bitrate_code] * 1000
    return (len(data) - at) * 8 / bitrate


def _told_frames(frame: bytes) -> int | None:
    """The number of frames that the first one tells, which most encoders write."""
    for tag in _TAGS:
        found = frame.find(tag)
        if found >= 0 and int.from_bytes(frame[found + 4 : found + 8], "big") & _HAS_FRAMES:
            return int.from_bytes(frame[found + 8 : found + 12], "big")
    return None


def _synchsafe(data: bytes) -> int:
    """A number of which each byte has seven bits."""
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value
