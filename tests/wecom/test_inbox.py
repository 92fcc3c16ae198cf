import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from tests.wecom import handlers
from wecom import clock, inbox
from wecom.errors import WrongState
from wecom.models import Corp, InboxEvent
from wecom.tasks import process_inbox

NAME = "change_external_contact.add_external_contact"


@pytest.fixture(autouse=True)
def _clean_slate(settings) -> None:
    handlers.handled.clear()
    use(settings, "note")


def use(settings, *names: str) -> None:
    settings.WECOM_CALLBACKS = {NAME: [f"tests.wecom.handlers.{name}" for name in names]}


def make_event(corp: Corp, external_userid: str = "wm1", **fields) -> InboxEvent:
    number = InboxEvent.objects.count()
    values = {
        "key": f"key-{number}",
        "event": "change_external_contact",
        "change_type": "add_external_contact",
        "next_try_at": clock.now() - timedelta(seconds=5),
        "received_at": clock.now() - timedelta(seconds=5),
    }
    return InboxEvent.objects.create(corp=corp, external_userid=external_userid, **{**values, **fields})


def due_now() -> None:
    InboxEvent.objects.update(next_try_at=clock.now() - timedelta(seconds=5))


def test_a_due_event_is_handled_once_by_all_its_handlers(corp, settings):
    use(settings, "note", "note_again")
    event = make_event(corp)
    assert inbox.process() == 1
    assert inbox.process() == 0
    event.refresh_from_db()
    assert handlers.handled == ["wm1", "wm1 again"]
    assert (event.state, event.attempts, event.leased_until) == ("done", 1, None)
    assert event.handled_at is not None


def test_an_event_that_nobody_knows_is_kept_and_marked(corp):
    event = make_event(corp, change_type="invented_in_2027")
    assert inbox.process() == 1
    event.refresh_from_db()
    assert (event.state, event.error) == ("ignored", "")
    assert inbox.process() == 0


def test_urgent_events_come_first(corp):
    make_event(corp, "slow")
    make_event(corp, "fast", lane="urgent")
    inbox.process()
    assert handlers.handled == ["fast", "slow"]


