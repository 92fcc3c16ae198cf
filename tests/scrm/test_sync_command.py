"""`manage.py sync CORPID [--only …]`, and what runs several syncs one after another."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from customers.models import Customer
from scrm import syncing, tasks
from scrm.management.commands import sync as sync_command
from scrm.rehearsal.sandbox import Sandbox
from staff import locks
from staff.errors import WrongState
from staff.models import Staff
from tests.acts import arrive, console_tags, edit
from wecom import clock
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun

Status = SyncRun.Status


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("sync", *arguments, stdout=out)
    return out.getvalue()


def test_everything_arrives(sandbox: Sandbox, corp: Corp) -> None:
    arrive(sandbox, "lin")
    printed = run(corp.corpid)
    assert Customer.objects.count() == 1
    assert list(SyncRun.objects.order_by("pk").values_list("kind", "status")) == [
        (kind, Status.DONE) for kind in ("staff", "tags", "customers", "groups")
    ]
    assert "1 added" in printed


def test_only_what_was_asked_for(sandbox: Sandbox, corp: Corp) -> None:
    run(corp.corpid, "--only", "tags, staff")
    assert list(SyncRun.objects.order_by("pk").values_list("kind", flat=True)) == ["staff", "tags"]
    assert Staff.objects.exists()


def test_an_unknown_corp_or_kind_is_a_sentence(corp: Corp) -> None:
    with pytest.raises(CommandError, match=corp.corpid):
        run("ww-nobody")
    with pytest.raises(CommandError, match="orders is none of staff, tags"):
        run(corp.corpid, "--only", "orders")


def test_a_failure_keeps_its_reason_and_the_other_kinds_try(sandbox: Sandbox, corp: Corp) -> None:
    corp.secret = "not-the-secret"
    corp.save()
    with pytest.raises(CommandError, match="Not complete: staff, tags"):
        run(corp.corpid)
    failed = SyncRun.objects.filter(kind="staff").get()
    assert failed.status == Status.FAILED
    assert "40001" in failed.error
    assert failed.trouble["code"] == 40001
    assert "not-the-secret" not in failed.error


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_refused(sandbox: Sandbox, corp: Corp) -> None:
    other = connections["default"].copy()
    key = locks._key(("sync", corp.pk))
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            for kind in ("staff", "groups"):  # one corp, one sync, whatever the kind
                with pytest.raises(WrongState):
                    syncing.sync_corp(corp, [kind])
            with pytest.raises(CommandError, match="already running"):
                run(corp.corpid)
            tasks.sync_corp(corp.pk)  # a hint that came twice says nothing
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])  # closing alone takes the server a moment
    other.close()
    assert not SyncRun.objects.exists()
    assert syncing.sync_corp(corp, ["staff"])[0].status == Status.DONE


def test_a_stopped_sync_ends_and_goes_on_later(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    arrive(sandbox, "lin")
    run(corp.corpid, "--only", "staff")
    advance, runs_so_far = SyncRun.advance, SyncRun.objects.count()

    def stopping(sync_run: SyncRun, **changes: object) -> None:
        advance(sync_run, **changes)
        if changes.get("cursor"):
            SyncRun.objects.get(pk=sync_run.pk).stop()

    with monkeypatch.context() as patch:
        patch.setattr(SyncRun, "advance", stopping)
        (stopped,) = syncing.sync_corp(corp, ["customers", "groups"])
    assert (stopped.status, stopped.then) == (Status.STOPPED, ["groups"])
    assert SyncRun.objects.count() == runs_so_far + 1  # what was to follow did not begin
    assert syncing.going_on(stopped) == ["customers", "groups"]
    (resumed,) = syncing.sync_corp(corp, ["customers"])
    assert (resumed.pk, resumed.status) == (stopped.pk, Status.DONE)
    assert Customer.objects.count() == 1


def test_waiting_out_a_busy_wecom(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    monkeypatch.setattr("staff.patience.BUSY", (0.01, 0.01, 0.01))
    arrive(sandbox, "lin")
    sandbox.call("POST", "faults", busy={"rate": 1, "count": 7, "endpoints": ["externalcontact/batch/get_by_user"]})
    (_staff, customers) = syncing.sync_corp(corp, ["staff", "customers"])
    assert customers.status == Status.DONE
    assert Customer.objects.count() == 1


def test_the_frequency_limit_leaves_the_cursor(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    """45009 of the minute rule is waited out; here patience is shorter than that, as it is for the hour rule."""
    monkeypatch.setattr("staff.patience.LONGEST", 1.0)
    arrive(sandbox, "lin")
    limited = {"rate": 1, "count": 1, "endpoints": ["externalcontact/list"]}
    sandbox.call("POST", "faults", **{"rate-limit": limited})
    _staff, customers = syncing.sync_corp(corp, ["staff", "customers"])
    assert (customers.status, customers.phase) == (Status.FAILED, "check")
    assert Customer.objects.count() == 1
    sandbox.advance(61)
    clock.pull()
    (again,) = syncing.sync_corp(corp, ["customers"])
    assert (again.pk, again.status) == (customers.pk, Status.DONE)


def test_one_member_and_one_customer(sandbox: Sandbox, corp: Corp) -> None:
    arrive(sandbox, "wang")
    mine = arrive(sandbox, "lin")
    run(corp.corpid, "--only", "staff")
    assert "1 added" in run(corp.corpid, "--staff", "LIN")
    assert Customer.objects.get().external_userid == mine
    other = arrive(sandbox, "lin")
    assert "1 added" in run(corp.corpid, "--customer", other)
    assert Customer.objects.count() == 2
    assert "1 unchanged" in run(corp.corpid, "--customer", other)
    with pytest.raises(CommandError, match="shows no customer wm-nobody"):
        run(corp.corpid, "--customer", "wm-nobody")


def test_a_line_says_all_that_one_wants_to_know(corp: Corp) -> None:
    going = SyncRun.start(corp, "customers", started_by="nightly")
    going.advance(phase="customers", done=1200, total=5000, cursor={"after": "lin"})
    SyncRun.objects.update(measured_at=going.heartbeat_at - timedelta(seconds=10))
    going.refresh_from_db()
    going.beat(WeComError(45009, "api freq out of limit", ErrorKind.LIMIT, "externalcontact/list"))
    going.refresh_from_db()
    text = sync_command.line(going)
    for part in ("customers", "running", "1,200/5,000 24 %", "120/s", "less than a minute left", "at lin", "45009"):
        assert part in text
    assert "frequency limit is used up" in text


def test_a_second_sync_of_everything_writes_no_row(sandbox: Sandbox, corp: Corp) -> None:
    """Of all tables but the ones that say that a sync took place and how often WeCom was called."""
    tag = console_tags(sandbox, "等级", "金")[0]
    people = [arrive(sandbox, userid) for userid in ("lin", "wang", "lin")]
    edit(sandbox, "lin", people[0], add_tag=[tag], remark="老客")
    sandbox.corp("POST", "groups", owner="lin", name="群", members=people)
    run(corp.corpid)
    before = rows_written()
    printed = run(corp.corpid)
    assert rows_written() == before
    assert "added" not in printed
    assert " changed" not in printed


def rows_written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'public' AND relname !~ '^wecom_'"
        )
        return cursor.fetchone()[0]


def test_a_sync_whose_process_died_goes_on_by_itself(sandbox: Sandbox, corp: Corp, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    arrive(sandbox, "lin")
    run(corp.corpid, "--only", "staff")
    dead = SyncRun.start(corp, "customers", then=["groups"])
    dead.advance(phase="customers", cursor={"after": "", "lanes": [], "late": []})
    tasks.resume_syncs()
    assert not Customer.objects.exists()  # five minutes of silence make it dead
    SyncRun.objects.filter(pk=dead.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    tasks.resume_syncs()
    dead.refresh_from_db()
    assert (dead.status, dead.resumed) == (Status.DONE, 1)
    assert Customer.objects.count() == 1
    assert SyncRun.objects.get(kind="groups").status == Status.DONE


def test_a_member_s_sync_whose_process_died_goes_on_by_itself(sandbox: Sandbox, corp: Corp, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    arrive(sandbox, "lin")
    run(corp.corpid, "--only", "staff")
    dead = SyncRun.start(corp, "customers", subject="lin")
    SyncRun.objects.filter(pk=dead.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    tasks.resume_syncs()
    assert SyncRun.objects.filter(subject="lin", status=Status.DONE).count() == 1


def test_what_dies_again_and_again_is_left(corp: Corp) -> None:
    dead = SyncRun.start(corp, "customers")
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=6), resumed=syncing.LIVES)
    tasks.resume_syncs()
    dead.refresh_from_db()
    assert dead.status == Status.FAILED


def test_every_corp_is_synced_at_night(sandbox: Sandbox, corp: Corp, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    entry = settings.CELERY_BEAT_SCHEDULE["nightly sync"]
    assert (entry["task"], str(entry["schedule"].hour)) == ("scrm.tasks.nightly_sync", "{3}")
    arrive(sandbox, "lin")
    tasks.nightly_sync()
    assert Customer.objects.count() == 1
    assert set(SyncRun.objects.values_list("started_by", "status")) == {("nightly", "done")}
