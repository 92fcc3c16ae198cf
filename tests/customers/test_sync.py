"""The full sync of customers: we have what WeCom has, however it was interrupted, and nothing is written twice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers import bulk, digests, endings, pages
from customers import sync as customers_sync
from customers.convergence import converge
from customers.models import Customer, Event, Follow, FollowStatus
from scrm import syncing
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tests import cast
from tests.acts import arrive, console_tags, drop, edit, leave, sync
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp, SyncRun
from wecom.payloads import CustomerRow, ExternalContact, FollowInfo

pytestmark = pytest.mark.usefixtures("lin", "wang")
EVIL = 'a\tb\nc\\d\r\\N"{}\u202e<script>'


def rows_written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
            " WHERE relname ~ '^(customers|tags|staff)_'"
        )
        return cursor.fetchone()[0]


def picture(corp: Corp) -> list[tuple]:
    """Everything that a sync decides, without keys and times of our own."""
    follows = Follow.objects.of(corp).order_by("customer__external_userid", "staff__userid")
    return [
        (
            follow.customer.external_userid,
            follow.customer.name,
            follow.staff.userid,
            follow.status,
            follow.remark,
            follow.since,
            sorted(tag.name for tag in follow.tags.all()),
            follow.customer.digest.lost,
            sorted(Event.objects.filter(customer=follow.customer).values_list("kind", flat=True)),
        )
        for follow in follows
    ]


def row(external_userid: str, userid: str = "lin", **fields: object) -> CustomerRow:
    contact = {"name": "客户", "type": 1, **{name: fields.pop(name) for name in ("name", "avatar") if name in fields}}
    info = FollowInfo(userid=userid, **{"createtime": 1_700_000_000, **fields})
    return CustomerRow(ExternalContact(external_userid=external_userid, **contact), info)


def test_customers_and_follows_appear(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin", "陈晓", state="door")
    run = sync(corp)
    follow = Follow.objects.get(customer__external_userid=external_userid)
    assert (follow.customer.name, follow.staff.userid, follow.state) == ("陈晓", "lin", "door")
    assert follow.status == FollowStatus.LIVE
    assert run.counts["added"] == 1
    assert list(Event.objects.values_list("kind", flat=True)) == ["added"]
    assert digests.differences(corp) == 0
    assert not follow.customer.digest.lost


def test_a_second_sync_writes_no_row(sandbox: Sandbox, corp: Corp) -> None:
    tag, _other = console_tags(sandbox, "等级", "金", "银")
    for number in range(5):
        external_userid = arrive(sandbox, "lin" if number % 2 else "wang")
        edit(sandbox, "lin" if number % 2 else "wang", external_userid, add_tag=[tag])
    sync(corp, "staff", "tags", "customers")
    before = rows_written()
    again = sync(corp, "staff", "tags", "customers")
    assert (again.counts, again.report) == ({"added": 0, "changed": 0, "unchanged": 5}, {})
    assert rows_written() == before


def test_what_callbacks_missed_is_found(sandbox: Sandbox, corp: Corp) -> None:
    stays, goes = arrive(sandbox, "lin", "留"), arrive(sandbox, "lin", "走")
    sync(corp)
    (tag,) = console_tags(sandbox, "等级", "金")
    edit(sandbox, "lin", stays, remark="老客户", add_tag=[tag])
    drop(sandbox, "lin", goes)
    late = arrive(sandbox, "wang", "新")
    run = sync(corp)
    assert (run.counts["added"], run.counts["changed"], run.counts["gone"]) == (1, 1, 1)
    assert run.report == {
        "added": [{"id": late, "staff": "wang"}],
        "changed": [{"id": stays, "staff": "lin", "fields": ["remark", "tags"]}],
        "gone": [{"id": goes}],
    }
    follows = {follow.customer.external_userid: follow for follow in Follow.objects.all()}
    assert follows[stays].remark == "老客户"
    assert [tag.name for tag in follows[stays].tags.all()] == ["金"]
    assert follows[goes].status == FollowStatus.DROPPED
    assert follows[goes].customer.digest.lost
    assert follows[late].status == FollowStatus.LIVE
    kinds = Event.objects.exclude(kind="added").values_list("customer__external_userid", "kind")
    assert sorted(kinds) == sorted([(stays, "remarked"), (stays, "tagged"), (goes, "dropped")])
    assert digests.differences(corp) == 0


def test_a_lost_customer_stays_lost_until_he_comes_back(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    sync(corp)
    sandbox.advance(60)
    leave(sandbox, "lin", external_userid)
    follow = Follow.objects.get()
    endings.lost([follow.pk], sandbox.now())
    sync(corp)
    follow.refresh_from_db()
    assert follow.status == FollowStatus.LOST
    report = SyncRun.objects.first()
    assert report.counts["lost_listed"] == 1
    assert report.report["lost_listed"] == [{"id": external_userid, "staff": "lin"}]
    sandbox.advance(60)
    arrive(sandbox, "lin", external_userid=external_userid)
    sync(corp)
    follow.refresh_from_db()
    assert (follow.status, follow.ended_at, follow.ended_by) == (FollowStatus.LIVE, None, "")
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["added", "added", "lost"]


def test_a_half_added_contact_is_left_alone(sandbox: Sandbox, corp: Corp, lin: Staff) -> None:
    external_userid = arrive(sandbox, "lin", half=True)
    customer = Customer.objects.create(corp=corp, external_userid=external_userid)
    follow = cast.make_follow(customer, lin, status=FollowStatus.HALF)
    sync(corp)
    follow.refresh_from_db()
    assert follow.status == FollowStatus.HALF
    sandbox.corp("POST", f"customers/{external_userid}/confirm_half", userid="lin")
    sync(corp)
    follow.refresh_from_db()
    assert follow.status == FollowStatus.LIVE


def test_a_customer_of_two_staff_is_one_customer(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin", "共享")
    arrive(sandbox, "wang", external_userid=external_userid)
    sync(corp)
    customer = Customer.objects.get()
    assert customer.follows.count() == 2
    assert len(customer.digest.staff_ids) == 2


@pytest.mark.parametrize("stop_at", range(1, 9))
def test_a_killed_sync_goes_on_and_ends_the_same(sandbox: Sandbox, corp: Corp, monkeypatch, stop_at: int) -> None:
    """Killed at its n-th sign of life, wherever that is; then the next command finishes the work."""
    monkeypatch.setattr(pages, "PAGE", 2)
    monkeypatch.setattr(pages, "STRETCH", 1)
    people = [arrive(sandbox, userid) for userid in ("lin", "wang") for _ in range(4)]
    old = cast.make_customer(Staff.objects.get(userid="lin"))
    drop(sandbox, "wang", people[-1])
    advance, calls = SyncRun.advance, iter(range(1, 1000))

    def mortal(run: SyncRun, **changes: object) -> None:
        if next(calls) == stop_at:
            raise KeyboardInterrupt
        advance(run, **changes)

    with monkeypatch.context() as patch:
        patch.setattr(SyncRun, "advance", mortal)
        with pytest.raises(KeyboardInterrupt):
            syncing.sync_corp(corp, ["customers"])
    killed = SyncRun.objects.get()
    run = sync(corp)
    assert (run.pk == killed.pk) == bool(killed.cursor)
    resumed = picture(corp)
    sync(corp)
    assert picture(corp) == resumed
    states = dict(Follow.objects.values_list("customer__external_userid", "status"))
    assert states == dict.fromkeys(people[:-1], "live") | {old.external_userid: "dropped"}
    assert digests.differences(corp) == 0


def test_a_forgotten_cursor_begins_the_group_anew(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 1)
    arrive(sandbox, "lin")
    arrive(sandbox, "lin")
    lanes = [{"group": ["lin", "wang"], "page": "no-such-cursor", "again": 0}]
    place = {"after": "wang", "lanes": lanes, "late": []}
    run = SyncRun.start(corp, "customers")
    run.advance(phase="customers", cursor=place)
    run.fail("killed")
    assert sync(corp).pk == run.pk
    assert Follow.objects.count() == 2


@pytest.mark.parametrize("cursor", [{"after": "lin"}, {"after": "lin", "lanes": 5, "late": []}, ["x"], "?"])
def test_a_cursor_of_another_make_begins_anew(sandbox: Sandbox, corp: Corp, cursor: object) -> None:
    arrive(sandbox, "lin")
    run = SyncRun.start(corp, "customers")
    run.advance(phase="customers", cursor=cursor)
    run.fail("killed by an update")
    assert sync(corp).pk == run.pk
    assert Follow.objects.count() == 1


@pytest.mark.parametrize("name", ["aaron", "michael", "zoe"])  # before, between and after the others
def test_one_who_left_is_passed_over(sandbox: Sandbox, corp: Corp, monkeypatch, name: str) -> None:
    monkeypatch.setattr(pages, "GROUPS_EACH", 1)  # all in one group
    cast.make_staff(corp, name)  # WeCom does not know him
    arrive(sandbox, "lin")
    arrive(sandbox, "wang")
    sync(corp)
    assert Follow.objects.count() == 2


def test_who_changes_while_pages_are_read_is_asked_for_again(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    """Between the page and its merge a callback brings a newer state; the page's is left out, the truth fetched."""
    external_userid = arrive(sandbox, "lin")
    fetch_unknown = pages.fetch_unknown

    def meanwhile(*args: object) -> None:
        monkeypatch.setattr(pages, "fetch_unknown", fetch_unknown)
        edit(sandbox, "lin", external_userid, remark="newer")
        converge(corp, external_userid, client_for(corp))
        edit(sandbox, "lin", external_userid, remark="newest")
        fetch_unknown(*args)

    monkeypatch.setattr(pages, "fetch_unknown", meanwhile)
    run = sync(corp)
    assert Follow.objects.get().remark == "newest"
    assert run.counts["changed"] == 1


