from datetime import timedelta

import pytest
from django.utils import timezone

from wecom.errors import ErrorKind, WeComError, WrongState
from wecom.models import Corp, SyncRun
from wecom.models.sync_run import EXAMPLES, KEPT

LIMITED = WeComError(45009, "api freq out of limit", ErrorKind.LIMIT, "externalcontact/list", timezone.now())


def silent_for(run: SyncRun, **time) -> None:
    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(**time))


def test_a_run_tells_how_far_it_is(corp):
    run = SyncRun.start(corp, "customers", started_by="admin")
    run.advance(phase="follows", cursor={"page": "a"}, done=100, total=250, added=90, unchanged=10)
    run.advance(cursor={"page": "b"}, done=100, added=5, changed=95)
    assert (run.phase, run.cursor, run.done, run.total, run.percent) == ("follows", {"page": "b"}, 200, 250, 80)
    assert run.counts == {"added": 95, "unchanged": 10, "changed": 95}
    run.finish()
    assert (run.status, run.finished_at is not None, run.rate > 0) == ("done", True, True)


def test_two_runs_of_a_kind_at_once_are_refused(corp):
    SyncRun.start(corp, "customers")
    with pytest.raises(WrongState, match="already running"):
        SyncRun.start(corp, "customers")
    SyncRun.start(corp, "tags")
    SyncRun.start(Corp.objects.create(corpid="wwother", agentid=1), "customers")


def test_a_dead_run_does_not_stand_in_the_way(corp):
    dead = SyncRun.start(corp, "customers")
    silent_for(dead, minutes=6)
    assert list(SyncRun.objects.stale()) == [dead]
    SyncRun.start(corp, "customers")
    dead.refresh_from_db()
    assert dead.status == "stopped"
    with pytest.raises(WrongState, match="stopped"):
        dead.advance(done=1)


def test_a_failed_run_resumes_from_its_cursor(corp):
    run = SyncRun.start(corp, "customers")
    run.advance(cursor={"page": "a"}, done=100)
    run.fail("WeComError: busy")
    assert (run.status, run.error) == ("failed", "WeComError: busy")
    run.resume()
    assert (run.status, run.error, run.cursor, run.done, run.finished_at) == ("running", "", {"page": "a"}, 100, None)


def test_a_stopped_run_ends_its_worker_and_may_go_on(corp):
    run = SyncRun.start(corp, "customers")
    SyncRun.objects.get(pk=run.pk).stop()
    with pytest.raises(WrongState, match="stopped"):
        run.advance(done=1)
    run.resume()
    run.advance(done=1)
    assert run.done == 1


def test_what_is_alive_or_done_cannot_be_resumed(corp):
    run = SyncRun.start(corp, "customers")
    with pytest.raises(WrongState, match="failed or stopped"):
        run.resume()
    run.finish()
    with pytest.raises(WrongState, match="failed or stopped"):
        run.resume()
    for verb in (run.finish, run.stop):
        with pytest.raises(WrongState, match="not running"):
            verb()


def test_an_old_run_is_not_resumed_beside_a_new_one(corp):
    old = SyncRun.start(corp, "customers")
    old.fail("boom")
    SyncRun.start(corp, "customers")
    with pytest.raises(WrongState, match="already running"):
        old.resume()


def test_a_phase_counts_from_nothing_again(corp):
    run = SyncRun.start(corp, "customers")
    run.advance(phase="customers", done=200, total=1000, added=200)
    run.advance(phase="check", total=4, done=1)
    assert (run.done, run.total, run.percent) == (1, 4, 25)
    run.advance(phase="settle")
    assert (run.done, run.total, run.percent) == (0, None, None)
    run.finish()
    assert run.rows == 200


def test_speed_and_time_left_are_those_of_the_phase_since_it_goes_on(corp):
    run = SyncRun.start(corp, "customers")
    assert run.left is None
    run.advance(phase="customers", done=500, total=2000)
    run.fail("boom")
    run.resume()
    SyncRun.objects.filter(pk=run.pk).update(measured_at=timezone.now() - timedelta(seconds=10))
    run.refresh_from_db()
    run.advance(done=500)
    assert run.rate == pytest.approx(50, rel=0.05)
    assert run.left.total_seconds() == pytest.approx(20, rel=0.05)
    run.finish()
    assert run.left is None


def test_a_pause_is_not_time_at_work(corp):
    run = SyncRun.start(corp, "customers")
    run.advance(done=10, added=10)
    run.stop()
    long_ago = timezone.now() - timedelta(hours=5)
    SyncRun.objects.filter(pk=run.pk).update(started_at=long_ago, finished_at=long_ago + timedelta(seconds=2))
    run.refresh_from_db()
    run.resume()
    run.finish()
    assert run.duration < timedelta(seconds=4)
    assert run.resumed == 1


def test_examples_are_bounded_and_no_one_stands_there_twice(corp):
    run = SyncRun.start(corp, "customers")
    for first in range(0, 100, 7):
        run.advance(added=7, examples={"added": [{"id": f"wm{n}"} for n in range(first, first + 14)]})
    run.refresh_from_db()
    assert [example["id"] for example in run.report["added"]] == [f"wm{n}" for n in range(EXAMPLES)]
    assert run.counts == {"added": 105}


def test_whoever_waits_says_what_for(corp):
    run = SyncRun.start(corp, "customers")
    run.beat(LIMITED)
    run.advance(done=5)
    run.refresh_from_db()
    assert (run.done, run.status, run.trouble["kind"], run.trouble["code"]) == (5, "running", "limit", 45009)
    assert "45009" in run.error
    run.finish()
    assert (run.error, run.trouble) == ("", {})


def test_a_stopped_run_does_not_beat(corp):
    run = SyncRun.start(corp, "customers")
    SyncRun.objects.get(pk=run.pk).stop()
    with pytest.raises(WrongState, match="stopped"):
        run.beat()


def test_a_refusal_is_kept_in_parts(corp):
    run = SyncRun.start(corp, "customers")
    run.fail(LIMITED)
    assert run.trouble == {
        "kind": "limit",
        "code": 45009,
        "endpoint": "externalcontact/list",
        "retry_at": LIMITED.retry_at.isoformat(),
    }


def test_one_member_beside_the_whole_corp(corp):
    whole, one = SyncRun.start(corp, "customers"), SyncRun.start(corp, "customers", subject="lin")
    with pytest.raises(WrongState, match="already running"):
        SyncRun.start(corp, "customers", subject="lin")
    assert list(SyncRun.objects.whole()) == [whole]
    one.stop()
    whole.advance(done=1)


def test_old_runs_are_dropped(corp):
    for _ in range(KEPT + 5):
        SyncRun.start(corp, "tags").finish()
    SyncRun.start(corp, "staff").finish()
    SyncRun.start(corp, "tags").finish()
    assert SyncRun.objects.filter(kind="tags").count() == KEPT + 1
    assert SyncRun.objects.filter(kind="staff").count() == 1


def test_a_silent_run_is_known_for_it(corp):
    run = SyncRun.start(corp, "customers")
    assert not run.silent
    silent_for(run, minutes=6)
    run.refresh_from_db()
    assert run.silent
