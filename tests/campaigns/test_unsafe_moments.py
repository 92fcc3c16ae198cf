"""The unsafe moment is the call: whatever happens around it, WeCom applies each send exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from campaigns import engine
from campaigns.engine import dispatch, record, rescue
from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment
from campaigns.models import Batch, Campaign, Delivery
from content.models import MediaCopy
from staff.errors import WrongState
from staff.models import Staff, User
from tests.campaigns.conftest import Play, lose, make_campaign, only, statuses, step
from tests.content.test_materials import picture, upload
from wecom import clock
from wecom.models import Corp

CREATE = {"endpoints": ["externalcontact/add_msg_template"]}


@pytest.fixture(autouse=True)
def _impatient(settings: object) -> None:
    settings.WECOM_TIMEOUT = (1, 1)  # type: ignore[attr-defined]


def until_settled(play: Play, seconds: float = 15) -> None:
    """Turn until nothing is being checked any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        play.turn()
        if not Batch.objects.filter(status__in=["calling", "unsure", "ready"]).exists():
            return
        play.on(seconds=20)
        time.sleep(0.3)  # look-ups are apart in real time
    raise AssertionError(list(Batch.objects.values("status", "error", "next_lookup_at", "next_try_at")))


def assert_sent_once(play: Play, campaign: Campaign) -> None:
    [send] = play.sends()
    delivery = only(campaign)
    assert (delivery.status, delivery.batch.msgid) == ("handed", send["msgid"])
    assert delivery.batch.status == "handed"


# ---- the answer gets lost -------------------------------------------------------------------------------------------
def test_an_answer_that_comes_too_late_is_looked_up(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(timeout_after_accept={"count": 1, "hold": 1.5, **CREATE})
    turn = play.turn()
    assert turn.unsure == 1
    assert only(campaign).status == "unsure"
    until_settled(play)
    assert_sent_once(play, campaign)


def test_a_connection_that_breaks_after_the_call_was_applied(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "after", **CREATE})
    play.turn()
    assert only(campaign).status == "unsure"
    until_settled(play)
    assert_sent_once(play, campaign)


def test_a_connection_that_breaks_before_the_call_was_applied(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    assert only(campaign).status == "unsure"
    assert play.sends() == []
    until_settled(play)
    assert_sent_once(play, campaign)
    assert Batch.objects.get().attempts == 2


def test_one_look_up_that_finds_nothing_is_not_enough(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    Batch.objects.update(next_lookup_at=timezone_now())
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.lookups) == ("unsure", 1)
    assert batch.next_lookup_at > timezone_now()


def timezone_now() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_a_look_up_that_fails_decides_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    Batch.objects.update(next_lookup_at=timezone_now())
    play.faults(busy={"rate": 1.0, "endpoints": ["externalcontact/get_groupmsg_list_v2"]})
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.lookups) == ("unsure", 0)
    play.calm()
    until_settled(play)
    assert_sent_once(play, campaign)


def test_what_two_sends_could_be_a_person_decides(play: Play) -> None:
    zhang = play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "after", **CREATE})
    play.turn()
    batch = play.batch()
    dispatch.client_for(play.corp).mass.create(sender="lin", external_userids=[zhang.external_userid], text="你好")
    Batch.objects.update(next_lookup_at=timezone_now())
    play.turn()
    batch.refresh_from_db()
    ours, stranger = (send["msgid"] for send in play.sends())
    assert batch.undecided_at is not None
    assert batch.candidates == [ours, stranger]
    assert list(Batch.objects.undecided()) == [batch]
    batch.declare_sent(ours)
    assert (only(campaign).status, batch.msgid) == ("handed", ours)
    with pytest.raises(WrongState):
        batch.declare_absent()


