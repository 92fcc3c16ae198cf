"""Tags and remarks written here reach WeCom first; what WeCom refuses is not recorded."""

import threading

import pytest
from django.db import connections

from customers import convergence, digests, remarks, tagging
from customers.models import Event, Follow, FollowStatus
from scrm.rehearsal.sandbox import Sandbox
from staff.errors import WrongState
from staff.models import AuditEntry, Staff, User
from tags.models import Tag
from tests import cast
from tests.acts import arrive, console_tags, drop, sync
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp


@pytest.fixture
def follow(sandbox: Sandbox, corp: Corp, lin: Staff) -> Follow:
    console_tags(sandbox, "等级", "金", "银")
    arrive(sandbox, "lin", "陈晓")
    sync(corp, "tags", "customers")
    return Follow.objects.get()


def named(*names: str) -> list[Tag]:
    return list(Tag.objects.filter(name__in=names))


def names(follow: Follow) -> set[str]:
    return set(follow.tags.values_list("name", flat=True))


def at_wecom(follow: Follow) -> tuple[str, set[str]]:
    (row,) = client_for(follow.corp).customers.get(follow.customer.external_userid).follows
    return row.remark, {tag.tag_name for tag in row.tags}


def test_tags_stand_at_wecom_and_here(follow: Follow, operator: User) -> None:
    tagging.mark(follow, named("金", "银"), user=operator)
    tagging.mark(follow, [], named("银"), user=operator)
    assert names(follow) == at_wecom(follow)[1] == {"金"}
    assert digests.differences(follow.corp) == 0
    assert Event.objects.filter(kind="tagged").count() == 2
    assert AuditEntry.objects.filter(action="customer.tagged", user=operator).count() == 2


def test_a_sync_after_it_finds_nothing_new(follow: Follow, corp: Corp) -> None:
    tagging.mark(follow, named("金"))
    assert sync(corp).counts == {"added": 0, "changed": 0, "unchanged": 1}


def test_marking_twice_is_one_line(follow: Follow) -> None:
    tagging.mark(follow, named("金"))
    tagging.mark(follow, named("金"))
    assert Event.objects.filter(kind="tagged").count() == 1


@pytest.mark.parametrize("status", [FollowStatus.HALF, FollowStatus.DROPPED])
def test_without_a_friendship_there_are_no_tags(follow: Follow, status: str) -> None:
    follow.status = status
    with pytest.raises(WrongState):
        tagging.mark(follow, named("金"))
    with pytest.raises(WrongState):
        remarks.write(follow, "常客", "")


def test_what_wecom_refuses_is_not_recorded(sandbox: Sandbox, follow: Follow) -> None:
    sandbox.corp("POST", "tags/delete", id=named("金")[0].wecom_id)
    with pytest.raises(WrongState, match="40068"):
        tagging.mark(follow, named("金"))
    assert names(follow) == set()


@pytest.mark.parametrize(
    "write",
    [lambda follow: tagging.mark(follow, named("金")), lambda follow: remarks.write(follow, "张姐", "")],
    ids=["tag", "remark"],
)
def test_a_friendship_that_wecom_knows_no_more_ends_here_too(write, sandbox: Sandbox, follow: Follow) -> None:
    drop(sandbox, "lin", follow.customer.external_userid)
    with pytest.raises(WrongState, match="has ended"):
        write(follow)
    follow.refresh_from_db()
    assert (follow.status, names(follow), follow.remark) == (FollowStatus.DROPPED, set(), "陈晓")
    assert Event.objects.filter(customer=follow.customer, kind="dropped").count() == 1


def test_a_tag_that_is_gone_or_foreign_is_refused(follow: Follow) -> None:
    foreign = cast.make_tag(cast.make_corp(), "别家")
    (gone,) = named("金")
    gone.deleted_at = clock.now()
    for tag in (foreign, gone):
        with pytest.raises(WrongState):
            tagging.mark(follow, [tag])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_without_answer_is_made_again(sandbox: Sandbox, follow: Follow, when: str) -> None:
    endpoints = ["externalcontact/mark_tag", "externalcontact/remark"]
    sandbox.call(
        "POST", "faults", **{"drop-connection": {"rate": 1, "count": 1, "when": when, "endpoints": endpoints}}
    )
    tagging.mark(follow, named("金"))
    assert names(follow) == at_wecom(follow)[1] == {"金"}
    sandbox.call(
        "POST", "faults", **{"drop-connection": {"rate": 1, "count": 1, "when": when, "endpoints": endpoints}}
    )
    remarks.write(follow, "常客", "爱喝茶")
    assert at_wecom(follow)[0] == follow.remark == "常客"


def test_a_remark_stands_at_wecom_and_here(follow: Follow, operator: User) -> None:
    remarks.write(follow, "常客", "爱喝茶", operator)
    remarks.write(follow, "常客", "爱喝茶", operator)
    follow.refresh_from_db()
    assert (follow.remark, follow.description) == ("常客", "爱喝茶")
    assert at_wecom(follow)[0] == "常客"
    assert Event.objects.filter(kind="remarked").count() == 1
    assert AuditEntry.objects.filter(action="customer.remarked").count() == 1


def test_too_long_a_remark_is_refused(follow: Follow) -> None:
    with pytest.raises(WrongState, match="20"):
        remarks.write(follow, "长" * 21, "")


def test_an_answer_asked_before_a_mark_does_not_undo_it(follow: Follow, monkeypatch) -> None:
    """Between our question and our writing of its answer somebody tags the customer: WeCom is asked again."""
    fetch, marked = convergence._detail, []

    def slow(client, external_userid):
        detail = fetch(client, external_userid)
        if not marked:
            marked.append(True)
            tagging.mark(follow, named("金"))
        return detail

    monkeypatch.setattr(convergence, "_detail", slow)
    convergence.converge(follow.corp, follow.customer.external_userid, client_for(follow.corp))
    assert names(follow) == {"金"}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_on_one_follow_wait_for_each_other(sandbox: Sandbox, follow: Follow) -> None:
    """WeCom refuses parallel writes to one relation (45035); ours never meet."""
    sandbox.call("POST", "corps", corpid=follow.corp.corpid, latency=0.2)
    problems: list[BaseException] = []

    def mark(name: str) -> None:
        try:
            tagging.mark(Follow.objects.get(pk=follow.pk), named(name))
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=mark, args=(name,)) for name in ("金", "银")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert names(follow) == {"金", "银"}
    assert sandbox.corp("GET", "calls")["externalcontact/mark_tag"] == {"calls": 2, "errors": {}}
    assert digests.differences(follow.corp) == 0


def test_forgetting_deleted_tags_finds_nothing_twice(follow: Follow, corp: Corp) -> None:
    tagging.mark(follow, named("金", "银"))
    Tag.objects.filter(name="金").update(deleted_at=clock.now())
    assert (tagging.forget_deleted(), tagging.forget_deleted()) == (1, 0)
    assert names(follow) == {"银"}
    assert digests.differences(corp) == 0
