"""Who may do what over the API: every address of a corp's rows × admin, operator, own, foreign, other corp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from campaigns import definitions
from campaigns.models import Campaign, Delivery, Enrollment, Task
from content.models import Material, Script
from customers.models import ContactWay, Customer, Segment
from groups.models import GroupChat
from staff.models import Role, Staff, User
from tests.cast import make_corp, make_customer, make_department, make_staff, make_tag, make_user
from wecom import clock
from wecom.models import Corp, InboxEvent

ROLES = ["admin", "operator", "manager", "own", "foreign", "other_corp"]
PLAN = {
    "name": "plan",
    "steps": [
        {"after": {"minutes": 5}, "action": "message", "content": [{"kind": "text", "text": "hi"}]},
        {"after": {"days": 1}, "at": "10:00", "action": "task", "title": "Call"},
    ],
}


@dataclass
class World:
    """Rows around one customer of Lin's, and the people who ask for them."""

    corp: Corp
    customer: Customer
    campaign: Campaign
    delivery: Delivery
    task: Task
    segment: Segment
    tag: str
    event: InboxEvent
    people: dict[str, User]

    def asks(self, role: str) -> APIClient:
        client = APIClient()
        token, _created = Token.objects.get_or_create(user=self.people[role])
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    def path(self, template: str) -> str:
        ids = {
            name: getattr(self, name).pk for name in ("customer", "campaign", "delivery", "task", "segment", "event")
        }
        return "/api/v1/" + template.format(**ids, tag=self.tag)


