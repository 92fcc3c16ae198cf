"""Events about customers: handlers ask WeCom and converge, in whatever order and however often they are told."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from customers import callbacks, contact_ways, digests, endings
from customers.models import Customer, EndedBy, Event, Follow, FollowStatus
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tags.models import Tag
from tests import cast
from tests.acts import arrive, console_tags, drop, edit, event, leave, sync
from wecom import clock, inbox
from wecom.errors import WeComError
from wecom.models import Corp, InboxEvent

pytestmark = pytest.mark.usefixtures("lin", "wang")


def kinds() -> list[str]:
    return sorted(Event.objects.values_list("kind", flat=True))


def test_an_added_customer_stands_with_all_that_wecom_knows(sandbox: Sandbox, corp: Corp) -> None:
    (tag,) = console_tags(sandbox, "等级", "金")
    external_userid = arrive(sandbox, "lin", "陈晓", state="door")
    edit(sandbox, "lin", external_userid, remark="门口的陈", add_tag=[tag])
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    follow = Follow.objects.get()
    assert (follow.customer.name, follow.remark, follow.state) == ("陈晓", "门口的陈", "door")
    assert [tag.name for tag in follow.tags.all()] == ["金"]  # a tag that we had not heard of
    assert follow.status == FollowStatus.LIVE
    assert kinds() == ["added"]
    assert digests.differences(corp) == 0


def test_the_same_event_twice_and_a_sync_make_one_line(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    for _ in range(2):
        callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    sync(corp)
    assert kinds() == ["added"]
    assert Follow.objects.count() == 1


def test_a_half_added_contact_waits_and_is_confirmed(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin", half=True, state="door")
    callbacks.half_added(event(corp, "add_half_external_contact", "lin", external_userid, State="door"))
    follow = Follow.objects.get()
    assert (follow.status, follow.state) == (FollowStatus.HALF, "door")
    assert follow.customer.digest.lost  # nobody may be sent anything yet
    sandbox.corp("POST", f"customers/{external_userid}/confirm_half", userid="lin")
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid, State="door"))
    follow.refresh_from_db()
    assert follow.status == FollowStatus.LIVE
    assert kinds() == ["added", "half"]


def test_staff_hired_since_the_last_sync_are_fetched(sandbox: Sandbox, corp: Corp) -> None:
    hired = [{"userid": "zhao", "name": "赵敏", "department": [3]}]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=hired)
    external_userid = arrive(sandbox, "zhao")
    callbacks.contact_added(event(corp, "add_external_contact", "zhao", external_userid))
    assert Follow.objects.get().staff.name == "赵敏"


def test_an_edit_brings_remark_and_tags(sandbox: Sandbox, corp: Corp) -> None:
    gold, silver = console_tags(sandbox, "等级", "金", "银")
    external_userid = arrive(sandbox, "lin")
    edit(sandbox, "lin", external_userid, add_tag=[gold])
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    edit(sandbox, "lin", external_userid, remark="常客", add_tag=[silver], remove_tag=[gold])
    callbacks.contact_edited(event(corp, "edit_external_contact", "lin", external_userid))
    follow = Follow.objects.get()
    assert (follow.remark, [tag.name for tag in follow.tags.all()]) == ("常客", ["银"])
    assert Event.objects.get(kind="tagged").detail == {"added": ["银"], "removed": ["金"]}
    assert digests.differences(corp) == 0


def test_a_customer_who_deletes_the_staff_is_lost(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    sandbox.advance(60)
    leave(sandbox, "lin", external_userid)
    callbacks.contact_lost(event(corp, "del_follow_user", "lin", external_userid, sandbox.now()))
    callbacks.contact_edited(event(corp, "edit_external_contact", "lin", external_userid))  # still readable
    follow = Follow.objects.get()
    assert (follow.status, follow.ended_by) == (FollowStatus.LOST, EndedBy.CUSTOMER)
    assert follow.customer.digest.lost
    assert kinds() == ["added", "lost"]


@pytest.mark.parametrize(("source", "by"), [("", EndedBy.STAFF), ("DELETE_BY_TRANSFER", EndedBy.TRANSFER)])
def test_a_customer_whom_the_staff_deletes_is_dropped(sandbox: Sandbox, corp: Corp, source: str, by: str) -> None:
    external_userid = arrive(sandbox, "lin")
    arrive(sandbox, "wang", external_userid=external_userid)
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    sandbox.advance(60)
    drop(sandbox, "lin", external_userid)
    at = sandbox.now()
    callbacks.contact_dropped(event(corp, "del_external_contact", "lin", external_userid, at, Source=source))
    dropped = Follow.objects.get(staff__userid="lin")
    assert (dropped.status, dropped.ended_by) == (FollowStatus.DROPPED, by)
    assert dropped.ended_at == at.replace(microsecond=0)
    assert not dropped.customer.digest.lost  # Wang still serves him
    assert kinds() == ["added", "added", "dropped"]


def life(sandbox: Sandbox) -> tuple[str, list[tuple[Callable, str, object]]]:
    """Added, left, came back, was deleted by the staff: what happened, and the events of it in their order."""
    external_userid, told = arrive(sandbox, "lin"), []

    def tell(handler: Callable, change: str) -> None:
        told.append((handler, change, sandbox.now()))
        sandbox.advance(60)

    tell(callbacks.contact_added, "add_external_contact")
    leave(sandbox, "lin", external_userid)
    tell(callbacks.contact_lost, "del_follow_user")
    arrive(sandbox, "lin", external_userid=external_userid)
    tell(callbacks.contact_added, "add_external_contact")
    return external_userid, told


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_events_does_not_matter(sandbox: Sandbox, corp: Corp, order: tuple[int, ...]) -> None:
    external_userid, told = life(sandbox)
    for number in (*order, *order):  # each of them twice
        handler, change, at = told[number]
        handler(event(corp, change, "lin", external_userid, at))
    follow = Follow.objects.get()
    assert (follow.status, follow.ended_at) == (FollowStatus.LIVE, None)
    assert not follow.customer.digest.lost


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_the_earlier_end_is_the_end(sandbox: Sandbox, corp: Corp, order: tuple[int, ...]) -> None:
    external_userid = arrive(sandbox, "lin")
    callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid))
    sandbox.advance(60)
    leave(sandbox, "lin", external_userid)
    left = (callbacks.contact_lost, event(corp, "del_follow_user", "lin", external_userid, sandbox.now()))
    sandbox.advance(60)
    drop(sandbox, "lin", external_userid)
    dropped = (callbacks.contact_dropped, event(corp, "del_external_contact", "lin", external_userid, sandbox.now()))
    for number in order:
        handler, told = (left, dropped)[number]
        handler(told)
    follow = Follow.objects.get()
    assert (follow.status, follow.ended_at) == (FollowStatus.LOST, left[1].created_at_wecom)


def test_an_add_event_of_someone_gone_already_ends_as_dropped(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    at = sandbox.now()
    sandbox.advance(5)
    drop(sandbox, "lin", external_userid)
    told = event(corp, "add_external_contact", "lin", external_userid, at)
    with pytest.raises(callbacks.NotShownYet):
        callbacks.contact_added(told)
    assert Follow.objects.get().status == FollowStatus.HALF
    told.attempts = 2
    callbacks.contact_added(told)
    assert Follow.objects.get().status == FollowStatus.DROPPED


def test_an_event_about_staff_outside_the_range_is_no_error(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    callbacks.contact_added(event(corp, "add_external_contact", "stranger", external_userid))
    callbacks.contact_lost(event(corp, "del_follow_user", "stranger", "wm-nobody"))
    callbacks.contact_dropped(event(corp, "del_external_contact", "stranger", "wm-nobody"))
    callbacks.transfer_failed(event(corp, "transfer_fail", "lin", "wm-nobody", FailReason="customer_refused"))
    assert Event.objects.count() == 0


def test_a_failed_transfer_is_a_line_of_the_timeline(sandbox: Sandbox, corp: Corp) -> None:
    external_userid = arrive(sandbox, "lin")
    for _ in range(2):
        at = clock.now().replace(microsecond=0)
        told = event(corp, "transfer_fail", "wang", external_userid, at, FailReason="customer_refused")
    callbacks.transfer_failed(told)
    callbacks.transfer_failed(told)
    line = Event.objects.get(kind="transfer_failed")
    assert (line.detail["reason"], line.staff.userid) == ("customer_refused", "wang")


def test_a_deleted_tag_leaves_its_customers(sandbox: Sandbox, corp: Corp) -> None:
    gold, silver = console_tags(sandbox, "等级", "金", "银")
    external_userid = arrive(sandbox, "lin")
    edit(sandbox, "lin", external_userid, add_tag=[gold, silver])
    sync(corp, "tags", "customers")
    sandbox.corp("POST", "tags/delete", id=gold)
    told = InboxEvent(
        corp=corp, event="change_external_tag", change_type="delete", payload={"Id": gold, "TagType": "tag"}
    )
    for handler in inbox.handlers_of(told):
        handler(told)
    assert [tag.name for tag in Follow.objects.get().tags.all()] == ["银"]
    assert len(Customer.objects.get().digest.tag_ids) == 1
    assert digests.differences(corp) == 0


def test_losing_twice_is_one_loss(lin: Staff) -> None:
    follow = cast.make_customer(lin).follows.get()
    at = follow.since + timedelta(hours=1)
    assert endings.lost([follow.pk], at) == 1
    assert endings.lost([follow.pk], at + timedelta(hours=1)) == 0
    assert Event.objects.filter(kind="lost").count() == 1
    assert endings.lost([follow.pk], follow.since - timedelta(hours=1)) == 0


# ---- the contact way's tags --------------------------------------------------------------------------------------
@pytest.fixture
def way(sandbox: Sandbox, corp: Corp, lin: Staff):
    console_tags(sandbox, "来源", "门店")
    sync(corp, "tags")
    return contact_ways.create(corp, name="门口", staff=[lin], tags=list(corp.tags.all()))


def marks(sandbox: Sandbox, external_userid: str) -> list[str]:
    (follow,) = sandbox.corp("GET", f"customers/{external_userid}")["follows"]
    return list(Tag.objects.filter(wecom_id__in=follow["tags"]).values_list("name", flat=True))


def test_a_contact_way_marks_those_who_come(sandbox: Sandbox, corp: Corp, way) -> None:
    external_userid = sandbox.corp("POST", "scan", config_id=way.config_id)["external_userid"]
    told = event(corp, "add_external_contact", "lin", external_userid, State=way.state)
    callbacks.contact_added(told)
    assert marks(sandbox, external_userid) == ["门店"]
    follow = Follow.objects.get()
    assert [tag.name for tag in follow.tags.all()] == ["门店"]
    assert not follow.owes_channel_tags
    edit(sandbox, "lin", external_userid, remove_tag=[corp.tags.get().wecom_id])
    callbacks.contact_edited(event(corp, "edit_external_contact", "lin", external_userid))
    callbacks.contact_added(told)  # a replay does not put back what staff took off
    assert marks(sandbox, external_userid) == []


def test_a_lost_add_event_costs_no_channel_tag(sandbox: Sandbox, corp: Corp, way) -> None:
    external_userid = sandbox.corp("POST", "scan", config_id=way.config_id)["external_userid"]
    sync(corp)
    assert marks(sandbox, external_userid) == ["门店"]
    assert way.__class__.objects.with_arrivals().get().arrivals == 1


def test_tags_that_could_not_be_written_are_owed(sandbox: Sandbox, corp: Corp, way) -> None:
    external_userid = sandbox.corp("POST", "scan", config_id=way.config_id)["external_userid"]
    busy = {"rate": 1, "count": 3, "endpoints": ["externalcontact/mark_tag"]}
    sandbox.call("POST", "faults", busy=busy)
    with pytest.raises(WeComError):
        callbacks.contact_added(event(corp, "add_external_contact", "lin", external_userid, State=way.state))
    assert Follow.objects.get().owes_channel_tags
    assert contact_ways.settle(corp) == 1
    assert marks(sandbox, external_userid) == ["门店"]
