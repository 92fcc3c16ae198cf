"""Departments and staff come from WeCom; those who left stay as rows, inactive."""

import pytest

from scrm.rehearsal.sandbox import Sandbox
from staff import sync as staff_sync
from staff.models import Department, Staff
from staff.sync import path_of
from tests import cast
from tests.acts import sync
from wecom.client import client_for
from wecom.models import Corp
from wecom.payloads import Department as Told


def test_the_tree_and_its_people_appear(sandbox: Sandbox, corp: Corp) -> None:
    run = sync(corp, "staff")
    shop = Department.objects.of(corp).get(name="一店")
    assert shop.path == [1, 2]
    lin = Staff.objects.of(corp).get(userid="lin")
    assert (lin.name, lin.department_ids, lin.active, lin.serves_customers) == ("林小雨", [2], True, True)
    assert [*Staff.objects.in_departments(corp, [1])] == [*Staff.objects.of(corp)]
    assert run.counts["added"] == Department.objects.count() + Staff.objects.count()


def test_a_second_sync_changes_nothing(sandbox: Sandbox, corp: Corp) -> None:
    sync(corp, "staff")
    before = list(Staff.objects.values_list("synced_at", flat=True))
    run = sync(corp, "staff")
    assert (run.counts["added"], run.counts["changed"], run.counts["gone"]) == (0, 0, 0)
    assert list(Staff.objects.values_list("synced_at", flat=True)) == before


def test_one_who_left_is_inactive_and_can_come_back(sandbox: Sandbox, corp: Corp) -> None:
    sync(corp, "staff")
    sandbox.corp("POST", "staff/lin/leave")
    sync(corp, "staff")
    lin = Staff.objects.get(userid="lin")
    assert (lin.active, lin.serves_customers) == (False, False)
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=[{"userid": "lin", "name": "林小雨", "department": [3]}])
    sync(corp, "staff")
    lin.refresh_from_db()
    assert (lin.active, lin.department_ids) == (True, [3])


def test_departments_that_are_gone_are_deleted(corp: Corp) -> None:
    cast.make_department(corp, "旧店", 9)
    told = [Told(1, "总部"), Told(2, "一店", parentid=1)]
    counts = staff_sync.merge_departments(corp, told)
    assert counts.pop("examples") == {
        "added": [{"id": "1", "what": "department"}, {"id": "2", "what": "department"}],
        "changed": [],
        "gone": [{"id": "9", "what": "department"}],
    }
    assert counts == {"added": 2, "changed": 0, "unchanged": 0, "gone": 1}


def test_a_new_parent_moves_the_whole_branch(corp: Corp) -> None:
    staff_sync.merge_departments(corp, [Told(1), Told(2, parentid=1), Told(3, parentid=2), Told(4, parentid=1)])
    staff_sync.merge_departments(corp, [Told(1), Told(2, parentid=4), Told(3, parentid=2), Told(4, parentid=1)])
    assert Department.objects.get(wecom_id=3).path == [1, 4, 2, 3]


@pytest.mark.parametrize(
    ("department", "parents", "path"),
    [
        (2, {1: 0, 2: 1}, [1, 2]),
        (5, {5: 77}, [5]),  # the parent is outside the app's range
        (1, {1: 2, 2: 1}, [2, 1]),  # a loop
        (1, {1: 1}, [1]),
    ],
)
def test_paths(department: int, parents: dict[int, int], path: list[int]) -> None:
    assert path_of(department, parents) == path


def test_those_unknown_are_fetched_by_name(sandbox: Sandbox, corp: Corp) -> None:
    staff_sync.ensure(corp, ["LIN", "nobody"], client_for(corp))
    assert list(Staff.objects.values_list("userid", flat=True)) == ["lin"]
    calls = sandbox.corp("GET", "calls")
    staff_sync.ensure(corp, ["lin"], client_for(corp))
    assert sandbox.corp("GET", "calls") == calls
