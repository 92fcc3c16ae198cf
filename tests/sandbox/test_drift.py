"""Answers that change without notice, on demand: the same each time they are asked for."""

from typing import Any

import pytest

from tests.sandbox.actors import Corp


@pytest.fixture
def drifting(corp: Corp) -> Corp:
    corp.access_token()
    for number in range(30):
        corp.add("anna", name=f"客户{number}", state="门店")
    corp.change(drift=True)
    return corp


def details(corp: Corp) -> list[dict[str, Any]]:
    idents = [row["external_userid"] for row in corp.look("customers")["customers"]]
    return [corp.get("externalcontact/get", external_userid=ident) for ident in idents]


def test_some_successes_have_no_envelope(drifting: Corp) -> None:
    answers = details(drifting)
    bare = [answer for answer in answers if "errcode" not in answer]
    assert 0 < len(bare) < len(answers)
    assert all("errmsg" not in answer for answer in bare)
    assert all(answer["external_contact"]["external_userid"] for answer in answers)


def test_errors_always_have_theirs(drifting: Corp) -> None:
    codes = {drifting.get("externalcontact/get", external_userid=f"wmnobody{n}")["errcode"] for n in range(20)}
    assert codes == {40096}


def test_integers_come_now_as_such_and_now_as_strings(drifting: Corp) -> None:
    times = [answer["follow_user"][0]["createtime"] for answer in details(drifting)]
    assert {type(time) for time in times} == {int, str}
    assert all(int(time) > 10**9 for time in times)


def test_optional_fields_are_missing_now_and_then_and_required_ones_never(drifting: Corp) -> None:
    follows = [answer["follow_user"][0] for answer in details(drifting)]
    with_state = [follow for follow in follows if "state" in follow]
    assert 0 < len(with_state) < len(follows)
    assert all({"userid", "remark", "createtime"} <= set(follow) for follow in follows)


def test_every_object_has_an_unknown_field(drifting: Corp) -> None:
    answer = drifting.get("department/list")
    assert all("new_field_of_2031" in part for part in (answer, *answer["department"]))


def test_the_end_of_pages_is_absent_or_empty(drifting: Corp) -> None:
    assert {answer.get("next_cursor") for answer in details(drifting)} == {None, ""}


def test_the_same_question_drifts_in_the_same_way(drifting: Corp) -> None:
    assert details(drifting) == details(drifting)


def test_pages_may_be_shorter_than_asked_and_are_complete_all_the_same(corp: Corp) -> None:
    friends = [corp.add("anna") for _ in range(25)]
    corp.change(short_pages=True)
    sizes, seen, cursor = [], [], ""
    while True:
        body = {"userid_list": ["anna"], "limit": 10, "cursor": cursor}
        answer = corp.post("externalcontact/batch/get_by_user", body)
        rows = [row["external_contact"]["external_userid"] for row in answer["external_contact_list"]]
        sizes.append(len(rows))
        seen += rows
        cursor = answer.get("next_cursor", "")
        if not cursor:
            break
    assert seen == friends
    assert max(sizes) <= 10
    assert any(size < 10 for size in sizes[:-1])


def test_a_limit_that_is_refused_stays_refused_with_short_pages(corp: Corp) -> None:
    corp.change(short_pages=True)
    assert corp.post("externalcontact/groupchat/list", limit=1001)["errcode"] == 40058
    assert corp.post("externalcontact/batch/get_by_user", userid_list=["anna"], limit="9")["errcode"] == 40058
