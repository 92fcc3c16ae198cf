"""Reports and stories: numbers that equal the rows, scoped to the asker, in a constant number of queries."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaigns import definitions, engine, reasons, reports
from campaigns.models import Delivery
from staff.models import Staff, User
from tests.campaigns.conftest import NOON, Play, Time, befriend, call, lose, make_campaign, only, step
from wecom.models import Corp


def test_numbers_equal_rows(corp: Corp, lin: Staff, wang: Staff, time: Time, admin: User, lin_user: User) -> None:
    for staff in (lin, lin, wang):
        befriend(staff)
    gone = befriend(wang)
    campaign = make_campaign(corp, call(), call(after={"hours": 1}, title="zwei"))
    engine.turn(corp.pk)
    lose(gone)
    time.on(hours=1)
    engine.turn(corp.pk)
    report = reports.report(campaign, admin)
    assert (report.enrolled, report.enrollments) == (4, {"ended": 1, "finished": 3})
    assert report.deliveries == {"handed": 7}
    assert [(each.step, each.title, each.deliveries) for each in report.steps] == [
        (1, "电话回访", {"handed": 4}),
        (2, "zwei", {"handed": 3}),
    ]
    assert {each.staff: each.deliveries for each in report.staff} == {"lin": {"handed": 4}, "wang": {"handed": 3}}
    mine = reports.report(campaign, lin_user)
    assert (mine.enrolled, mine.deliveries) == (2, {"handed": 4})
    assert [each.staff for each in mine.staff] == ["lin"]
    assert json.loads(json.dumps(asdict(report)))["enrolled"] == 4


def test_reasons_are_counted_per_step(corp: Corp, lin: Staff, time: Time, admin: User) -> None:
    time.at(NOON.replace(hour=22))
    befriend(lin)
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    [row] = reports.report(campaign, admin).steps[0].reasons
    assert (row.status, row.reason, row.number) == ("held", "quiet_hours", 2)


def test_the_number_of_queries_is_constant(corp: Corp, lin: Staff, wang: Staff, time: Time, admin: User) -> None:
    def queries(customers: int, steps: int) -> int:
        for n in range(customers):
            befriend((lin, wang)[n % 2])
        campaign = make_campaign(corp, *(call() for _ in range(steps)))
        engine.turn(corp.pk)
        with CaptureQueriesContext(connection) as captured:
            reports.report(campaign, admin)
        return len(captured)

    assert queries(1, 1) == queries(20, 6) <= 5


def test_a_story_is_told_in_order(play: Play) -> None:
    play.befriend()
    campaign = make_campaign(play.corp)
    play.turn()
    play.on(hours=5)
    play.turn()
    play.on(minutes=10)
    play.confirm(only(campaign).batch.msgid)
    play.on(hours=1)
    play.turn()
    with translation.override("en"):
        lines = reports.story(only(campaign))
    assert [line.status for line in lines] == ["active", "planned", "handed", "handed", "done", "sent"]
    assert lines == sorted(lines, key=lambda line: line.at)
    assert "林小雨 was reminded." in [line.text for line in lines]


def test_a_story_of_what_did_not_happen_says_why(corp: Corp, lin: Staff, time: Time) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call(after={"hours": 1}))
    engine.turn(corp.pk)
    time.on(hours=22)
    engine.turn(corp.pk)
    with translation.override("en"):
        assert reports.story(only(campaign))[-1].text == "Found 1260 minutes too late; at most 720 are allowed."


def test_a_moment_in_a_reason_is_shown_in_the_zone_of_the_corp(corp: Corp, lin: Staff, time: Time) -> None:
    time.at(NOON.replace(hour=22))
    befriend(lin)
    campaign = make_campaign(corp)
    engine.turn(corp.pk)
    with translation.override("en"):
        told = [line.text for line in reports.story(only(campaign))]
    assert any("03/02/2027 9 a.m." in text for text in told)


def test_a_staff_members_words_are_not_read_as_a_format(corp: Corp, lin: Staff, time: Time, lin_user: User) -> None:
    befriend(lin)
    campaign = make_campaign(corp, call())
    engine.turn(corp.pk)
    Delivery.objects.get().task.skip(lin_user, "100 %(x)s %d")
    assert "100 %(x)s %d" in reports.story(only(campaign))[-1].text


def test_every_reason_that_the_engine_writes_is_explained() -> None:
    code = "".join(path.read_text() for path in Path(engine.__file__).parent.glob("*.py"))
    written = set(re.findall(r"(?:reason = |THEN |reason=)[\"']([a-z_]+)[\"']", code))
    known = {*reasons.REASONS, "quiet_hours"}
    states = {"handed", "ready", "held", "skipped", "sent", "unreachable", "capped", "ended", "finished", "active"}
    assert written - states - {"cancelled", "message", "task"} <= known
    assert set(reasons.REASONS) == set(reasons.SHORT)


@pytest.mark.parametrize("code", sorted(reasons.REASONS))
def test_a_reason_without_its_values_is_still_a_sentence(code: str) -> None:
    assert "%(" not in reasons.explain(code, {}, ZoneInfo("Asia/Shanghai"))


def test_steps_of_every_published_version_are_shown(corp: Corp, lin: Staff, time: Time, admin: User) -> None:
    campaign = make_campaign(corp, call())
    definitions.save(corp, {"name": "n", "steps": [call(), step(after={"hours": 1})]}, campaign=campaign)
    assert [(row.version, row.step) for row in reports.report(campaign, admin).steps] == [(1, 1)]
    campaign.publish()
    assert [(row.version, row.step) for row in reports.report(campaign, admin).steps] == [(1, 1), (2, 1), (2, 2)]
