from datetime import timedelta

import pytest
from django.utils import timezone

from wecom.errors import WrongState
from wecom.models import Corp, SyncRun


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
