"""Old rows go in small batches, and nothing that is still wanted."""

from datetime import timedelta

import pytest

from tests.wecom.test_inbox import make_event
from wecom import clock, retention
from wecom.models import Corp, EndpointHour, ErrorReply, InboxEvent


@pytest.fixture(autouse=True)
def _bounds(settings):
    settings.INBOX_DAYS, settings.INBOX_PARKED_DAYS = 30, 90
    settings.JOURNAL_DAYS, settings.JOURNAL_REPLIES = 30, 3


def of_days(corp: Corp, days: float, state: str, **fields) -> InboxEvent:
    at = clock.now() - timedelta(days=days)
    return make_event(corp, state=state, received_at=at, handled_at=at, **fields)


def left() -> list[int]:
    return sorted(InboxEvent.objects.values_list("pk", flat=True))


def test_handled_callbacks_go_after_their_days(corp):
    kept = [of_days(corp, 29.9, "done"), of_days(corp, 1, "ignored")]
    for state in ("done", "ignored"):
        of_days(corp, 30.1, state)
    assert retention.purge() == {"inbox": 2, "journal": 0}
    assert left() == [event.pk for event in kept]
    assert retention.purge() == {"inbox": 0, "journal": 0}


def test_what_is_not_handled_stays_however_old_and_parked_ones_long(corp):
    waiting = [of_days(corp, 400, "pending"), of_days(corp, 400, "working", leased_until=clock.now())]
    parked = of_days(corp, 89, "parked")
    of_days(corp, 91, "parked")
    assert retention.purge()["inbox"] == 1
    assert left() == sorted(event.pk for event in (*waiting, parked))


def test_more_than_a_batch_goes_in_several(corp, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 4)
    for _ in range(10):
        of_days(corp, 31, "done")
    assert retention.purge()["inbox"] == 10
    assert not left()


def test_a_run_ends_in_time_and_the_next_goes_on(corp, monkeypatch):
    monkeypatch.setattr(retention, "SECONDS", 0.0)
    of_days(corp, 31, "done")
    assert retention.purge() == {"inbox": 0, "journal": 0}
    monkeypatch.setattr(retention, "SECONDS", 60.0)
    assert retention.purge()["inbox"] == 1


def test_hours_go_after_their_days_and_the_total_stays(corp):
    now = clock.now()
    for hour in (now - timedelta(days=31), now - timedelta(days=29), None):
        EndpointHour.objects.create(corp=corp, endpoint="user/get", hour=hour, latency=[1])
    assert retention.purge() == {"inbox": 0, "journal": 1}
    assert EndpointHour.objects.filter(hour=None).exists()


def test_a_lowered_number_of_replies_is_kept_to(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    for number in range(5):
        for owner in (corp, other):
            ErrorReply.objects.create(corp=owner, endpoint="e", kind="config", errmsg=str(number), at=clock.now())
    assert retention.purge()["journal"] == 4
    assert [reply.errmsg for reply in ErrorReply.objects.of(corp)] == ["4", "3", "2"]
