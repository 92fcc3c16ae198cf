"""The page of the API journal, and the chart and filters of the inbox."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from staff.models import AuditEntry, User
from tests import cast
from tests.pages.counting import queries
from tests.pages.test_system import callback
from wecom import clock, journal, limits
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, EndpointHour, ErrorReply, InboxEvent

GET = "externalcontact/get"
HINTED = "no right, hint: [1700000000123456], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com"


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


def answered(corp: Corp, endpoint: str = GET, *, hours: int = 0) -> None:
    hour = (clock.now() - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    row, _created = EndpointHour.objects.get_or_create(corp=corp, endpoint=endpoint, hour=hour)
    row.latency = [0, 3, 1]
    row.save()


def refused(corp: Corp, endpoint: str = GET, code: int | None = 84061, errmsg: str = HINTED) -> None:
    limits.take(corp, endpoint)
    journal.failed(corp, WeComError(code, errmsg, ErrorKind.GONE, endpoint))


def page(desk: Client, **query: str) -> str:
    answer = desk.get(reverse("system_journal"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_journal_shows_calls_latency_errors_use_and_rest(desk: Client, corp: Corp) -> None:
    answered(corp)
    refused(corp)
    limits.rest(corp, GET)
    html = page(desk)
    for text in (GET, "84061</a>×1", "1 / 150,000", "resting", "1700000000123456", "203.0.113.7", "no right", "ms"):
        assert text in html
    assert "more info" not in html


def test_the_span_and_the_filters_narrow_what_is_shown(desk: Client, corp: Corp) -> None:
    answered(corp, "user/get", hours=30)
    answered(corp, "user/list", hours=3)

    def shown(**query: str) -> list[str]:
        rows = desk.get(reverse("system_journal"), query).context["endpoints"]
        return [row.endpoint for row in rows]

    assert shown() == ["user/list"]
    assert shown(hours="1") == []
    assert shown(hours="168") == ["user/get", "user/list"]
    assert shown(hours="168", q="LIST") == ["user/list"]


def test_replies_are_filtered_by_endpoint_and_code(desk: Client, corp: Corp) -> None:
    refused(corp, "user/get", 60111)
    refused(corp, "user/list", 60011)

    def shown(**query: str) -> list[str]:
        return [row.endpoint for row in desk.get(reverse("system_journal"), query).context["page"].rows]

    assert shown() == ["user/list", "user/get"]
    assert shown(errcode="60011") == shown(q="list") == ["user/list"]
    assert shown(q="get", errcode="60011") == []


@pytest.mark.parametrize("query", [{"hours": "2"}, {"errcode": "x"}, {"errcode": "9" * 30}])
def test_what_cannot_be_understood_is_400(desk: Client, corp: Corp, query: dict[str, str]) -> None:
    refused(corp)
    answer = desk.get(reverse("system_journal"), query)
    assert answer.status_code == 400
    assert (answer.context["endpoints"], answer.context["page"].rows) == ([], [])


def test_another_corp_s_calls_are_not_shown(desk: Client, corp: Corp) -> None:
    foreign = cast.make_corp()
    answered(foreign)
    refused(foreign, "user/get")
    html = page(desk)
    assert GET not in html
    assert "user/get" not in html


def test_the_journal_takes_as_many_queries_however_much_it_shows(desk: Client, corp: Corp) -> None:
    answered(corp)
    refused(corp)
    few = queries(desk, reverse("system_journal"))
    for number in range(20):
        answered(corp, f"endpoint/{number}")
        refused(corp, f"endpoint/{number}")
    assert queries(desk, reverse("system_journal")) == few


def test_replies_are_paged(desk: Client, corp: Corp) -> None:
    for number in range(35):
        ErrorReply.objects.create(corp=corp, endpoint="e", kind="retry", errmsg=f"n{number}", at=clock.now())
    first = desk.get(reverse("system_journal")).context["page"]
    second = desk.get(reverse("system_journal"), {"after": first.older}).context["page"]
    assert (len(first.rows), len(second.rows)) == (30, 5)


# --- the inbox ---


def found(desk: Client, **query: str) -> list[int]:
    return [event.pk for event in desk.get(reverse("system_inbox"), query).context["page"].rows]


def test_the_inbox_filters_by_kind_state_customer_and_staff(desk: Client, corp: Corp) -> None:
    one = callback(corp, external_userid="wm1", userid="lin")
    two = callback(corp, "done", change_type="del_follow_user", external_userid="wm1", userid="wang")
    other = callback(corp, event="sys_approval_change", change_type="")
    assert found(desk, q="wm1") == [two.pk, one.pk]
    assert found(desk, q="wm1", state="done") == [two.pk]
    assert found(desk, event="change_external_contact.del_follow_user") == [two.pk]
    assert found(desk, event="sys_approval_change.") == [other.pk]
    assert found(desk, event="approval") == [other.pk]
    assert found(desk, staff="LIN") == [one.pk]


def test_the_lag_chart_has_its_numbers_and_a_table(desk: Client, corp: Corp) -> None:
    assert "data-lag" not in desk.get(reverse("system_inbox")).content.decode()
    now = clock.now()
    for seconds in (0.2, 0.2, 600):
        callback(corp, "done", received_at=now, handled_at=now + timedelta(seconds=seconds))
    html = desk.get(reverse("system_inbox")).content.decode()
    for text in ("data-lag", "lag-data", "200 ms", "js/inbox.js"):
        assert text in html


def test_an_answer_to_a_filter_does_not_ask_for_the_chart(desk: Client, corp: Corp) -> None:
    callback(corp, "done", handled_at=clock.now())
    whole = queries(desk, reverse("system_inbox"))
    desk.defaults["HTTP_HX_REQUEST"] = "true"
    assert queries(desk, reverse("system_inbox")) < whole


def test_replaying_all_takes_parked_ones_and_those_that_wait_after_an_error(desk: Client, corp: Corp) -> None:
    later = clock.now() + timedelta(minutes=9)
    failed = [callback(corp), callback(corp, "pending", next_try_at=later)]
    fresh = callback(corp, "pending", error="", attempts=0, next_try_at=later)
    assert desk.post(reverse("system_inbox_replay_failed")).status_code == 302
    for event in failed:
        event.refresh_from_db()
        assert (event.state, event.attempts, event.error) == (InboxEvent.State.PENDING, 0, "")
        assert event.next_try_at < later
    fresh.refresh_from_db()
    assert fresh.next_try_at == later
    assert AuditEntry.objects.get(action="inbox.replayed_all").detail == {"events": 2}


def test_only_admins_replay(signed_in, operator: User, corp: Corp) -> None:
    event = callback(corp)
    client = signed_in(operator)
    for address in (reverse("system_inbox_replay_failed"), reverse("system_inbox_replay", args=[event.pk])):
        assert client.post(address).status_code == 403
    event.refresh_from_db()
    assert event.state == InboxEvent.State.PARKED
