"""WeCom, or a proxy in between, says back what we told it: no secret stays anywhere, and no line is forged."""

import io
import logging

import pytest
from django.db import connection

from scrm.logs import LineFormatter
from wecom.client import client_for
from wecom.errors import WeComError
from wecom.models import ErrorReply, Suspension

SECRET, TOKEN = "the-app-secret-of-this-very-test", "the-access-token-of-this-very-test"
READ = "externalcontact/get_follow_user_list"
PAGES = ["/", "/system/credentials/", "/system/journal/", "/system/inbox/", "/metrics"]
ADMIN = ["corp/{pk}/change/", "accesstoken/", "errorreply/", "suspension/", "endpointwindow/"]


def echo(code: int):
    """An error whose text repeats the whole request line."""
    return lambda request: {"errcode": code, "errmsg": f"invalid credential, asked {request.query}, hint: [7]"}


@pytest.fixture
def log():
    """What stands in the log, as the product writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def fail(corp) -> None:
    try:
        client_for(corp).customers.follow_users()
    except WeComError:
        logging.getLogger("product").exception("a call of ours failed")
    else:
        pytest.fail("the call was to be refused")


@pytest.fixture
def mishaps(played_corp, played, log, settings) -> str:
    """Everything that can go wrong with a secret in hand has gone wrong; the log of it."""
    settings.WECOM_TIMEOUT, settings.WECOM_BACKOFF = (1, 0.3), 0
    played_corp.set_credentials(secret=SECRET)
    played.says("gettoken", {"errcode": 0, "access_token": TOKEN, "expires_in": 7200})
    for answer in (echo(40035), echo(45009 + 20), 502, None, b"<html>", echo(60020)):
        played.says(READ, answer)
        fail(played_corp)
    played_corp.set_credentials(secret=SECRET)
    played.says("gettoken", echo(40001))
    fail(played_corp)
    return log.getvalue()


def stored() -> str:
    """Every row of every table: what a dump or a backup holds."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def found(text: str, corp) -> list[str]:
    return [secret for secret in (SECRET, TOKEN, corp.callback_token, corp.aes_key) if secret in text]


def test_no_secret_gets_into_the_log(mishaps, played_corp):
    assert mishaps.count("a call of ours failed") == 7
    assert "Traceback" in mishaps
    assert found(mishaps, played_corp) == []


def test_no_secret_gets_into_the_database(mishaps, played_corp):
    rows = stored()
    assert "60020" in rows
    assert ErrorReply.objects.count() >= 4
    assert Suspension.objects.count() == 2
    assert found(rows, played_corp) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_secret_gets_onto_a_page(path, mishaps, played_corp, admin, signed_in):
    answer = signed_in(admin).get(path)
    assert answer.status_code == 200
    assert found(answer.content.decode(), played_corp) == []


@pytest.mark.parametrize("path", ADMIN)
def test_no_secret_is_read_in_the_admin(path, mishaps, played_corp, superuser, signed_in):
    answer = signed_in(superuser).get(f"/admin/wecom/{path.format(pk=played_corp.pk)}")
    assert answer.status_code == 200
    assert found(answer.content.decode(), played_corp) == []


def test_an_answer_cannot_forge_a_line_of_the_log(played_corp, played, log):
    forged = "no\r\n2031-01-01T00:00:00Z ERROR django.security forged\n\x1b[31mred\x1b[0m \u2028end"
    played.says(READ, {"errcode": 60020, "errmsg": forged})
    with pytest.raises(WeComError) as error:
        client_for(played_corp).customers.follow_users()
    lines = log.getvalue().splitlines()
    assert sum("forged" in line for line in lines) >= 1
    assert not [line for line in lines if line.startswith("2031-01-01")]
    assert not set("\r\n\x1b\u2028") & set(str(error.value))
    assert not set("\r\x1b\u2028") & set(log.getvalue())
    assert not set("\r\n\x1b\u2028") & set(Suspension.objects.get().reason)
