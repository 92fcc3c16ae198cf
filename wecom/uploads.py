"""Files on their way to WeCom, checked against the documented limits before the call (doc 90253, 90256, 95098)."""

import re
import struct
import unicodedata

from wecom.outgoing import refuse
from wecom.text import clean

MIB = 1024 * 1024
SMALLEST = 6  # bytes: "more than 5"
# Most bytes of each kind.
TEMPORARY = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": 20 * MIB}
ATTACHED = {"image": 10 * MIB, "video": 10 * MIB, "file": 10 * MIB}
PICTURE_BYTES = 2 * MIB
# Purposes of attachments, and the kinds that serve them.
MOMENTS, ALBUM = 1, 2
KINDS_FOR = {MOMENTS: {"image", "video"}, ALBUM: {"image"}}
LONG_SIDE, SHORT_SIDE = 10_800, 1_080  # pixels of an attached image
VIDEO_SECONDS = 30  # of an attached video
NAME_BYTES = 128
_NOT_IN_NAMES = re.compile(r'["/\\:*?<>|]')
_JPEG_SIZE_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def check_size(endpoint: str, data: bytes, most: int) -> None:
    if not SMALLEST <= len(data) <= most:
        raise refuse(endpoint, f"media has {len(data)} bytes, {SMALLEST} to {most} are allowed")


def check_content(endpoint: str, kind: str, data: bytes) -> None:
    """By content, not by name: image JPG or PNG, voice AMR, video MP4; a file may be anything."""
    signs = {
        "image": data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")),
        "voice": data.startswith(b"#!AMR"),
        "video": data[4:8] == b"ftyp",
    }
    if not signs.get(kind, True):
        wanted = {"image": "a JPG or PNG image", "voice": "an AMR recording", "video": "an MP4 video"}[kind]
        raise refuse(endpoint, f"media is not {wanted}")


def check_attachment(endpoint: str, kind: str, purpose: int, data: bytes) -> None:
    """What a moment (1) or a product album (2) may carry: size, kind, pixels and seconds."""
    if purpose not in KINDS_FOR:
        raise refuse(endpoint, "attachment_type is none of 1, 2")
    if kind not in KINDS_FOR[purpose]:
        raise refuse(endpoint, f"media_type is none of {', '.join(sorted(KINDS_FOR[purpose]))}")
    check_size(endpoint, data, ATTACHED[kind])
    check_content(endpoint, kind, data)
    if kind == "image":
        _check_pixels(endpoint, data)
    else:
        seconds = video_seconds(data)
        if seconds is not None and seconds > VIDEO_SECONDS:
            raise refuse(endpoint, f"media lasts {seconds:.1f} s, at most {VIDEO_SECONDS} are allowed")


def _check_pixels(endpoint: str, data: bytes) -> None:
    size = image_size(data)
    if size and (max(size) > LONG_SIDE or min(size) > SHORT_SIDE):
        raise refuse(
            endpoint, f"media has {size[0]} × {size[1]} pixels, at most {LONG_SIDE} × {SHORT_SIDE} are allowed"
        )


def image_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of a PNG or JPEG, from its header; None where it does not say."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    return _jpeg_size(data) if data.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + max(length, 2)
    return None


def video_seconds(data: bytes) -> float | None:
    """How long an MP4 lasts, from its movie header; None where it has none."""
    at = data.find(b"mvhd") + 4
    if at < 4 or at + 32 > len(data):
        return None
    layout, start = (">IQ", at + 20) if data[at] == 1 else (">II", at + 12)
    scale, duration = struct.unpack_from(layout, data, start)
    return duration / scale if scale else None


def part_name(filename: str) -> str:
    """The name that people will see, fit for a header: its last part, no quotes or control characters, ≤ 128 bytes.

    Non-ASCII stays raw UTF-8 in `filename`, for WeCom refuses a part that has only `filename*`.
    """
    name = re.split(r"[/\\]", clean(filename))[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})
    name = _NOT_IN_NAMES.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > 10:
        stem, dot, ending = name, "", ""
    room = NAME_BYTES - len((dot + ending).encode())
    return (stem.encode()[:room].decode("utf-8", "ignore") + dot + ending) or "file"
