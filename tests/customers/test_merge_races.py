"""Several workers write the same customers at once: nobody waits for ever, nothing is half there."""

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connections

from customers import bulk, digests, endings, tagging
from customers.models import Customer, Event, Follow
from customers.tasks import sweep
from staff.models import Staff
from tests import cast
from wecom import clock
from wecom.models import Corp
from wecom.payloads import ExternalContact, FollowInfo

PEOPLE = [f"wm{number:03d}" for number in range(30)]


def at_once(*jobs: Callable[[], None]) -> list[BaseException]:
    problems: list[BaseException] = []

    def work(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def told(people: list[str], tags: list[str], remark: str) -> list[tuple[ExternalContact, FollowInfo]]:
    return [
        (
            ExternalContact(external_userid, name=f"客户{external_userid}", type=1),
            FollowInfo("lin", remark=remark, createtime=1_700_000_000, tag_id=tuple(tags)),
        )
        for external_userid in people
    ]


@pytest.mark.django_db(transaction=True)
def test_merges_in_any_order_do_not_block_each_other(corp: Corp, lin: Staff) -> None:
    tags = [cast.make_tag(corp, name).wecom_id for name in ("金", "银", "铜")]

    def worker(seed: int) -> Callable[[], None]:
        def merge() -> None:
            dice = random.Random(seed)
            for turn in range(6):
                people = dice.sample(PEOPLE, 20)
                rows = told(people, dice.sample(tags, 2), f"{seed}/{turn}")
                bulk.merge(corp, rows, asked_at=clock.now(), touch=dice.random() < 0.5)
                ids = list(Follow.objects.values_list("pk", flat=True))
                endings.lost(dice.sample(ids, 3), clock.now())

        return merge

    assert at_once(*(worker(seed) for seed in range(4))) == []
    assert Customer.objects.count() == Follow.objects.count() == len(PEOPLE)
    assert Event.objects.filter(kind="added").count() == len(PEOPLE)
    assert digests.differences(corp) == 0


@pytest.mark.django_db(transaction=True)
def test_a_mark_and_a_merge_leave_one_truth(corp: Corp, lin: Staff) -> None:
    gold = cast.make_tag(corp, "金")
    bulk.merge(corp, told(PEOPLE, [], ""), asked_at=clock.now())
    follows = list(Follow.objects.select_related("customer"))

    def mark() -> None:
        for follow in follows:
            tagging.record(follow, [gold], [])

    def merge() -> None:
        for turn in range(5):
            bulk.merge(corp, told(PEOPLE, [gold.wecom_id], str(turn)), asked_at=clock.now())

    assert at_once(mark, merge) == []
    assert digests.differences(corp) == 0


def test_the_sweep_takes_deleted_tags_off(corp: Corp, lin: Staff) -> None:
    gold = cast.make_tag(corp, "金")
    bulk.merge(corp, told(PEOPLE[:2], [gold.wecom_id], ""), asked_at=clock.now())
    gold.deleted_at = clock.now()
    gold.save()
    sweep()
    assert not Follow.objects.filter(tags=gold).exists()
    assert digests.differences(corp) == 0
