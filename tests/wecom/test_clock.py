from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from wecom import clock
from wecom.models import Clock, Corp

SECOND = timedelta(seconds=1)


def sandbox_says(played, answer) -> None:
    played.says("sandbox/api/clock", answer)


def test_without_a_sandbox_now_is_now(db):
    assert clock.offset() == timedelta(0)
    assert abs(clock.now() - timezone.now()) < SECOND


def test_the_sandboxs_clock_is_ours(played_corp, played):
    Corp.objects.update(is_sandbox=True)
    sandbox_says(played, {"now": "2026-03-01T00:00:00+00:00", "offset": 86400.0})
    assert clock.pull() == timedelta(days=1)
    assert abs(clock.now() - timezone.now() - timedelta(days=1)) < SECOND
    assert Clock.objects.get().offset == timedelta(days=1)


@pytest.mark.parametrize("answer", [404, None, b"<html>", {"now": "x"}, {"offset": "soon"}])
def test_a_sandbox_that_does_not_answer_leaves_the_clock_as_it_is(answer, played_corp, played):
    Corp.objects.update(is_sandbox=True)
    Clock.objects.write(timedelta(hours=3))
    sandbox_says(played, answer)
    assert clock.pull() == timedelta(hours=3)


def test_beside_a_real_corp_the_clock_is_never_turned(played_corp, played):
    """Its customers live in real time: a turned clock would send them next week's messages now."""
    Corp.objects.update(is_sandbox=True)
    Corp.objects.create(corpid="wwreal", agentid=1)
    Clock.objects.write(timedelta(hours=3))
    sandbox_says(played, {"offset": 86400.0})
    assert clock.pull() == timedelta(0)
    assert played.asked == []


def test_a_real_corp_is_never_asked_for_its_clock(played_corp, played):
    clock.pull()
    assert played.asked == []


def test_the_offset_is_read_once_a_second(db, django_assert_num_queries, monkeypatch):
    with django_assert_num_queries(1):
        for _ in range(100):
            clock.now()
    Clock.objects.write(timedelta(hours=1))
    assert clock.offset() == timedelta(0)
    monkeypatch.setattr(clock, "CACHE_SECONDS", 0.0)  # the second is over
    assert clock.offset() == timedelta(hours=1)


def test_at_sets_a_moment_from_which_time_runs_on(db):
    moment = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    with clock.at("2026-03-01T10:00:00+08:00"):
        assert moment <= clock.now() < moment + SECOND
        with clock.at(moment + timedelta(days=1)):
            assert clock.now() >= moment + timedelta(days=1)
        assert clock.now() < moment + SECOND
    assert abs(clock.now() - timezone.now()) < SECOND


def test_a_moment_without_a_zone_is_in_the_default_zone(db):
    with clock.at("2026-03-01T10:00:00"):
        assert clock.now().astimezone(UTC).hour == 2


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-13-01T10:00:00"])
def test_what_is_no_moment_is_refused(text, db):
    with pytest.raises(ValueError, match=r"ISO date-time|month must be"), clock.at(text):
        pass
