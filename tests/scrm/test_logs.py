import logging
import sys

import pytest

from scrm.logs import LineFormatter


def line(message: str, *arguments: object, error: bool = False) -> str:
    record = logging.LogRecord(
        "wecom", logging.INFO, __file__, 1, message, arguments, sys.exc_info() if error else None
    )
    return LineFormatter().format(record)


@pytest.mark.parametrize(
    "nickname", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\u2028b", "a\u202eb", "a\x85b", "a\u2066b"]
)
def test_a_nickname_cannot_forge_a_line(nickname: str) -> None:
    text = line("customer %s", nickname)
    assert text.isprintable()
    assert len(text.splitlines()) == 1
    assert "\\" in text


def test_chinese_and_emoji_stay_readable() -> None:
    assert line("customer %s", "张三 😀").endswith("customer 张三 😀")


def test_a_traceback_is_one_line_too() -> None:
    try:
        raise ValueError("broken\nline")
    except ValueError:
        text = line("failed", error=True)
    assert len(text.splitlines()) == 1
    assert "ValueError: broken\\nline" in text


@pytest.mark.parametrize(
    "text",
    [
        "GET /cgi-bin/user/get?access_token=S3cr3t&userid=lin",
        "GET /cgi-bin/gettoken?corpid=ww1&corpsecret=S3cr3t",
        "headers {'Authorization': 'Token S3cr3t'}",
        "Authorization: Bearer S3cr3t",
        '{"secret": "S3cr3t", "name": "x"}',
        "password=S3cr3t",
        "aes_key: S3cr3t",
    ],
)
def test_secrets_are_blacked_out(text: str) -> None:
    assert "S3cr3t" not in line(text)
    assert "***" in line(text)


def test_an_errcode_is_no_secret() -> None:
    assert line("errcode=45009 status_code: 502").endswith("errcode=45009 status_code: 502")
