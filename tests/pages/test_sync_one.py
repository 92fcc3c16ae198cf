"""One member of staff or one customer, brought up to date at once."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, Follow, FollowStatus
from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, Staff, User
from tests import cast
from tests.acts import arrive, drop, edit, sync
from wecom.models import Corp, SyncRun


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


@pytest.mark.parametrize("asked", ["lin", "LIN ", "林小雨"])
def test_one_member_is_synced_by_userid_or_name(
    desk: Client, sandbox: Sandbox, corp: Corp, lin: Staff, settings, asked: str
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    mine = arrive(sandbox, "lin")
    arrive(sandbox, "wang")
    desk.post(reverse("system_sync_staff"), {"staff": asked})
    assert Customer.objects.get().external_userid == mine
    assert SyncRun.objects.get().subject == "lin"
    assert AuditEntry.objects.get(action="sync.started").target == str(lin)


@pytest.mark.parametrize(
    ("asked", "said"),
    [("", "required"), ("nobody", "Nobody has this"), ("同名", "Several people"), ("\x00", "required")],
)
def test_a_member_who_cannot_be_found_is_a_sentence_at_the_field(
    desk: Client, corp: Corp, asked: str, said: str
) -> None:
    for userid in ("a", "b"):
        cast.make_staff(corp, userid, name="同名")
    answer = desk.post(reverse("system_sync_staff"), {"staff": asked})
    html = answer.content.decode()
    assert (answer.status_code, said in html) == (400, True)
    assert 'hx-get="/system/sync/"' in html  # the page goes on renewing itself
    assert not SyncRun.objects.exists()


def test_a_member_s_sync_is_stopped_and_resumed_in_the_list(
    desk: Client, sandbox: Sandbox, corp: Corp, lin: Staff, settings
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    arrive(sandbox, "lin")
    run = SyncRun.start(corp, "customers", subject="lin")
    run.advance(phase="customers", cursor={"after": "", "lanes": [], "late": []})
    stop, resume = (reverse(f"system_sync_{verb}", args=[run.pk]) for verb in ("stop", "resume"))
    assert stop in desk.get(reverse("system_sync")).content.decode()
    desk.post(stop)
    assert resume in desk.get(reverse("system_sync")).content.decode()
    desk.post(resume)
    run.refresh_from_db()
    assert (run.status, run.counts["added"]) == (SyncRun.Status.DONE, 1)


def test_a_member_of_another_corp_is_nobody(desk: Client, corp: Corp) -> None:
    cast.make_staff(cast.make_corp(), "foreign")
    assert desk.post(reverse("system_sync_staff"), {"staff": "foreign"}).status_code == 400


@pytest.fixture
def known(sandbox: Sandbox, corp: Corp, lin: Staff) -> Customer:
    arrive(sandbox, "lin", "陈晓")
    sync(corp)
    return Customer.objects.get()


def test_one_customer_is_synced_at_once(signed_in, lin_user: User, sandbox: Sandbox, known: Customer) -> None:
    edit(sandbox, "lin", known.external_userid, remark="老客")
    browser = signed_in(lin_user)
    assert (
        reverse("customer_sync", args=[known.pk]) in browser.get(reverse("customer", args=[known.pk])).content.decode()
    )
    answer = browser.post(reverse("customer_sync", args=[known.pk]), follow=True)
    assert "This is what WeCom says now." in answer.content.decode()
    assert Follow.objects.get().remark == "老客"
    assert browser.get(reverse("customer_sync", args=[known.pk])).status_code == 405


def test_whom_one_has_dropped_one_does_not_see_any_more(
    signed_in, lin_user: User, sandbox: Sandbox, known: Customer
) -> None:
    drop(sandbox, "lin", known.external_userid)
    answer = signed_in(lin_user).post(reverse("customer_sync", args=[known.pk]))
    assert answer.headers["Location"] == reverse("customers")
    assert Follow.objects.get().status == FollowStatus.DROPPED


def test_a_wecom_that_does_not_answer_is_a_sentence(
    signed_in, lin_user: User, sandbox: Sandbox, known: Customer, settings
) -> None:
    settings.WECOM_BACKOFF = 0.01
    sandbox.call("POST", "faults", busy={"rate": 1, "count": 9, "endpoints": ["externalcontact/get"]})
    answer = signed_in(lin_user).post(reverse("customer_sync", args=[known.pk]))
    assert answer.status_code == 409
    assert "busy or cannot be reached" in answer.content.decode()


def test_somebody_else_s_customer_is_404(signed_in, wang_user: User, known: Customer) -> None:
    assert signed_in(wang_user).post(reverse("customer_sync", args=[known.pk])).status_code == 404