@pytest.fixture
def world(corp: Corp, lin: Staff, lin_user: User, wang_user: User, admin: User, operator: User) -> World:
    customer = make_customer(lin, "张三")
    other = make_corp()
    make_department(other, "d", 9)
    boss = make_staff(corp, "boss")
    boss.department_ids = lin.department_ids
    boss.save()
    people = {
        "admin": admin,
        "operator": operator,
        "manager": make_user(corp, "manager", Role.MANAGER, staff=boss),
        "own": lin_user,
        "foreign": wang_user,
        "other_corp": make_user(other, "stranger", Role.ADMIN),
    }
    campaign = definitions.save(corp, PLAN)
    delivery = make_delivery(campaign, customer)
    now = clock.now()
    task = Task.objects.create(
        corp=corp, staff=lin, customer=customer, delivery=delivery, title="Call", due_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    GroupChat.objects.create(corp=corp, chat_id="wr1", owner=lin, created_at=now)
    ContactWay.objects.create(corp=corp, name="w", state="s")
    Material.objects.create(corp=corp, kind="image", filename="a", content_type="image/png", size=9, file="x")
    segment = Segment.objects.create(corp=corp, name="s", condition={"all": []})
    Script.objects.create(corp=corp, title="s", text="hi")
    event = InboxEvent.objects.create(corp=corp, key="k", event="e", state="parked", next_try_at=now, received_at=now)
    tag = make_tag(corp, "VIP").wecom_id
    return World(corp, customer, campaign, delivery, task, segment, tag, event, people)


def make_delivery(campaign: Campaign, customer: Customer) -> Delivery:
    version, follow, now = campaign.draft, customer.follows.get(), clock.now()
    enrollment = Enrollment.objects.create(
        corp=campaign.corp, campaign=campaign, version=version, customer=customer, follow=follow, staff=follow.staff,
        clock_at=now,
    )  # fmt: skip
    return Delivery.objects.create(
        corp=campaign.corp, campaign=campaign, enrollment=enrollment, step=version.steps.last(), customer=customer,
        staff=follow.staff, status="handed", planned_at=now,
    )  # fmt: skip


# the rows of a list that each role sees; whoever is not named sees none
PERSONAL = {"admin": 1, "operator": 1, "manager": 1, "own": 1}
OF_THE_CORP = {**PERSONAL, "foreign": 1}
LISTS = {
    "customers/": PERSONAL,
    "deliveries/": PERSONAL,
    "tasks/": PERSONAL,
    "groups/": PERSONAL,
    "staff/": {"admin": 3, "operator": 3, "manager": 2, "own": 1, "foreign": 1},
    "campaigns/": OF_THE_CORP,
    "tags/": OF_THE_CORP,
    "segments/": OF_THE_CORP,
    "contact_ways/": OF_THE_CORP,
    "materials/": OF_THE_CORP,
    "scripts/": OF_THE_CORP,
}
# what GET of one row answers
SEEN = {"admin": 200, "operator": 200, "manager": 200, "own": 200, "foreign": 404, "other_corp": 404}
SHARED = {**SEEN, "foreign": 200}
ROWS = {
    "customers/{customer}/": SEEN,
    "customers/{customer}/timeline/": SEEN,
    "deliveries/{delivery}/": SEEN,
    "tasks/{task}/": SEEN,
    "campaigns/{campaign}/": SHARED,
    "campaigns/{campaign}/report/": SHARED,
    "segments/{segment}/": SHARED,
    "tags/{tag}/": SHARED,
}
# what keeps the installation running is for admins
ADMINS = {"admin": 200, "operator": 403, "manager": 403, "own": 403, "foreign": 403}
WATCHING = {
    ("get", "inbox/"): {**ADMINS, "other_corp": 200},
    ("get", "inbox/{event}/"): {**ADMINS, "other_corp": 404},
    ("post", "inbox/replay_failed/"): {**ADMINS, "other_corp": 200},
    ("post", "inbox/{event}/replay/"): {**ADMINS, "other_corp": 404},
}
# what a write answers that is allowed but bad (400), is not ours to see (404) or not ours to do (403)
OPERATORS = {"admin": 400, "operator": 400, "manager": 403, "own": 403, "foreign": 403, "other_corp": 404}
SERVING = {"admin": 400, "operator": 400, "manager": 400, "own": 400, "foreign": 404, "other_corp": 404}
ANYBODYS_OPERATORS = {**OPERATORS, "other_corp": 400}
WRITES = {
    ("post", "customers/{customer}/tags/"): SERVING,
    ("post", "tasks/{task}/skip/"): SERVING,
    ("post", "campaigns/"): ANYBODYS_OPERATORS,
    ("put", "campaigns/{campaign}/"): OPERATORS,
    ("post", "segments/"): ANYBODYS_OPERATORS,
    ("put", "segments/{segment}/"): OPERATORS,
    ("post", "tags/"): ANYBODYS_OPERATORS,
    ("patch", "tags/{tag}/"): OPERATORS,
    ("post", "materials/"): ANYBODYS_OPERATORS,
}
# verbs without a body that change something for those who may: asked of the others only
VERBS = {
    ("post", "tasks/{task}/done/"): {"foreign": 404, "other_corp": 404},
    **{
        (method, path): {"manager": 403, "own": 403, "foreign": 403, "other_corp": 404}
        for method, path in (
            *(("post", f"campaigns/{{campaign}}/{verb}/") for verb in ("launch", "publish", "pause", "resume", "end")),
            ("delete", "segments/{segment}/"),
            ("delete", "tags/{tag}/"),
        )
    },
}


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_counts_hold_what_one_may_see(world: World, role: str) -> None:
    client = world.asks(role)
    seen = {path: len(client.get(world.path(path)).json()["results"]) for path in LISTS}
    assert seen == {path: expected.get(role, 0) for path, expected in LISTS.items()}
    assert client.get(world.path("customers/count/")).json() == {"count": PERSONAL.get(role, 0)}


@pytest.mark.parametrize("role", ["admin", "operator", "manager", "own", "foreign"])
def test_reports_count_what_one_may_see(world: World, role: str) -> None:
    report = world.asks(role).get(world.path("campaigns/{campaign}/report/")).json()
    assert report["enrolled"] == PERSONAL.get(role, 0)
    assert report["deliveries"] == ({"handed": 1} if role in PERSONAL else {})


@pytest.mark.parametrize("role", ROLES)
def test_a_row_is_found_by_those_who_may_see_it(world: World, role: str) -> None:
    client = world.asks(role)
    told = {path: client.get(world.path(path)).status_code for path in ROWS}
    assert told == {path: expected[role] for path, expected in ROWS.items()}


@pytest.mark.parametrize("role", ROLES)
def test_writes_are_for_those_who_may(world: World, role: str) -> None:
    client = world.asks(role)
    told = {
        (method, path): getattr(client, method)(
            world.path(path), {}, format="multipart" if path == "materials/" else "json"
        ).status_code
        for method, path in WRITES
    }
    assert told == {write: expected[role] for write, expected in WRITES.items()}


@pytest.mark.parametrize("role", ROLES)
def test_the_inbox_is_for_admins(world: World, role: str) -> None:
    client = world.asks(role)
    told = {(method, path): getattr(client, method)(world.path(path)).status_code for method, path in WATCHING}
    assert told == {way: expected[role] for way, expected in WATCHING.items()}
    seen = client.get(world.path("inbox/")).json()
    assert len(seen.get("results", [])) == (1 if role == "admin" else 0)


@pytest.mark.parametrize("role", ["manager", "own", "foreign", "other_corp"])
def test_verbs_are_refused_to_those_who_may_not(world: World, role: str) -> None:
    client = world.asks(role)
    refused = {verb: expected[role] for verb, expected in VERBS.items() if role in expected}
    told = {(method, path): getattr(client, method)(world.path(path)).status_code for method, path in refused}
    assert told == refused
    world.campaign.refresh_from_db()
    world.task.refresh_from_db()
    assert (world.campaign.status, world.task.status, Segment.objects.count()) == ("draft", "open", 1)


@pytest.mark.parametrize("role", ["admin", "operator", "own"])
def test_another_corp_is_not_found_by_its_name(world: World, role: str) -> None:
    foreign = {"corp": world.people["other_corp"].corp.corpid}
    client = world.asks(role)
    assert {client.get(world.path(path), foreign).status_code for path in (*LISTS, "customers/count/")} == {404}


def test_the_matrix_leaves_no_address_out() -> None:
    templates = {*LISTS, *ROWS, "customers/count/", *(path for _method, path in (*WRITES, *VERBS, *WATCHING))}
    known = {re.sub(r"{.*}", "", path) for path in templates}
    assert set(api_addresses(get_resolver().url_patterns)) - {"", "schema/", "docs/"} == known


def api_addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Every address below /api/v1/, with its parameter left out."""
    for pattern in patterns:
        path = prefix + re.sub(r"\(.*\)|[\^$]", "", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from api_addresses(pattern.url_patterns, path)
        elif path.startswith("api/v1/"):
            yield path.removeprefix("api/v1/")


def test_somebody_moved_to_another_department_sees_the_new_one_at_once(world: World, wang: Staff) -> None:
    client = world.asks("manager")
    assert client.get("/api/v1/customers/count/").json() == {"count": 1}
    boss = world.people["manager"].staff
    boss.department_ids = wang.department_ids
    boss.save()
    assert client.get("/api/v1/customers/count/").json() == {"count": 0}


def test_a_manager_sees_the_departments_below(world: World) -> None:
    boss = world.people["manager"].staff
    boss.department_ids = [1]
    boss.save()
    assert world.asks("manager").get("/api/v1/customers/count/").json() == {"count": 1}


def test_a_dropped_customer_is_gone_from_the_staffs_view(world: World) -> None:
    world.customer.follows.update(status="dropped", ended_at=clock.now(), ended_by="staff")
    assert world.asks("own").get(world.path("customers/{customer}/")).status_code == 404
    assert world.asks("operator").get(world.path("customers/{customer}/")).status_code == 200


def test_a_staffless_frontline_user_sees_nobody(world: World) -> None:
    world.people["own"] = make_user(world.corp, "nobody")
    assert world.asks("own").get("/api/v1/customers/count/").json() == {"count": 0}
    assert world.asks("own").get("/api/v1/tasks/").json()["results"] == []
