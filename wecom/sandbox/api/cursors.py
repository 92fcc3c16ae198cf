"""Opaque page cursors. One belongs to the app, endpoint and question that it was given for."""

import base64
import binascii
import zlib

from wecom.sandbox.errors import ApiError


def encode(scope: str, position: int) -> str:
    body = f"{position}.{zlib.crc32(f'{scope}.{position}'.encode())}"
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def decode(scope: str, cursor: str, code: int = 50100) -> int:
    """The position after which to go on; 0 for the first page. `code` for a cursor that is not this question's."""
    if not cursor:
        return 0
    try:
        position, _, check = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        valid = int(check) == zlib.crc32(f"{scope}.{int(position)}".encode())
    except (ValueError, binascii.Error):
        raise ApiError(code)
    if not valid:
        raise ApiError(code)
    return int(position)
