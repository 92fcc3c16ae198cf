"""Log lines: one record is one line, whatever a customer's nickname holds, and no line carries a secret."""

import logging
import re
import time

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRET = re.compile(
    r"""((?:access_token|corpsecret|secret|token|aes_?key|password|authorization|(?<![a-z_])code)["']?\s*[=:]\s*["']?"""
    r"""(?:(?:token|bearer)\s+)?)[^\s"'&,;}\]]+""",
    re.IGNORECASE,
)


def escape(line: str) -> str:
    """Control characters, line ends and direction marks as `\\x1b`-like escapes; ASCII and CJK text stay readable."""
    return CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), line)


class LineFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        return escape(SECRET.sub(r"\1***", super().format(record)))