def test_a_lane_and_a_corp_can_be_asked_for_alone(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    make_event(corp, "default")
    make_event(corp, "urgent", lane="urgent")
    make_event(other, "other")
    assert inbox.process(lane="urgent") == 1
    assert inbox.process(corp_id=other.pk) == 1
    assert handlers.handled == ["urgent", "other"]
    assert inbox.process(lane="default") == 1


def test_what_is_not_yet_due_waits_for_the_domains_clock(corp):
    make_event(corp, next_try_at=clock.now() + timedelta(hours=1))
    assert inbox.process() == 0
    with clock.at(clock.now() + timedelta(hours=2)):
        assert inbox.process() == 1


def test_a_limit_is_kept(corp):
    for number in range(5):
        make_event(corp, f"wm{number}")
    assert [inbox.process(limit=3), inbox.process(limit=3), inbox.process(limit=3)] == [3, 2, 0]
    assert handlers.handled == [f"wm{number}" for number in range(5)]


def test_the_task_goes_on_until_nothing_is_due(corp, monkeypatch):
    monkeypatch.setattr("wecom.tasks.BATCH", 2)
    for number in range(5):
        make_event(corp, f"wm{number}")
    process_inbox("default")
    assert len(handlers.handled) == 5


# --- errors ---


def test_a_poison_event_waits_longer_each_time_and_is_parked_after_five_tries(corp, settings):
    use(settings, "fail")
    event = make_event(corp)
    waits = []
    for _ in range(4):
        assert inbox.process() == 1
        event.refresh_from_db()
        assert event.state == "pending"
        waits.append(round((event.next_try_at - clock.now()).total_seconds(), -1))
        assert inbox.process() == 0
        due_now()
    assert waits == sorted(waits)
    assert waits[-1] == 600
    inbox.process()
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("parked", 5)
    assert event.error == "ValueError: poison  from 测试企业"
    assert "in fail\n" in event.traceback
    due_now()
    assert inbox.process() == 0


def test_a_poison_event_holds_nobody_up(corp, settings):
    use(settings, "fail_for_poison")
    for name in ("before", "poison", "after"):
        make_event(corp, name)
    assert inbox.process() == 3
    assert handlers.handled == ["before", "after"]
    states = InboxEvent.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done", "pending", "done"]


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_breaks_its_statement_holds_nobody_up(corp, settings):
    settings.WECOM_CALLBACKS = {
        NAME: ["tests.wecom.handlers.break_the_database"],
        "change_external_contact.del_follow_user": ["tests.wecom.handlers.note"],
    }
    broken = make_event(corp)
    make_event(corp, "fine", change_type="del_follow_user")
    inbox.process()
    broken.refresh_from_db()
    assert (broken.state, broken.error.split(":")[0]) == ("pending", "ProgrammingError")
    assert handlers.handled == ["fine"]


def test_a_handler_that_cannot_be_found_is_an_error_of_the_event(corp, settings):
    settings.WECOM_CALLBACKS = {NAME: ["tests.wecom.handlers.misspelt"]}
    event = make_event(corp)
    inbox.process()
    event.refresh_from_db()
    assert (event.state, event.error.split(":")[0]) == ("pending", "ImportError")


@pytest.mark.parametrize("handler", ["find_wecom_away", "find_the_corp_suspended"])
def test_while_wecom_is_away_no_event_is_to_blame(handler, corp, settings):
    use(settings, handler)
    event = make_event(corp)
    for _ in range(8):
        inbox.process()
        due_now()
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("pending", 0)
    use(settings, "note")
    inbox.process()
    event.refresh_from_db()
    assert (event.state, event.error) == ("done", "")


def test_even_then_an_event_is_parked_after_days(corp, settings):
    use(settings, "find_wecom_away")
    event = make_event(corp, received_at=clock.now() - timedelta(days=4))
    inbox.process()
    event.refresh_from_db()
    assert event.state == "parked"


def test_a_limit_of_wecom_is_waited_out(corp, settings):
    use(settings, "run_into_the_limit")
    handlers.limited_until = clock.now() + timedelta(minutes=60)
    event = make_event(corp)
    inbox.process()
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("pending", 0)
    assert abs(event.next_try_at - handlers.limited_until) < timedelta(seconds=2)


# --- dead workers ---


def leave_behind(corp: Corp, name: str, lease: timedelta) -> InboxEvent:
    """What a worker held when it was killed."""
    return make_event(corp, name, state="working", attempts=1, leased_until=clock.now() + lease)


def test_what_a_dead_worker_held_is_taken_up_when_its_lease_ends(corp):
    leave_behind(corp, "dead", timedelta(seconds=-1))
    leave_behind(corp, "alive", timedelta(seconds=60))
    assert inbox.process() == 1
    assert handlers.handled == ["dead"]


def test_what_a_killed_worker_held_is_taken_up_when_its_session_is_gone(corp):
    killed = connection.copy()
    with killed.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    event = leave_behind(corp, "killed", timedelta(seconds=60))
    InboxEvent.objects.filter(pk=event.pk).update(leased_by=session)
    assert inbox.process() == 0
    killed.close()
    ends(session)
    assert inbox.process() == 1
    assert handlers.handled == ["killed"]


def ends(session: int) -> None:
    """Wait until the server has noticed; PostgreSQL ends a session shortly after its client has gone."""
    with connection.cursor() as cursor:
        for _ in range(1_000):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity WHERE pid = %s", [session])
            if cursor.fetchone()[0] == 0:
                return
            cursor.execute("SELECT pg_stat_clear_snapshot()")
    raise AssertionError("the session does not end")


def test_suspects_are_handled_one_at_a_time(corp, monkeypatch):
    """Else the one that kills its worker takes the others along, try after try, until all are parked."""
    for number in range(3):
        leave_behind(corp, f"wm{number}", timedelta(seconds=-1))
    held: list[int] = []
    monkeypatch.setattr(
        handlers,
        "note",
        lambda event: held.append(InboxEvent.objects.filter(state="working", attempts=2).count()),
    )
    assert inbox.process() == 3
    assert held == [1, 1, 1]


def test_a_worker_that_lost_its_lease_records_nothing(corp, monkeypatch):
    event = make_event(corp)

    def slow(mine: InboxEvent) -> None:
        InboxEvent.objects.filter(pk=mine.pk).update(leased_until=F("leased_until") + timedelta(minutes=1))

    monkeypatch.setattr(handlers, "note", slow)
    inbox.process()
    event.refresh_from_db()
    assert event.state == "working"


def test_a_batch_that_takes_too_long_gives_the_rest_back(corp, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH_SECONDS", -1)
    event = make_event(corp)
    inbox.process()
    event.refresh_from_db()
    assert (event.state, event.attempts, event.leased_until) == ("pending", 0, None)
    assert handlers.handled == []


def test_an_interrupted_worker_records_what_it_has_done(corp, monkeypatch):
    done, interrupted = make_event(corp, "done"), make_event(corp, "interrupted")

    def interrupt(event: InboxEvent) -> None:
        if event.external_userid == "interrupted":
            raise KeyboardInterrupt

    monkeypatch.setattr(handlers, "note", interrupt)
    with pytest.raises(KeyboardInterrupt):
        inbox.process()
    done.refresh_from_db()
    interrupted.refresh_from_db()
    assert (done.state, interrupted.state) == ("done", "working")


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_handle_each_event_once(corp):
    for number in range(60):
        make_event(corp, f"wm{number}")
    ready = threading.Barrier(4)

    def work(_: int) -> int:
        ready.wait()
        try:
            return sum(inbox.process(limit=10) for _ in range(6))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 60
    assert sorted(handlers.handled) == sorted(f"wm{number}" for number in range(60))


def test_the_number_of_queries_does_not_depend_on_the_number_of_events(corp):
    def queries(events: int) -> int:
        for number in range(events):
            make_event(corp, f"wm{number}", key=f"{events}-{number}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert inbox.process() == events
        return len(captured)

    assert queries(3) == queries(120)


# --- replay and sight ---


@pytest.mark.parametrize("state", ["parked", "ignored", "done", "pending"])
def test_replay_gives_an_event_all_its_tries_again(state, corp):
    event = make_event(corp, state=state, attempts=5, error="boom", traceback="…")
    event.replay()
    assert (event.state, event.attempts, event.error, event.traceback) == ("pending", 0, "", "")
    due_now()
    assert inbox.process() == 1
    assert handlers.handled == ["wm1"]


def test_replay_of_an_event_in_work_is_refused(corp):
    event = leave_behind(corp, "wm1", timedelta(seconds=60))
    with pytest.raises(WrongState, match="right now"):
        event.replay()


def test_only_those_who_run_the_corp_see_its_events(corp, admin, operator, lin_user, superuser):
    other = Corp.objects.create(corpid="wwother", agentid=1)
    mine, theirs = make_event(corp), make_event(other)
    assert list(InboxEvent.objects.visible_to(admin)) == list(InboxEvent.objects.visible_to(operator)) == [mine]
    assert list(InboxEvent.objects.visible_to(superuser)) == [theirs, mine]
    assert not InboxEvent.objects.visible_to(lin_user).exists()
    assert list(InboxEvent.objects.of(other)) == [theirs]
