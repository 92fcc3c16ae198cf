import json

import pytest
from django.db import connection

from wecom.text import byte_length, clean, clean_json, one_line


def test_nul_is_removed_and_lone_surrogates_are_replaced():
    assert clean("a\x00b\ud800c\udfff") == "ab\ufffdc\ufffd"


def test_everything_else_is_kept_as_wecom_said_it():
    text = "‮<img src=x onerror=alert(1)> 👨‍👩‍👧‍👦 é\u200d {{7*7}}\n=1+1"
    assert clean(text) == text


@pytest.mark.django_db
def test_a_cleaned_value_is_accepted_by_jsonb():
    hostile = {"a\x00": ["\ud800", float("nan"), float("inf"), {"b": "c\x00"}], "n": 1.5}
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", [json.dumps(clean_json(hostile))])
    assert clean_json(hostile) == {"a": ["\ufffd", None, None, {"b": "c"}], "n": 1.5}


def test_deep_nesting_is_cut_off_instead_of_exhausting_the_stack():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    assert json.dumps(clean_json(deep)).count("[") <= 33


def test_a_log_line_stays_one_line_without_terminal_escapes():
    line = one_line("name\r\n2026 INFO forged \x1b[31mred \u2028 \u202e")
    assert line == "name\\r\\n2026 INFO forged \\x1b[31mred \\u2028 \\u202e"
    assert len(one_line("x" * 5000)) == 300


def test_bytes_are_counted_in_utf8():
    assert byte_length("企业") == 6
