"""What goes wrong between WeCom's callback and its effect. Numbers are those of our list of faults."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
import pytest
from django.db import connection, connections

from customers.models import Follow, FollowStatus
from scrm.rehearsal.sandbox import Sandbox
from scrm.wsgi import application
from tests.acts import arrive, leave, sync
from tests.wecom import handlers
from tests.wecom.callbacks import sealed, through, xml_of
from tests.wecom.test_inbox import NAME, due_now, make_event
from wecom import callback, inbox
from wecom.models import Corp, InboxEvent
from wecom.tasks import process_inbox


@pytest.fixture(autouse=True)
def _clean_slate() -> None:
    handlers.handled.clear()


def send(corp: Corp, **fields: str) -> int:
    query, body = sealed(corp, xml_of(corp, **fields))
    return through(application, "POST", f"/wecom/callback/{corp.corpid}/", query, body)[0]


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def full_disk() -> Iterator[None]:
    """Every insert fails as it does when the disk is full."""
    run(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER no_room BEFORE INSERT ON wecom_inboxevent FOR EACH ROW EXECUTE FUNCTION no_room()",
    )
    try:
        yield
    finally:
        run("DROP FUNCTION no_room CASCADE")


@contextmanager
def read_only() -> Iterator[None]:
    run("SET default_transaction_read_only = on")
    try:
        yield
    finally:
        run("SET default_transaction_read_only = off")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [full_disk, read_only])
def test_fault_19_without_a_commit_there_is_no_200_and_it_recovers(fault: Callable, corp: Corp) -> None:
    assert send(corp) == 200
    with fault():
        assert [send(corp, UserID="wang") for _ in range(3)] == [500] * 3
        assert InboxEvent.objects.count() == 1
    assert send(corp, UserID="wang") == 200
    assert InboxEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_fault_19_a_server_that_goes_away_in_the_middle_is_tried_once_more(corp: Corp, monkeypatch) -> None:
    """psycopg2 raises its bare DatabaseError for some of these, which no subclass names."""
    real, broken = callback._store, []

    def store(*values) -> bool:
        if not broken:
            broken.append(True)
            with connection.wrap_database_errors:
                raise psycopg2.DatabaseError("server closed the connection unexpectedly")
        return real(*values)

    monkeypatch.setattr(callback, "_store", store)
    assert send(corp) == 200
    assert broken
    assert InboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fault_19_an_error_that_a_new_connection_does_not_mend_is_not_tried_twice(corp: Corp, monkeypatch) -> None:
    tried = []

    def store(*values) -> bool:
        tried.append(values)
        with connection.wrap_database_errors:
            raise psycopg2.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction")

    monkeypatch.setattr(callback, "_store", store)
    assert send(corp) == 500
    assert len(tried) == 1


@pytest.mark.django_db(transaction=True)
def test_fault_22_four_deliveries_at_once_are_one_row_and_one_effect(corp: Corp, settings) -> None:
    settings.WECOM_CALLBACKS = {NAME: ["tests.wecom.handlers.note"]}

    def deliver(_number: int) -> int:
        try:
            return send(corp)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(deliver, range(4))) == [200] * 4
    process_inbox()
    assert send(corp) == 200  # and once more when it was handled already
    process_inbox()
    assert InboxEvent.objects.count() == 1
    assert len(handlers.handled) == 1


def told(corp: Corp, sandbox: Sandbox, change_type: str, external_userid: str) -> dict[str, str]:
    at = str(int(sandbox.now().timestamp()))
    return {"ChangeType": change_type, "UserID": "lin", "ExternalUserID": external_userid, "CreateTime": at}


@pytest.mark.usefixtures("lin")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_fault_23_in_any_order_the_end_is_what_wecom_knows(sandbox: Sandbox, corp: Corp, order: tuple) -> None:
    external_userid = arrive(sandbox, "lin")
    events = [told(corp, sandbox, "add_external_contact", external_userid)]
    sandbox.advance(60)
    events.append(told(corp, sandbox, "edit_external_contact", external_userid))
    sandbox.advance(60)
    leave(sandbox, "lin", external_userid)
    events.append(told(corp, sandbox, "del_follow_user", external_userid))
    for number in order:
        assert send(corp, **events[number]) == 200
        process_inbox()
    follow = Follow.objects.get()
    assert (follow.status, follow.customer.external_userid) == (FollowStatus.LOST, external_userid)
    assert follow.customer.digest.lost
    assert not InboxEvent.objects.exclude(state="done").exists()


@pytest.mark.usefixtures("lin")
def test_fault_24_what_a_lost_callback_would_have_told_a_sync_finds_and_counts(sandbox: Sandbox, corp: Corp) -> None:
    known = arrive(sandbox, "lin")
    sync(corp)
    comes = arrive(sandbox, "lin")  # the corp has no callback URL here: nobody is told
    sync(corp)
    assert set(Follow.objects.values_list("customer__external_userid", flat=True)) == {known, comes}
    run_of_customers = corp.sync_runs.filter(kind="customers").latest("pk")
    assert run_of_customers.counts["added"] == 1
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"Event": "an_event_of_tomorrow", "ChangeType": ""},
        {"ChangeType": "change_of_tomorrow", "Surprise": "<b>"},
        {"Event": "", "MsgType": "text", "Content": "hello"},
    ],
)
def test_fault_25_an_unknown_event_is_kept_marked_and_never_tried_again(corp: Corp, fields: dict) -> None:
    assert send(corp, **fields) == 200
    process_inbox()
    event = InboxEvent.objects.get()
    assert (event.state, event.error) == (InboxEvent.State.IGNORED, "")
    assert {name: value for name, value in fields.items() if value}.items() <= event.payload.items()
    due_now()
    assert inbox.process() == 0


def test_fault_25_a_known_event_with_more_fields_is_handled_as_ever(corp: Corp, settings) -> None:
    settings.WECOM_CALLBACKS = {NAME: ["tests.wecom.handlers.note"]}
    assert send(corp, Surprise="1", Another="<x>") == 200
    process_inbox()
    assert InboxEvent.objects.get().state == InboxEvent.State.DONE


def test_fault_26_a_poison_event_is_parked_with_its_traceback_and_holds_nobody_up(corp: Corp, settings) -> None:
    settings.WECOM_CALLBACKS = {NAME: ["tests.wecom.handlers.fail_for_poison"]}
    for name in ("before", "poison", "after"):
        make_event(corp, name)
    for _ in range(inbox.MAX_TRIES + 1):
        inbox.process()
        due_now()
    poison = InboxEvent.objects.get(external_userid="poison")
    assert (poison.state, poison.attempts) == (InboxEvent.State.PARKED, inbox.MAX_TRIES)
    assert 'raise ValueError("poison")' in poison.traceback
    assert handlers.handled == ["before", "after"]
