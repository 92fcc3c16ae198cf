"""What is in a file: its type by content, the pixels of an image, the seconds of a video."""

import struct

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def fits(kind: str, data: bytes) -> bool:
    """Is it of the kind it claims? image JPG or PNG, voice AMR, video MP4, file anything."""
    if kind == "image":
        return data.startswith((JPEG, PNG))
    if kind == "voice":
        return data.startswith(b"#!AMR")
    return kind == "file" or data[4:8] == b"ftyp"


def content_type(kind: str, data: bytes) -> str:
    if kind == "image":
        return "image/png" if data.startswith(PNG) else "image/jpeg"
    return {"voice": "audio/amr", "video": "video/mp4", "file": "application/octet-stream"}[kind]


def pixels(data: bytes) -> tuple[int, int]:
    """(long side, short side) of an image; (0, 0) if its header does not say."""
    width = height = 0
    if data.startswith(PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
    elif data.startswith(JPEG):
        width, height = _of_jpeg(data)
    return max(width, height), min(width, height)


def _of_jpeg(data: bytes) -> tuple[int, int]:
    """From the first start-of-frame segment."""
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        kind, length = struct.unpack_from(">BH", data, position + 1)
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + max(2, length)
    return 0, 0


def seconds(data: bytes) -> float:
    """How long an MP4 lasts; 0 if it has no movie header."""
    start = data.find(b"mvhd")
    if start < 0 or start + 36 > len(data):
        return 0
    wide = data[start + 4] == 1
    scale, duration = struct.unpack_from(">IQ" if wide else ">II", data, start + (24 if wide else 16))
    return float(duration / scale) if scale else 0
