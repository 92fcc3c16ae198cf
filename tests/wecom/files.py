"""Files as small as can be that say in their headers what a real one says."""

import struct


def png(width: int, height: int, size: int = 200) -> bytes:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"
    return head.ljust(size, b"\x00")


def jpeg(width: int, height: int) -> bytes:
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return head + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\x00" * 100


def mp4(seconds: float, *, wide: bool = False) -> bytes:
    """`wide`: with the 64-bit times of version 1."""
    head = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 12 + b"\x00\x00\x00\x6cmvhd"
    milliseconds = int(seconds * 1000)
    if wide:
        times = struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, milliseconds)
    else:
        times = struct.pack(">IIIII", 0, 0, 0, 1000, milliseconds)
    return head + times + b"\x00" * 80
