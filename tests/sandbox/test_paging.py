"""Pages: opaque cursors, short pages, an absent next_cursor at the end."""

import json
from collections.abc import Callable

import pytest

from tests.sandbox.actors import Corp
from wecom.sandbox import corps
from wecom.sandbox.relations import Person
from wecom.sandbox.scans import Scan, scan
from wecom.sandbox.server import Server


def pages(corp: Corp, users: list[str], limit: int) -> list[dict[str, object]]:
    answers, cursor = [], ""
    while True:
        answer = corp.post("externalcontact/batch/get_by_user", userid_list=users, limit=limit, cursor=cursor)
        assert answer["errcode"] == 0
        answers.append(answer)
        cursor = answer.get("next_cursor", "")
        if not cursor:
            return answers


def idents(answers: list[dict[str, object]]) -> list[str]:
    return [
        row["external_contact"]["external_userid"] for answer in answers for row in answer["external_contact_list"]
    ]


def test_batch_gives_everybody_once_in_short_pages(corp: Corp) -> None:
    friends = [corp.add("anna") for _ in range(5)]
    hidden = [corp.add("anna", half=True) for _ in range(2)]
    friends += [corp.add("bert") for _ in range(3)]
    answers = pages(corp, ["anna", "BERT"], 3)
    assert sorted(idents(answers)) == sorted(friends)
    assert not set(hidden) & set(idents(answers))
    assert min(len(answer["external_contact_list"]) for answer in answers[:-1]) < 3  # short, and not the end
    assert "next_cursor" not in answers[-1]


def test_batch_limits(corp: Corp) -> None:
    for _ in range(101):
        corp.add("anna")
    assert len(pages(corp, ["anna"], 1000)[0]["external_contact_list"]) == 100
    assert len(pages(corp, ["anna"], 0)[0]["external_contact_list"]) == 50


def test_a_cursor_is_opaque_and_belongs_to_its_question(corp: Corp) -> None:
    for _ in range(3):
        corp.add("anna")
    cursor = corp.post("externalcontact/batch/get_by_user", userid_list=["anna"], limit=1)["next_cursor"]
    other = corp.post("externalcontact/batch/get_by_user", userid_list=["anna", "bert"], limit=1, cursor=cursor)
    assert other["errcode"] == 50100


@pytest.mark.parametrize("cursor", ["x", "MQ", "====", "游标", "MS4x"])
def test_a_bad_cursor_is_50100(corp: Corp, cursor: str) -> None:
    answer = corp.post("externalcontact/batch/get_by_user", userid_list=["anna"], cursor=cursor)
    assert answer["errcode"] == 50100


def test_a_bad_cursor_of_the_address_book_is_60268(corp: Corp) -> None:
    helper = corp.app(kind="contact-sync")
    assert helper.post("user/list_id", cursor="x")["errcode"] == 60268


def test_more_than_500_followers_come_in_pages(server: Server, make_corp: Callable[..., Corp]) -> None:
    crowd = [{"userid": f"u{number}", "name": f"员工{number}", "department": [1]} for number in range(501)]
    corp = make_corp(staff=crowd)
    customer = corp.add("u0")
    with server.world.store.transaction() as db:
        for number in range(1, 501):
            wanted, person = Scan(userid=f"u{number}"), Person(external_userid=customer)
            scan(server.world.store, db, corps.find(db, corp.corpid), wanted, person, server.world.clock.now())
    first = corp.get("externalcontact/get", external_userid=customer)
    assert len(first["follow_user"]) == 500
    second = corp.get("externalcontact/get", external_userid=customer, cursor=first["next_cursor"])
    assert [row["userid"] for row in second["follow_user"]] == ["u500"]
    assert "next_cursor" not in second
    assert corp.get("externalcontact/get", external_userid=customer, cursor="x")["errcode"] == 50100


def test_mass_send_results_and_tasks_come_in_pages(corp: Corp) -> None:
    customers = [corp.add("anna") for _ in range(5)]
    msgid = corp.mass(*customers)["msgid"]
    seen, cursor = [], ""
    while True:
        body = {"msgid": msgid, "userid": "anna", "limit": 2, "cursor": cursor}
        answer = corp.post("externalcontact/get_groupmsg_send_result", body)
        seen += [row["external_userid"] for row in answer["send_list"]]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert seen == sorted(seen, key=customers.index)
    assert len(seen) == 5
    tasks = corp.post("externalcontact/get_groupmsg_task", msgid=msgid)
    assert len(tasks["task_list"]) == 1
    assert "next_cursor" not in tasks
    assert corp.post("externalcontact/get_groupmsg_task", msgid=msgid, limit=1001)["errcode"] == 40058


def test_contact_ways_come_in_pages(corp: Corp) -> None:
    body = {"type": 1, "scene": 2, "user": ["anna"]}
    made = [corp.post("externalcontact/add_contact_way", body)["config_id"] for _ in range(3)]
    first = corp.post("externalcontact/list_contact_way", limit=2)
    second = corp.post("externalcontact/list_contact_way", limit=2, cursor=first["next_cursor"])
    assert [row["config_id"] for row in first["contact_way"] + second["contact_way"]] == made
    assert "next_cursor" not in json.loads(json.dumps(second))
