"""The command that does one turn without Celery."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from campaigns import tasks
from campaigns.models import Delivery, Enrollment
from staff.models import Staff
from tests import cast
from tests.campaigns.conftest import NOON, Time, befriend, call, make_campaign, statuses
from wecom import clock
from wecom.models import Corp


def tick(*args: str) -> str:
    out = StringIO()
    call_command("tick", *args, stdout=out)
    return out.getvalue().strip()


def test_it_says_what_it_did(corp: Corp, lin: Staff) -> None:
    befriend(lin)
    make_campaign(corp, call())
    assert tick("--at", "2027-03-01T12:00:00+08:00") == "enrolled 1, tasks 1"
    assert tick("--at", "2027-03-01T12:00:00+08:00") == "nothing to do"


def test_it_does_as_if_it_were_another_moment(corp: Corp, lin: Staff) -> None:
    befriend(lin)
    with clock.at(NOON):
        campaign = make_campaign(corp, call(), call(after={"days": 1}, at="10:00"))
    tick("--at", "2027-03-01T12:01:00+08:00")
    assert statuses(campaign) == {"handed": 1}
    tick("--at", "2027-03-02T09:59:00+08:00")
    assert statuses(campaign) == {"handed": 1}
    tick("--at", "2027-03-02T10:00:00+08:00")
    assert statuses(campaign) == {"handed": 2}


def test_one_corp_only(corp: Corp, lin: Staff, time: Time) -> None:
    other = cast.make_corp()
    for staff in (lin, cast.make_staff(other, "zhao")):
        befriend(staff)
        make_campaign(staff.corp, call())
    tick("--corp", other.corpid, "--at", "2027-03-01T12:01:00+08:00")
    assert Enrollment.objects.get().corp == other


def test_json(corp: Corp, lin: Staff) -> None:
    befriend(lin)
    make_campaign(corp, call())
    line = json.loads(tick("--json", "--at", "2027-03-01T12:00:00+08:00"))
    assert (line["did"], line["enrolled"], line["events"]) == (2, 1, 0)
    assert line["began"] <= line["ended"]


@pytest.mark.parametrize(("option", "value"), [("--at", "tomorrow"), ("--corp", "ww-nobody")])
def test_a_wrong_option_is_a_sentence(corp: Corp, option: str, value: str) -> None:
    with pytest.raises(CommandError):
        tick(option, value)


def test_the_celery_task_is_the_same_turn(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    make_campaign(corp, call())
    tasks.turn()
    tasks.turn(corp.pk)
    assert Delivery.objects.get().status == "handed"
