from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import definitions
from campaigns.models import Campaign, Delivery, Enrollment, Task
from customers.models import Customer
from staff.models import AuditEntry, Staff, User
from tests.cast import make_corp, make_customer
from wecom import clock
from wecom.models import Corp

URL = "/api/v1/campaigns/"
TEXT = {"kind": "text", "text": "你好"}
MESSAGE = {"after": {"days": 0}, "at": "10:00", "action": "message", "content": [TEXT]}
CALL = {"after": {"days": 3}, "at": "15:30", "action": "task", "title": "Call", "script": "…"}


def definition(corp: Corp, /, **changes: Any) -> dict[str, Any]:
    return {"corp": corp.corpid, "name": "New friend week", "kind": "sop", "steps": [MESSAGE, CALL]} | changes


@pytest.fixture
def campaign(corp: Corp) -> Campaign:
    return definitions.save(corp, definition(corp))


def deliver(campaign: Campaign, customer: Customer, number: int = 0, **fields: Any) -> Delivery:
    """A delivery of the campaign's step to a customer through the first who serves them."""
    version = campaign.published or campaign.draft
    follow, now = customer.follows.select_related("staff").first(), clock.now()
    step = version.steps.all()[number]
    enrollment, _created = Enrollment.objects.get_or_create(
        corp=campaign.corp, campaign=campaign, version=version, customer=customer,
        defaults={"follow": follow, "staff": follow.staff, "clock_at": now},
    )  # fmt: skip
    values = {"status": "sent", "planned_at": now, **fields}
    return Delivery.objects.create(
        corp=campaign.corp, campaign=campaign, enrollment=enrollment, step=step, customer=customer,
        staff=follow.staff, **values,
    )  # fmt: skip


def call_task(campaign: Campaign, customer: Customer) -> Task:
    delivery = deliver(campaign, customer, 1, status="handed")
    now = clock.now()
    return Task.objects.create(
        corp=campaign.corp, staff=delivery.staff, customer=customer, delivery=delivery, title="Call",
        due_at=now, expires_at=now + timedelta(hours=48),
    )  # fmt: skip


def test_a_campaign_is_made_as_a_draft_and_read_back(api: Any, operator: User, corp: Corp) -> None:
    audience = {"all": [{"field": "gender", "op": "in", "value": [2]}]}
    answer = api(operator).post(URL, definition(corp, audience=audience, clock="added_at"))
    assert answer.status_code == 201
    assert answer.json()["status"] == "draft"
    shown = api(operator).get(f"{URL}{answer.json()['id']}/").json()["definition"]
    assert shown["audience"] == audience
    assert [step["action"] for step in shown["steps"]] == ["message", "task"]
    assert AuditEntry.objects.get(action="campaign.created").user == operator


