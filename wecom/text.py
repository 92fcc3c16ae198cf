"""Text from outside, made safe for PostgreSQL, JSON and one-line logs."""

import re
import unicodedata
from typing import Any

MAX_DEPTH = 32
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SECRET_FIELDS = re.compile(r"""(?i)\b(access_token|corpsecret|secret|ticket|code)("?\s*[=:]\s*"?)[^\s&",;]+""")
# Tokens have hundreds of characters, an app's secret and an AES key 43; no id of WeCom's has more than 36.
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+/=]{40,}")
_NOT_PLAIN = {"Cc", "Cf", "Zl", "Zp"}


def clean(value: str) -> str:
    """The same text without NUL, and with U+FFFD in place of lone surrogates: both break PostgreSQL.

    Everything else is kept (emoji, RTL marks, HTML): pages isolate and escape it, the row keeps what WeCom said.
    """
    return _UNSTORABLE.sub(lambda hit: "" if hit[0] == "\x00" else "\ufffd", value) if value else value


def clean_json(value: Any, *, depth: int = MAX_DEPTH) -> Any:
    """A JSON value that PostgreSQL's jsonb accepts: text cleaned, NaN and infinities null, nesting bounded."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if depth == 0 and isinstance(value, dict | list | tuple):
        return None
    if isinstance(value, dict):
        return {clean(str(key)): clean_json(item, depth=depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item, depth=depth - 1) for item in value]
    return value


def one_line(value: object, limit: int = 300) -> str:
    """`value` as one printable line of at most `limit` characters: no forged log lines, no terminal escapes."""
    text = "".join(
        repr(c)[1:-1] if c == "\x1b" or unicodedata.category(c) in _NOT_PLAIN else c for c in clean(str(value))[:limit]
    )
    return text[:limit]


def without_secrets(value: str, *secrets: str) -> str:
    """The same text with `***` for `secrets`, for what is named like one, and for whatever could be one."""
    for secret in secrets:
        value = value.replace(secret, "***") if secret else value
    return _LONG_RUN.sub("***", _SECRET_FIELDS.sub(r"\1\2***", value))


def byte_length(value: str) -> int:
    """Length in UTF-8 bytes, WeCom's measure for message texts ("B" in its documents)."""
    return len(value.encode("utf-8", "replace"))
