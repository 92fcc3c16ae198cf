"""Many calls at once: the full sync ends like one that asks one by one, whatever WeCom says to it."""

import pytest

from customers import digests, pages
from customers.models import Customer, Event, Follow
from scrm import syncing
from scrm.rehearsal.sandbox import Sandbox
from staff import patience
from tests.acts import arrive, console_tags, edit, sync
from wecom.models import Corp, SyncRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("branch")]

CLERKS = 9


@pytest.fixture
def branch(sandbox: Sandbox, corp: Corp) -> list[str]:
    """Nine members of staff who share some of 45 customers; they have tags."""
    userids = [f"clerk{n}" for n in range(CLERKS)]
    people = [{"userid": userid, "name": userid, "department": [2]} for userid in userids]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=people)
    tags = console_tags(sandbox, "等级", "金", "银")
    for number in range(45):
        userid = userids[number % CLERKS]
        external_userid = arrive(sandbox, userid)
        edit(sandbox, userid, external_userid, add_tag=[tags[number % 2]])
        if number % 4 == 0:
            arrive(sandbox, userids[(number + 3) % CLERKS], external_userid=external_userid)
    return userids


def forget_everything(corp: Corp) -> None:
    Customer.objects.of(corp).delete()
    SyncRun.objects.of(corp).delete()


def picture(corp: Corp) -> list[tuple]:
    """Everything that a sync decides, without keys and times of our own."""
    follows = Follow.objects.of(corp).select_related("customer__digest", "staff")
    return sorted(
        (
            follow.customer.external_userid,
            follow.staff.userid,
            follow.status,
            follow.since,
            sorted(follow.tags.values_list("name", flat=True)),
            follow.customer.digest.lost,
            sorted(Event.objects.filter(customer=follow.customer).values_list("kind", flat=True)),
        )
        for follow in follows
    )


def test_many_at_once_end_like_one_after_another(sandbox: Sandbox, corp: Corp, monkeypatch, settings) -> None:
    monkeypatch.setattr(pages, "PAGE", 3)
    monkeypatch.setattr(pages, "STRETCH", 2)
    sync(corp, "staff", "tags", "customers")
    alone = picture(corp)
    forget_everything(corp)
    settings.SYNC_READERS = 4
    sandbox.call("POST", "corps", corpid=corp.corpid, latency=0.02)
    run = sync(corp, "staff", "tags", "customers")
    assert picture(corp) == alone
    assert len(alone) == 45 + 12
    assert run.counts["added"] == len(alone)
    assert digests.differences(corp) == 0


def test_a_wecom_that_allows_two_calls_at_once_is_respected(sandbox: Sandbox, corp: Corp, settings) -> None:
    settings.SYNC_READERS, settings.WECOM_BACKOFF = 4, 0.01
    sandbox.call("POST", "corps", corpid=corp.corpid, latency=0.05, concurrency=2)
    runs = syncing.sync_corp(corp)
    assert {run.status for run in runs} == {SyncRun.Status.DONE}
    assert Customer.objects.count() == 45
    calls = sandbox.corp("GET", "calls")
    refused = sum(endpoint["errors"].get("45033", 0) for endpoint in calls.values())
    assert 0 < refused < 40


@pytest.mark.parametrize("fault", ["token-expiry", "busy", "drop-connection"])
def test_what_passes_by_itself_is_passed_over(sandbox: Sandbox, corp: Corp, monkeypatch, settings, fault: str) -> None:
    """Fault 7 and 10, and a broken connection: one new token for all who read, and every page comes in the end."""
    monkeypatch.setattr(pages, "PAGE", 3)
    monkeypatch.setattr(patience, "BUSY", (0.01,) * 20)
    settings.SYNC_READERS, settings.WECOM_BACKOFF = 4, 0.01
    sandbox.call("POST", "faults", **{fault: {"rate": 0.25}})
    run = sync(corp, "staff", "tags", "customers")
    assert (run.counts["added"], Customer.objects.count()) == (45 + 12, 45)
    assert digests.differences(corp) == 0
    calls = sandbox.corp("GET", "calls")
    assert sum(sum(endpoint["errors"].values()) for endpoint in calls.values()) > 3