def test_every_problem_is_named_by_its_path_and_nothing_is_saved(api: Any, operator: User, corp: Corp) -> None:
    long = {**MESSAGE, "content": [{"kind": "text", "text": "a" * 4001}]}
    audience = {"all": [{"field": "nickname", "op": "is", "value": 1}]}
    answer = api(operator).post(URL, definition(corp, steps=[CALL, long], audience=audience))
    assert answer.status_code == 400
    paths = {error["path"] for error in answer.json()["errors"]}
    assert {"audience.all[0].field", "steps[1].content[0].text", "steps[1].after"} <= paths
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("body", [{}, {"steps": []}, {"name": 5}, {"name": "a", "steps": [None]}, {"corp": ""}])
def test_half_a_definition_is_refused(api: Any, operator: User, body: dict[str, Any]) -> None:
    answer = api(operator).post(URL, body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize("forged", [{"status": "running"}, {"id": 1}, {"created_by": 1}, {"corp_id": 1}])
def test_what_a_caller_may_not_set_is_refused(api: Any, operator: User, corp: Corp, forged: dict[str, Any]) -> None:
    assert api(operator).post(URL, definition(corp, **forged)).status_code == 400
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("body", [[], [{}], "x", 1, None])
def test_a_body_that_is_no_object_is_refused(api: Any, operator: User, body: Any) -> None:
    assert api(operator).post("/api/v1/campaigns/", body, format="json").status_code == 400


@pytest.mark.parametrize("corpid", ["wwnobody", 5, ["x"], {"a": 1}])
def test_a_corp_that_is_not_ones_own_is_not_found(api: Any, operator: User, corp: Corp, corpid: Any) -> None:
    assert api(operator).post(URL, definition(corp, corp=corpid)).status_code == 404
    assert api(operator).post(URL, definition(corp, corp=make_corp().corpid)).status_code == 404


def test_the_verbs_move_the_campaign_and_are_written_down(api: Any, operator: User, campaign: Campaign) -> None:
    client, states = api(operator), []
    for verb in ("launch", "pause", "resume", "end"):
        answer = client.post(f"{URL}{campaign.pk}/{verb}/")
        assert answer.status_code == 200, answer.content
        states.append(answer.json()["status"])
    assert states == ["running", "paused", "running", "ended"]
    written = AuditEntry.objects.filter(action__startswith="campaign.", user=operator).order_by("pk")
    assert [entry.action.rpartition(".")[2] for entry in written] == ["launched", "paused", "resumed", "ended"]


@pytest.mark.parametrize(("before", "verb"), [("launch", "launch"), (None, "pause"), (None, "resume"), (None, "end")])
def test_a_verb_that_the_state_forbids_is_told_409(
    api: Any, operator: User, campaign: Campaign, before: str | None, verb: str
) -> None:
    client = api(operator)
    if before:
        client.post(f"{URL}{campaign.pk}/{before}/")
    answer = client.post(f"{URL}{campaign.pk}/{verb}/")
    assert answer.status_code == 409
    assert answer.json()["detail"]
    assert AuditEntry.objects.filter(action__startswith="campaign.").count() == (1 if before else 0)


def test_a_draft_is_changed_in_place(api: Any, operator: User, corp: Corp, campaign: Campaign) -> None:
    answer = api(operator).put(f"{URL}{campaign.pk}/", definition(corp, name="Renamed", steps=[MESSAGE]))
    assert answer.json()["name"] == "Renamed"
    assert campaign.versions.count() == 1


def test_frontline_staff_read_campaigns_and_change_none(api: Any, lin_user: User, campaign: Campaign) -> None:
    client = api(lin_user)
    assert len(client.get(URL).json()["results"]) == 1
    assert client.post(URL, definition(campaign.corp)).status_code == 403
    assert client.post(f"{URL}{campaign.pk}/launch/").status_code == 403
    assert client.put(f"{URL}{campaign.pk}/", definition(campaign.corp)).status_code == 403


def test_the_report_counts_what_one_may_see(
    api: Any, operator: User, lin_user: User, campaign: Campaign, zhang: Customer, li: Customer
) -> None:
    deliver(campaign, zhang)
    deliver(campaign, zhang, 1, status="handed")
    deliver(campaign, li, status="skipped", reason="late")
    everybody = api(operator).get(f"{URL}{campaign.pk}/report/").json()
    assert everybody["enrolled"] == 2
    assert everybody["deliveries"] == {"handed": 1, "sent": 1, "skipped": 1}
    assert [(row["step"], row["deliveries"]) for row in everybody["steps"]] == [
        (1, {"sent": 1, "skipped": 1}),
        (2, {"handed": 1}),
    ]
    own = api(lin_user).get(f"{URL}{campaign.pk}/report/").json()
    assert (own["enrolled"], own["deliveries"]) == (1, {"handed": 1, "sent": 1})


def test_deliveries_are_filtered_and_scoped(
    api: Any, operator: User, lin_user: User, campaign: Campaign, zhang: Customer, li: Customer
) -> None:
    made = deliver(campaign, zhang)
    deliver(campaign, li, status="held", reason="quiet")
    rows = api(operator).get("/api/v1/deliveries/", {"campaign": campaign.pk}).json()["results"]
    assert len(rows) == 2
    row = api(operator).get("/api/v1/deliveries/", {"customer": zhang.external_userid}).json()["results"][0]
    assert (row["id"], row["campaign"], row["step"], row["customer"], row["staff"], row["status"], row["msgid"]) == (
        made.pk, campaign.pk, 1, zhang.external_userid, "lin", "sent", "",
    )  # fmt: skip
    assert [row["reason"] for row in api(operator).get("/api/v1/deliveries/?status=held").json()["results"]] == [
        "quiet"
    ]
    assert [row["staff"] for row in api(lin_user).get("/api/v1/deliveries/").json()["results"]] == ["lin"]


@pytest.mark.parametrize("query", ["campaign=x", "campaign=-1", "campaign=" + "9" * 30, "status=gone", "page_size=0"])
def test_bad_filters_are_told_400(api: Any, operator: User, query: str) -> None:
    assert api(operator).get(f"/api/v1/deliveries/?{query}").status_code == 400


def test_a_task_is_done_once(api: Any, lin_user: User, campaign: Campaign, zhang: Customer) -> None:
    task = call_task(campaign, zhang)
    client = api(lin_user)
    shown = client.get("/api/v1/tasks/", {"status": "open", "staff": "LIN"}).json()["results"]
    assert [(row["id"], row["customer"], row["campaign"]) for row in shown] == [
        (task.pk, zhang.external_userid, campaign.pk)
    ]
    answer = client.post(f"/api/v1/tasks/{task.pk}/done/", {"note": "spoke"})
    assert answer.json()["status"] == "done"
    assert client.post(f"/api/v1/tasks/{task.pk}/done/").status_code == 409
    assert client.post(f"/api/v1/tasks/{task.pk}/skip/", {"reason": "no"}).status_code == 409
    assert AuditEntry.objects.filter(action="task.done", user=lin_user).count() == 1


def test_skipping_wants_a_reason(api: Any, lin_user: User, campaign: Campaign, zhang: Customer) -> None:
    task = call_task(campaign, zhang)
    for body in ({}, {"reason": "  "}, {"reason": 5}, {"reason": "x" * 201}, {"reason": ["x"]}):
        answer = api(lin_user).post(f"/api/v1/tasks/{task.pk}/skip/", body)
        assert (answer.status_code, list(answer.json())) == (
            (200, ANY) if body == {"reason": 5} else (400, ["reason"])
        )
        Task.objects.update(status="open")


class Anything:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


ANY = Anything()


def test_a_colleagues_task_is_not_found(api: Any, wang_user: User, campaign: Campaign, zhang: Customer) -> None:
    task = call_task(campaign, zhang)
    assert api(wang_user).get("/api/v1/tasks/").json()["results"] == []
    assert api(wang_user).post(f"/api/v1/tasks/{task.pk}/done/").status_code == 404
    task.refresh_from_db()
    assert task.status == "open"


@pytest.mark.parametrize("path", ["deliveries/", "tasks/", "campaigns/"])
def test_the_number_of_queries_does_not_grow(
    api: Any, operator: User, corp: Corp, campaign: Campaign, lin: Staff, path: str
) -> None:
    client, counts = api(operator), []
    for n in (1, 9):
        for _n in range(n):
            customer = make_customer(lin)
            deliver(campaign, customer)
            call_task(campaign, customer)
            definitions.save(corp, definition(corp))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/api/v1/{path}")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
