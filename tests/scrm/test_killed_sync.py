"""kill -9 at any moment and starting again end in the rows that an undisturbed sync makes."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from customers import digests
from customers.models import Customer
from groups.models import GroupChat
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Department, Staff
from tags.models import TagGroup
from tests import cast
from tests.acts import arrive, console_tags, edit
from wecom.models import Corp, SyncRun

pytestmark = pytest.mark.django_db(transaction=True)
CLERKS, CUSTOMERS, GHOSTS, CHATS = 8, 120, 6, 5
LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC)

# Every row that a sync decides, by natural keys. What only says when *we* did something is left out.
TABLES = {
    "departments": "SELECT to_jsonb(d) - 'id' FROM staff_department d",
    "staff": "SELECT to_jsonb(s) - '{id,synced_at}'::text[] FROM staff_staff s",
    "tag groups": "SELECT to_jsonb(g) - 'id' FROM tags_taggroup g",
    "tags": """SELECT to_jsonb(t) - '{id,group_id}'::text[] || jsonb_build_object('group', g.wecom_id)
               FROM tags_tag t JOIN tags_taggroup g ON g.id = t.group_id""",
    "customers": "SELECT to_jsonb(c) - '{id,synced_at}'::text[] FROM customers_customer c",
    "follows": """SELECT to_jsonb(f) - '{id,customer_id,staff_id,ended_at}'::text[]
                         || jsonb_build_object('c', c.external_userid, 's', s.userid)
                  FROM customers_follow f JOIN customers_customer c ON c.id = f.customer_id
                  JOIN staff_staff s ON s.id = f.staff_id""",
    "tags of follows": """SELECT jsonb_build_array(c.external_userid, s.userid, t.wecom_id)
                          FROM customers_followtag ft JOIN tags_tag t ON t.id = ft.tag_id
                          JOIN customers_follow f ON f.id = ft.follow_id
                          JOIN customers_customer c ON c.id = f.customer_id JOIN staff_staff s ON s.id = f.staff_id""",
    "digests": """SELECT to_jsonb(d) - '{customer_id,tag_ids,staff_ids}'::text[]
                         || jsonb_build_object('c', c.external_userid)
                  FROM customers_digest d JOIN customers_customer c ON c.id = d.customer_id""",
    "events": """SELECT jsonb_build_array(c.external_userid, s.userid, e.kind, e.detail,
                                          CASE WHEN e.kind = 'added' THEN e.at END)
                 FROM customers_event e JOIN customers_customer c ON c.id = e.customer_id
                 LEFT JOIN staff_staff s ON s.id = e.staff_id""",
    "chats": """SELECT to_jsonb(g) - '{id,synced_at,owner_id}'::text[] || jsonb_build_object('owner', s.userid)
                FROM groups_groupchat g LEFT JOIN staff_staff s ON s.id = g.owner_id""",
    "members": """SELECT to_jsonb(m) - '{id,chat_id,staff_id,customer_id}'::text[]
                         || jsonb_build_object('chat', g.chat_id, 's', s.userid, 'c', c.external_userid)
                  FROM groups_groupmember m JOIN groups_groupchat g ON g.id = m.chat_id
                  LEFT JOIN staff_staff s ON s.id = m.staff_id
                  LEFT JOIN customers_customer c ON c.id = m.customer_id""",
}


def contents() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        found = {}
        for name, statement in TABLES.items():
            cursor.execute(f"SELECT row::text FROM ({statement}) t(row) ORDER BY 1")
            found[name] = [text for (text,) in cursor.fetchall()]
    return found


@pytest.fixture
def shop(sandbox: Sandbox, corp: Corp) -> Corp:
    """A corp that takes a second or two to sync: every call lasts."""
    userids = [f"clerk{n}" for n in range(CLERKS)]
    people = [{"userid": userid, "name": userid, "department": [2 + n % 2]} for n, userid in enumerate(userids)]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=people)
    tags = console_tags(sandbox, "等级", "金", "银", "铜")
    arrived = []
    for n in range(CUSTOMERS):
        arrived.append(arrive(sandbox, userids[n % CLERKS], f"客户{n}"))
        edit(sandbox, userids[n % CLERKS], arrived[-1], add_tag=[tags[n % 3]])
        if n % 5 == 0:
            arrive(sandbox, userids[(n + 3) % CLERKS], external_userid=arrived[-1])
    for n in range(CHATS):
        sandbox.corp("POST", "groups", owner=userids[n], name=f"群{n}", members=arrived[n : n + 4])
    sandbox.call("POST", "corps", corpid=corp.corpid, latency=0.03)
    return corp


def begin(corp: Corp) -> None:
    """The state before: nothing but customers whom WeCom does not have."""
    for model in (SyncRun, GroupChat, Customer, Staff, Department, TagGroup):
        model.objects.filter(corp=corp).delete()
    clerk = cast.make_staff(corp, "clerk0")
    for n in range(GHOSTS):
        customer = Customer.objects.create(corp=corp, external_userid=f"wm-ghost-{n}", name=f"幽灵{n}")
        cast.make_follow(customer, clerk, since=LONG_AGO)


def sync_outside(corp: Corp) -> subprocess.Popen[str]:
    """`manage.py sync` in a process of its own, on the tests' database."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}",
        "REDIS_URL": "redis://127.0.0.1:9/0",  # nobody there: a sync needs none
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "ALLOWED_HOSTS": "localhost",
        "SYNC_READERS": "3",
    }
    command = [sys.executable, "manage.py", "sync", corp.corpid]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, text=True, stdout=pipe, stderr=pipe)


def signs_of_life() -> list[tuple]:
    return list(SyncRun.objects.order_by("pk").values_list("pk", "heartbeat_at"))


def kill_soon(process: subprocess.Popen[str], before: list[tuple], seconds: float) -> bool:
    """Kill so many seconds after the first sign of life; False if it came to its end earlier."""
    while process.poll() is None and signs_of_life() == before:
        time.sleep(0.005)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    process.communicate()
    return False


def to_the_end(corp: Corp) -> None:
    process = sync_outside(corp)
    _out, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint


@pytest.fixture
def undisturbed(shop: Corp) -> dict[str, list[str]]:
    begin(shop)
    to_the_end(shop)
    found = contents()
    assert len(found["follows"]) == CUSTOMERS + CUSTOMERS // 5 + GHOSTS
    assert sum('"dropped"' in event for event in found["events"]) == GHOSTS
    assert len(found["chats"]) == CHATS
    return found


def test_it_ends_in_the_same_rows(shop: Corp, undisturbed: dict[str, list[str]]) -> None:
    phases = set()
    for seed in range(3):
        dice = random.Random(seed)
        begin(shop)
        for _ in range(5):
            before = signs_of_life()
            if not kill_soon(sync_outside(shop), before, dice.uniform(0.0, 0.9)):
                break
            phases.update(SyncRun.objects.filter(status="running").values_list("kind", "phase"))
        to_the_end(shop)
        assert contents() == undisturbed
        assert digests.differences(shop) == 0
        assert not SyncRun.objects.running().exists()
    assert len(phases) > 2, f"killed only in {phases}"
