"""The full sync of customers: what WeCom has is what we have, however it was interrupted, and nothing is written twice."""

import pytest
from django.db import connection

from customers import digests
from customers import sync as customers_sync
from customers.models import Customer, EndedBy, Event, Follow, FollowStatus
from scrm import syncing
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from wecom.models import Corp, SyncRun

pytestmark = pytest.mark.usefixtures("lin", "wang")


def arrive(sandbox: Sandbox, userid: str, name: str = "", **more: object) -> str:
    return sandbox.corp("POST", "scan", userid=userid, name=name, **more)["external_userid"]


def sync(corp: Corp, *only: str) -> SyncRun:
    run = syncing.sync_corp(corp, only or ["customers"])[-1]
    assert run.status == SyncRun.Status.DONE, run.error
    return run


def rows_written() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
            " WHERE relname LIKE 'customers_%%' OR relname LIKE 'tags_%%' OR relname LIKE 'staff_%%'"
        )
        return cursor.fetchone()[0]


def test_customers_and_follows_appear(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin", "陈晓", state="door")
    run = sync(corp)
    follow = Follow.objects.get(customer__external_userid=external_userid)
    assert (follow.customer.name, follow.staff.userid, follow.state) == ("陈晓", "lin", "door")
    assert follow.status == FollowStatus.LIVE
    assert run.counts["added"] == 1
    assert list(Event.objects.values_list("kind", flat=True)) == ["added"]
    assert digests.differences(corp) == 0
    assert not follow.customer.digest.lost


def test_a_second_sync_writes_no_row(sandbox: Sandbox, corp: Corp) -> None:
    for number in range(5):
        arrive(sandbox, "lin" if number % 2 else "wang")
    sync(corp, "staff", "tags", "customers")
    before = rows_written()
    runs = syncing.sync_corp(corp, ["staff", "tags", "customers"])
    assert rows_written() == before
    assert runs[-1].counts == {"added": 0, "changed": 0, "unchanged": 5}