def test_a_person_may_find_that_wecom_does_not_have_it(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    play.batch().declare_absent()
    assert only(campaign).status == "ready"
    play.turn()
    assert_sent_once(play, campaign)


def test_a_send_with_the_same_content_to_others_is_not_taken_for_ours(play: Play) -> None:
    play.befriend()
    other = play.befriend("lin", "李四")
    campaign = make_campaign(play.corp)
    lose(other)
    dispatch.client_for(play.corp).mass.create(sender="lin", external_userids=[other.external_userid], text="你好")
    play.faults(drop_connection={"count": 1, "when": "before", **CREATE})
    play.turn()
    until_settled(play)
    assert len(play.sends()) == 2
    assert only(campaign).batch.msgid == play.sends()[1]["msgid"]


# ---- refusals -------------------------------------------------------------------------------------------------------
def test_busy_is_tried_again_later_and_fails_nobody(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(busy={"rate": 1.0, **CREATE})
    play.turn()
    batch = play.batch()
    assert (batch.status, batch.error_code, only(campaign).status) == ("ready", -1, "ready")
    assert batch.next_try_at > clock.now()
    play.calm()
    play.turn()
    assert play.sends() == []
    play.on(minutes=1)
    play.turn()
    assert_sent_once(play, campaign)


def test_a_used_up_limit_lets_the_endpoint_rest_and_resumes_by_itself(play: Play) -> None:
    play.befriend("lin")
    play.befriend("wang")
    campaign = make_campaign(play.corp)
    play.faults(rate_limit={"count": 1, **CREATE})
    play.turn()
    assert statuses(campaign) == {"ready": 2}
    assert set(Batch.objects.values_list("attempts", flat=True)) == {0, 1}
    play.on(minutes=2)
    play.turn()
    assert statuses(campaign) == {"handed": 2}
    assert len(play.sends()) == 2


def test_a_token_that_expires_early_costs_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(token_expiry={"count": 1, **CREATE})
    play.turn()
    assert_sent_once(play, campaign)


def test_who_cannot_be_reached_is_told_apart_from_the_rest(play: Play) -> None:
    """The customer has left, and we do not know it yet: fail_list."""
    stays, gone = play.befriend("lin", "甲"), play.befriend("lin", "乙")
    play.sandbox.corp("POST", f"customers/{gone.external_userid}/delete_staff", userid="lin")
    campaign = make_campaign(play.corp)
    play.turn()
    rows = {row.customer: (row.status, row.reason) for row in Delivery.objects.filter(campaign=campaign)}
    assert rows == {stays: ("handed", ""), gone: ("unreachable", "fail_list")}
    assert play.batch().fail_list_size == 1


def test_a_send_that_reaches_nobody_is_over(play: Play) -> None:
    zhang = play.befriend()
    play.sandbox.corp("POST", f"customers/{zhang.external_userid}/delete_staff", userid="lin")
    campaign = make_campaign(play.corp)
    play.turn()
    delivery = only(campaign)
    assert (delivery.status, delivery.reason) == ("unreachable", "nobody_reachable")
    assert (play.batch().status, play.batch().error_code) == ("failed", 41048)


def test_a_sender_who_left_unnoticed_sends_nothing_more(play: Play) -> None:
    play.befriend("lin")
    play.befriend("wang")
    campaign = make_campaign(play.corp, step(), step(after={"hours": 1}))
    play.sandbox.corp("POST", "staff/lin/leave")
    play.turn()
    first = Delivery.objects.get(campaign=campaign, staff__userid="lin")
    assert (first.status, first.reason, first.detail["code"]) == ("skipped", "staff_left", "60111")
    assert not Staff.objects.get(userid="lin").active
    play.on(hours=1)
    play.turn()
    assert statuses(campaign) == {"skipped": 2, "handed": 2}
    calls = play.sandbox.corp("GET", "calls")
    assert calls["externalcontact/add_msg_template"]["calls"] == 3


def test_an_expired_media_id_is_uploaded_again_once(play: Play, operator: User) -> None:
    material = upload(play.corp, operator, picture(), "a.png")
    play.befriend()
    campaign = make_campaign(play.corp, step(content=[{"kind": "image", "material": material.pk}]))
    MediaCopy.objects.create(material=material, media_id="expired", uploaded_at=clock.now())
    play.turn()
    assert only(campaign).status == "ready"
    play.turn()
    assert_sent_once(play, campaign)


# ---- the worker dies ------------------------------------------------------------------------------------------------
def claimed(play: Play) -> Batch:
    """A batch whose worker claimed it and was never heard of again."""
    for phase in engine.phases(play.corp, Budget(), patient=False):
        phase()
        if Batch.objects.exists():
            break
    dispatcher = dispatch.Dispatcher(play.corp)
    moment = Moment.of(play.corp)
    batch = dispatcher.next_batch(moment)
    assert batch is not None
    assert dispatcher.claim(batch, dispatcher.message_of(batch), moment)
    return batch


def test_a_worker_that_dies_between_claim_and_call(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    batch = claimed(play)
    assert (only(campaign).status, play.batch().status) == ("unsure", "calling")
    assert rescue.run(play.corp) == 1
    batch.refresh_from_db()
    assert (batch.status, batch.attempts) == ("unsure", 1)
    until_settled(play)
    assert_sent_once(play, campaign)


def test_an_expired_lease_is_unsure_too(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    claimed(play)
    Batch.objects.update(leased_until=clock.timezone.now() - timedelta(seconds=1))
    assert rescue.run(play.corp) == 1
    assert play.batch().status == "unsure"


def test_a_late_answer_is_still_recorded_and_an_outdated_one_is_not(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    batch = claimed(play)
    rescue.run(play.corp)
    assert record.handed(batch, "msg-late")
    assert only(campaign).status == "handed"
    assert not record.handed(batch, "msg-later")
    assert play.batch().msgid == "msg-late"


def test_an_answer_to_an_earlier_attempt_changes_nothing(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    first = claimed(play)
    rescue.run(play.corp)
    record.absent(first)
    second = claimed(play)
    assert second.attempts == 2
    record.failed(first, "outdated")
    record.postponed(first, "outdated", clock.now())
    assert not record.handed(first, "msg-of-the-first")
    assert (play.batch().status, only(campaign).status) == ("calling", "unsure")


def test_the_database_refuses_two_calls_with_one_fingerprint(play: Play) -> None:
    play.befriend()
    make_campaign(play.corp)
    batch = claimed(play)
    twin = Batch.objects.create(corp=play.corp, step=batch.step, staff=batch.staff)
    mark = Batch.objects.get(pk=batch.pk).fingerprint
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=twin.pk).update(status="calling", fingerprint=mark)


def test_the_same_message_to_the_same_customer_waits_until_the_first_is_decided(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp, step(), step(after={"minutes": 1}))
    play.faults(drop_connection={"count": 1, "when": "after", **CREATE})
    play.turn()
    play.on(minutes=1)
    Batch.objects.update(next_lookup_at=clock.timezone.now() + timedelta(minutes=1))
    play.turn()
    assert Counter(Batch.objects.values_list("status", flat=True)) == {"unsure": 1, "ready": 1}
    Batch.objects.filter(status="unsure").update(next_lookup_at=clock.timezone.now())
    play.on(minutes=2)
    until_settled(play)
    assert len(play.sends()) == 2
    assert statuses(campaign) == {"handed": 2}


@pytest.fixture
def outside(play: Play, transactional_db: None) -> Iterator[list[subprocess.Popen[str]]]:
    """Room for processes of our own, with the tests' database as theirs."""
    children: list[subprocess.Popen[str]] = []
    yield children
    for child in children:
        if child.poll() is None:
            child.kill()
        child.wait(10)


def tick_outside(play: Play) -> subprocess.Popen[str]:
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}",
        "REDIS_URL": "redis://127.0.0.1:9/0",  # nobody there: the engine needs none
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "WECOM_READ_TIMEOUT": "30",
        "ALLOWED_HOSTS": "localhost",
    }
    command = [sys.executable, "manage.py", "tick", "--corp", play.corp.corpid]
    return subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, text=True)


def wait_for(condition: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.1)  # another process is at work


def test_a_worker_that_is_killed_after_the_call_was_applied(outside: list[subprocess.Popen[str]], play: Play) -> None:
    """kill -9 while WeCom withholds its answer: the send exists, the worker that asked for it does not any more."""
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(timeout_after_accept={"count": 1, "hold": 12, **CREATE})
    outside.append(tick_outside(play))
    wait_for(play.sends)
    assert rescue.run(play.corp) == 0  # it lives, and holds the batch's lock
    outside[0].send_signal(signal.SIGKILL)
    outside[0].wait(10)
    wait_for(lambda: rescue.run(play.corp) == 1)
    until_settled(play)
    assert_sent_once(play, campaign)


def test_eight_workers_send_each_batch_once(play: Play, transactional_db: None) -> None:
    customers = [play.befriend(userid, f"{userid}{n}") for n in range(5) for userid in ("lin", "wang")]
    campaigns = [make_campaign(play.corp, step(content=[{"kind": "text", "text": str(n)}])) for n in range(4)]
    start, problems, turns = threading.Barrier(8), [], []

    def work() -> None:
        try:
            start.wait(10)
            turns.append(engine.turn(play.corp.pk))
        except BaseException as problem:  # shown by the assertion
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    until_settled(play)
    sends = Counter((m["text"], one) for m in play.sends() for one in m["external_userids"])
    assert sends == {(str(n), customer.external_userid): 1 for n in range(4) for customer in customers}
    assert sum(turn.enrolled for turn in turns) == len(customers) * len(campaigns)
    assert all(statuses(campaign) == {"handed": 10} for campaign in campaigns)


def test_a_corp_whose_wecom_is_away_loses_nothing(corp: Corp, play: Play) -> None:
    """Nothing listens at the API's address: the call never left, so it is simply made later."""
    play.befriend()
    campaign = make_campaign(play.corp)
    address = play.corp.api_base_url
    Corp.objects.filter(pk=corp.pk).update(api_base_url="http://127.0.0.1:9")
    play.turn()
    assert (only(campaign).status, play.batch().status) == ("ready", "ready")
    Corp.objects.filter(pk=corp.pk).update(api_base_url=address)
    play.on(minutes=1)
    play.turn()
    assert_sent_once(play, campaign)
