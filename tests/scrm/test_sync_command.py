"""`manage.py sync CORPID [--only …]`, and what runs several syncs one after another."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from customers.models import Customer
from scrm import syncing, tasks
from scrm.rehearsal.sandbox import Sandbox
from staff import locks
from staff.errors import WrongState
from staff.models import Staff
from tests.acts import arrive
from wecom import clock
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
    assert "not-the-secret" not in failed.error


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_refused(sandbox: Sandbox, corp: Corp) -> None:
    other = connections["default"].copy()
    key = locks._key(("sync", corp.pk, "staff"))
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            with pytest.raises(WrongState):
                syncing.sync_corp(corp, ["staff"])
            with pytest.raises(CommandError, match="already running"):
                run(corp.corpid)
            tasks.sync_corp(corp.pk)  # a hint that came twice says nothing
        finally:
            other.close()
    assert not SyncRun.objects.exists()
    assert syncing.sync_corp(corp, ["staff"])[0].status == Status.DONE


def test_a_stopped_sync_ends_and_goes_on_later(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    arrive(sandbox, "lin")
    run(corp.corpid, "--only", "staff")
    advance = SyncRun.advance

    def stopping(sync_run: SyncRun, **changes: object) -> None:
        advance(sync_run, **changes)
        if changes.get("cursor"):
            SyncRun.objects.get(pk=sync_run.pk).stop()

    with monkeypatch.context() as patch:
        patch.setattr(SyncRun, "advance", stopping)
        (stopped,) = syncing.sync_corp(corp, ["customers"])
    assert stopped.status == Status.STOPPED
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
