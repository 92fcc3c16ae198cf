"""A worker that dies around the call, and many workers at once: WeCom still applies each send exactly once."""

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
from django.db import DatabaseError, IntegrityError, connection, transaction

from campaigns import engine
from campaigns.engine import dispatch, record, rescue
from campaigns.engine.budget import Budget
from campaigns.engine.moment import Moment
from campaigns.models import Batch
from tests.campaigns.conftest import (
    CREATE,
    Play,
    assert_sent_once,
    make_campaign,
    only,
    statuses,
    step,
    until_settled,
)
from wecom import clock

pytestmark = pytest.mark.usefixtures("impatient")


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


def test_a_database_session_that_ends_during_the_call(play: Play, transactional_db: None) -> None:
    """The answer finds no database. It is looked up at once, not when the lease ends."""
    play.befriend()
    campaign = make_campaign(play.corp)
    play.faults(timeout_after_accept={"count": 1, "hold": 0.7, **CREATE})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = cursor.fetchone()[0]

    def end_session() -> None:
        wait_for(play.sends)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [session])
        connection.close()

    thread = threading.Thread(target=end_session)
    thread.start()
    with pytest.raises(DatabaseError):
        play.turn()
    thread.join()
    assert play.batch().status == "unsure"
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