def test_a_kill_forgets_nobody_who_was_to_be_asked_for_again(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    run = SyncRun.start(corp, "customers")
    run.advance(phase="customers", cursor={"after": "wang", "lanes": [], "late": [external_userid]})
    run.fail("killed")
    assert sync(corp).pk == run.pk
    assert Follow.objects.get().customer.external_userid == external_userid


def test_only_one_sync_of_a_kind_runs(sandbox: Sandbox, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers")
    assert sync(corp).status == SyncRun.Status.DONE  # nobody holds the lock: the process is dead
    run.refresh_from_db()
    assert run.status == SyncRun.Status.STOPPED


def test_a_page_older_than_a_callback_does_not_undo_it(corp: Corp, lin: Staff) -> None:
    asked_at = timezone.now()
    told = row("wm1", remark="new")
    bulk.merge(corp, [(told.contact, told.follow)], asked_at=asked_at + timedelta(seconds=1), touch=True)
    merged = customers_sync.merge_page(corp, [row("wm1", remark="old")], asked_at)
    assert Follow.objects.get().remark == "new"
    assert merged.outdated == ["wm1"]


def test_hostile_text_survives_as_it_is(corp: Corp) -> None:
    customers_sync.merge_page(corp, [row("wm1", name=EVIL, remark=EVIL, description=EVIL, state="s" * 99)])
    follow = Follow.objects.get()
    assert (follow.customer.name, follow.remark, follow.description) == (EVIL, EVIL, EVIL)
    assert follow.state == "s" * 64


@pytest.mark.parametrize("createtime", [0, -5, 2**62])
def test_an_impossible_time_is_no_error(corp: Corp, createtime: int) -> None:
    customers_sync.merge_page(corp, [row("wm1", createtime=createtime, add_way=2**40)])
    before = Follow.objects.get()
    assert customers_sync.merge_page(corp, [row("wm1", createtime=createtime, add_way=2**40)]).changed == 0
    assert Follow.objects.get().since == before.since


def test_the_same_row_twice_in_a_page_is_one_row(corp: Corp) -> None:
    assert customers_sync.merge_page(corp, [row("wm1"), row("wm1")]).added == 1


def test_an_answer_without_optional_fields_takes_nothing_away(corp: Corp) -> None:
    customers_sync.merge_page(corp, [row("wm1", name="有名", avatar="https://wx.qlogo.cn/1", state="door")])
    customers_sync.merge_page(corp, [row("wm1", name="", avatar="", state="")])
    follow = Follow.objects.get()
    assert (follow.customer.name, follow.customer.avatar) == ("有名", "https://wx.qlogo.cn/1")
    assert follow.state == "door"


def test_a_new_name_is_a_change(corp: Corp) -> None:
    customers_sync.merge_page(corp, [row("wm1", name="旧"), row("wm2", name="同")])
    merged = customers_sync.merge_page(corp, [row("wm1", name="新"), row("wm2", name="同")])
    assert (merged.changed, merged.unchanged) == (1, 1)
    assert merged.examples == {"changed": [{"id": "wm1", "staff": "lin", "fields": ["profile"]}]}


def test_examples_of_a_large_page_are_few(corp: Corp) -> None:
    merged = customers_sync.merge_page(corp, [row(f"wm{number}") for number in range(50)])
    assert merged.added == 50
    assert len(merged.examples["added"]) == 20


def test_staff_and_tags_without_a_row_are_left_out(corp: Corp) -> None:
    customers_sync.merge_page(corp, [row("wm1", tag_id=("et-unknown",)), row("wm2", userid="nobody")])
    assert Follow.objects.count() == 1
    assert Follow.objects.get().tags.count() == 0


def test_the_number_of_statements_does_not_depend_on_the_page(corp: Corp) -> None:
    with clock.at(clock.now()):  # which asks the database, too, once in a while
        with CaptureQueriesContext(connection) as few:
            customers_sync.merge_page(corp, [row("wm0")])
        with CaptureQueriesContext(connection) as many:
            customers_sync.merge_page(corp, [row(f"wm{number}") for number in range(200)])
    assert len(few) == len(many) < 15


def test_over_500_followers_are_read_to_the_end(sandbox: Sandbox, corp: Corp) -> None:
    sandbox.call(
        "POST",
        "corps",
        corpid=corp.corpid,
        staff=[{"userid": f"s{n}", "name": f"s{n}", "department": [2]} for n in range(501)],
    )
    sync(corp, "staff")
    external_userid = arrive(sandbox, "lin", "万人迷")
    for number in range(501):
        arrive(sandbox, f"s{number}", external_userid=external_userid)
    converged = converge(corp, external_userid, client_for(corp))
    assert converged.counts["added"] == 502
    assert Follow.objects.count() == 502


def test_one_member_of_staff_alone(sandbox: Sandbox, corp: Corp) -> None:
    mine, other = arrive(sandbox, "lin"), arrive(sandbox, "wang")
    run = syncing.sync_staff(corp, "lin")
    assert (run.status, run.subject, run.counts["added"]) == (SyncRun.Status.DONE, "lin", 1)
    assert Follow.objects.get().customer.external_userid == mine
    drop(sandbox, "lin", mine)
    assert syncing.sync_staff(corp, "lin").counts["gone"] == 1
    assert not Customer.objects.filter(external_userid=other).exists()


def test_one_member_who_left_serves_nobody(sandbox: Sandbox, corp: Corp) -> None:
    cast.make_staff(corp, "aaron")
    assert syncing.sync_staff(corp, "aaron").status == SyncRun.Status.DONE
    assert not Staff.objects.get(userid="aaron").active
