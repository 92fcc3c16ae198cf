"""Callback handlers for tests of the inbox: real functions that the callback table names."""

from django.db import connection

from wecom.errors import ErrorKind, WeComError
from wecom.models import InboxEvent

handled: list[str] = []
limited_until = None


def note(event: InboxEvent) -> None:
    handled.append(event.external_userid)


def note_again(event: InboxEvent) -> None:
    handled.append(f"{event.external_userid} again")


def fail(event: InboxEvent) -> None:
    raise ValueError(f"poison \x00 from {event.corp.name}")


def fail_for_poison(event: InboxEvent) -> None:
    if event.external_userid == "poison":
        raise ValueError("poison")
    handled.append(event.external_userid)


def break_the_database(event: InboxEvent) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def find_wecom_away(event: InboxEvent) -> None:
    raise WeComError(None, "HTTP status 502", ErrorKind.RETRY, "externalcontact/get")


def run_into_the_limit(event: InboxEvent) -> None:
    raise WeComError(45009, "api freq out of limit", ErrorKind.LIMIT, "externalcontact/get", limited_until)


def find_the_corp_suspended(event: InboxEvent) -> None:
    raise WeComError(40001, "invalid secret", ErrorKind.CONFIG, "externalcontact/get")
