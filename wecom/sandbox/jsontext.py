"""Reading JSON that strangers wrote, and writing ours."""

import json
from typing import Any

import orjson

DEEP = 200


def parse(data: bytes) -> Any:
    """The value; ValueError also for NaN, lone surrogates and what is nested too deeply to be written again."""
    value = orjson.loads(data)
    if data.count(b"[") + data.count(b"{") > DEEP:
        try:
            json.dumps(value)
        except RecursionError:
            raise ValueError("nested too deeply")
    return value


def write(value: Any) -> bytes:
    """UTF-8 without spaces between the elements."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
