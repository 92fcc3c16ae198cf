"""A first sync into an empty database, from the pretend WeCom's first answer to our last row, against a bare loop over
the same sandbox: requests, json, COPY and a plain merge. Then the same sync once more, which has nothing to write.

A million customers of 2,000 staff, or as many as ``BENCH_CUSTOMERS`` says. Both sides fetch departments, staff, tags
and every page of customers and leave the same customers and follows, with tags, timeline and digests; the bare loop
knows no limits, no resumption, no report, no newer callbacks, no lost and dropped follows and no hostile text.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.measure import Result
from customers.models import Customer, Follow
from wecom.models import Corp, SyncRun
from wecom.sandbox import preset

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
STAFF = max(4, CUSTOMERS // 500)
ROUNDS = 1 if CUSTOMERS >= 300_000 else 3
MEMORY = 500_000_000  # bytes that the syncing process may use
PAGES_AT_ONCE = 10  # what the bare loop merges in one go: 1,000 rows is the knee (design §5)
OURS = """
SELECT string_agg(quote_ident(relname), ', ') FROM pg_stat_user_tables
WHERE schemaname = 'public' AND relname ~ '^(customers|groups|tags|staff_staff|staff_department|wecom_syncrun|wecom_e)'
"""
WRITTEN = """
SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables
WHERE schemaname = 'public' AND relname !~ '^wecom_'
"""

INCOMING = """
SET LOCAL enable_seqscan = off;
CREATE TEMPORARY TABLE IF NOT EXISTS bare (
    external_userid text, name text, avatar text, type int, gender int, unionid text, userid text, remark text,
    description text, createtime bigint, tag_ids text, add_way int, state text, oper_userid text
) ON COMMIT DELETE ROWS
"""
MERGE = """
INSERT INTO customers_customer AS c
    (corp_id, external_userid, name, avatar, type, gender, unionid, position, corp_name, synced_at)
SELECT DISTINCT ON (external_userid) %(corp)s, external_userid, name, avatar, type, gender, unionid, '', '', now()
FROM bare ORDER BY external_userid
ON CONFLICT (corp_id, external_userid) DO UPDATE SET name = excluded.name, avatar = excluded.avatar
WHERE (c.name, c.avatar) IS DISTINCT FROM (excluded.name, excluded.avatar);

INSERT INTO customers_follow AS f (corp_id, customer_id, staff_id, status, remark, description, remark_corp_name,
    remark_mobiles, add_way, state, oper_userid, since, ended_by, owes_channel_tags)
SELECT %(corp)s, c.id, s.id, 'live', b.remark, b.description, '', '{}', b.add_way, b.state, b.oper_userid,
       to_timestamp(b.createtime), '', false
FROM bare b JOIN customers_customer c ON c.corp_id = %(corp)s AND c.external_userid = b.external_userid
JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = b.userid
ON CONFLICT (customer_id, staff_id) DO UPDATE SET remark = excluded.remark, description = excluded.description
WHERE (f.remark, f.description) IS DISTINCT FROM (excluded.remark, excluded.description);

INSERT INTO customers_followtag (follow_id, tag_id)
SELECT f.id, t.id
FROM bare b JOIN customers_customer c ON c.corp_id = %(corp)s AND c.external_userid = b.external_userid
JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = b.userid
JOIN customers_follow f ON f.customer_id = c.id AND f.staff_id = s.id
CROSS JOIN LATERAL unnest(string_to_array(b.tag_ids, ',')) AS w(wecom_id)
JOIN tags_tag t ON t.corp_id = %(corp)s AND t.wecom_id = w.wecom_id
ON CONFLICT DO NOTHING;

INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
SELECT %(corp)s, c.id, s.id, 'added', to_timestamp(b.createtime), '{}', 'added:' || s.id || ':' || b.createtime
FROM bare b JOIN customers_customer c ON c.corp_id = %(corp)s AND c.external_userid = b.external_userid
JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = b.userid
ON CONFLICT DO NOTHING;

INSERT INTO customers_digest AS d (customer_id, corp_id, tag_ids, staff_ids, added_at, first_at, lost)
SELECT f.customer_id, %(corp)s, COALESCE(array_agg(DISTINCT ft.tag_id) FILTER (WHERE ft.tag_id IS NOT NULL), '{}'),
       array_agg(DISTINCT f.staff_id), min(f.since), min(f.since), false
FROM customers_follow f LEFT JOIN customers_followtag ft ON ft.follow_id = f.id
WHERE f.customer_id IN (SELECT c.id FROM bare b JOIN customers_customer c
                        ON c.corp_id = %(corp)s AND c.external_userid = b.external_userid)
GROUP BY f.customer_id
ON CONFLICT (customer_id) DO UPDATE SET tag_ids = excluded.tag_ids, staff_ids = excluded.staff_ids,
    added_at = excluded.added_at, first_at = excluded.first_at
"""


def run() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder, sandbox(Path(folder)) as url:
        corp = register(url)
        rates: dict[str, list[float]] = {"product": [], "bare": []}
        memory, written = [], 0
        for number in range(ROUNDS):
            for which in ("bare", "product") if number % 2 == 0 else ("product", "bare"):
                empty()
                if which == "bare":
                    rates[which].append(bare(corp, url))
                    expected = rows(corp)
                    continue
                rate, used = product(corp)
                rates[which].append(rate)
                memory.append(used)
                found = rows(corp)
                written += again(corp)
            if found != expected:
                raise RuntimeError(f"the product left {found}, the bare loop {expected} customers and follows")
    size = f"{CUSTOMERS:,} customers"
    return [
        Result(
            f"first sync, {size}: ÷ bare loop",
            "follows",
            statistics.median(rates["product"]),
            statistics.median(rates["bare"]),
            0.7,
        ),
        Result("memory of a first sync: allowed ÷ used", "bytes", MEMORY, max(memory), 1.0),
        Result("sync of the unchanged: rows left alone ÷ all", "rows", found[1], found[1] + written, 1.0),
    ]


# ---- the stage ------------------------------------------------------------------------------------------------------


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """A pretend WeCom of its own with the large corp; its URL."""
    command = [sys.executable, "-m", "wecom.sandbox", "--port", "0", "--data", str(folder / "sandbox.sqlite3")]
    command += ["--preset", "big", "--customers", str(CUSTOMERS), "--staff", str(STAFF), "--groups", "0"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            if not line.startswith("sandbox: http://"):
                raise RuntimeError(f"the sandbox did not start: {line!r}")
            yield line.removeprefix("sandbox: ").strip()
        finally:
            process.terminate()


def register(url: str) -> Corp:
    shop, app = preset.CORP, preset.CORP.apps[0]
    corp = Corp(corpid=shop.corpid, name=shop.name, agentid=app.agentid, api_base_url=url, is_sandbox=True)
    corp.secret, corp.callback_token, corp.aes_key = app.secret, app.token, app.aes_key
    corp.save()
    return corp


def empty() -> None:
    """As on the first day: no rows, no calls made, statistics that know it."""
    with connection.cursor() as cursor:
        cursor.execute(OURS)
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} CASCADE")
        cursor.execute("CHECKPOINT")


def rows(corp: Corp) -> tuple[int, int]:
    return Customer.objects.of(corp).count(), Follow.objects.of(corp).count()


# ---- the product ----------------------------------------------------------------------------------------------------


def product(corp: Corp) -> tuple[float, int]:
    """Follows per second, and the most memory (bytes) that the syncing process held."""
    command = [sys.executable, "manage.py", "sync", corp.corpid, "--only", "staff,tags,customers"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"the sync ended with {os.waitstatus_to_exitcode(status)}")
    runs = SyncRun.objects.of(corp).order_by("-pk")[:3]
    seconds = (max(run.finished_at for run in runs) - min(run.started_at for run in runs)).total_seconds()
    return rows(corp)[1] / seconds, usage.ru_maxrss * 1024


def again(corp: Corp) -> int:
    """Sync once more, and count the rows that this wrote."""
    before = rows_written()
    product(corp)
    return rows_written() - before


def rows_written() -> int:
    """By sessions that have ended, of everything but the wire's own bookkeeping."""
    time.sleep(1)  # a session hands in its statistics when it ends
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


# ---- the bare loop --------------------------------------------------------------------------------------------------


class Bare:
    def __init__(self, corp: Corp, url: str) -> None:
        self.corp, self.url, self.session = corp, f"{url}/cgi-bin/", requests.Session()
        credentials = {"corpid": corp.corpid, "corpsecret": corp.secret}
        self.token = ""
        self.token = self.call("GET", "gettoken", **credentials)["access_token"]

    def call(self, method: str, endpoint: str, body: Any = None, **params: Any) -> dict[str, Any]:
        if self.token:
            params["access_token"] = self.token
        answer: dict[str, Any] = self.session.request(method, self.url + endpoint, json=body, params=params).json()
        if answer["errcode"]:
            raise RuntimeError(f"{endpoint}: {answer}")
        return answer

    def staff(self, cursor: Any) -> list[str]:
        people = {}
        for department in self.call("GET", "department/list")["department"]:
            for user in self.call("GET", "user/list", department_id=department["id"])["userlist"]:
                people[user["userid"]] = user["name"]
        serving = self.call("GET", "externalcontact/get_follow_user_list")["follow_user"]
        cursor.execute("BEGIN")
        cursor.executemany(
            """INSERT INTO staff_staff (corp_id, userid, name, alias, position, department_ids, active,
               serves_customers, synced_at) VALUES (%s, %s, %s, '', '', '{}', true, %s, now())""",
            [(self.corp.pk, userid, name, userid in serving) for userid, name in people.items()],
        )
        cursor.execute("COMMIT")
        return sorted(serving)

    def tags(self, cursor: Any) -> None:
        for group in self.call("POST", "externalcontact/get_corp_tag_list", {})["tag_group"]:
            cursor.execute(
                'INSERT INTO tags_taggroup (corp_id, wecom_id, name, "order") VALUES (%s, %s, %s, 0) RETURNING id',
                (self.corp.pk, group["group_id"], group["group_name"]),
            )
            group_id = cursor.fetchone()[0]
            cursor.executemany(
                """INSERT INTO tags_tag (corp_id, group_id, wecom_id, name, "order", ours)
                   VALUES (%s, %s, %s, %s, 0, false)""",
                [(self.corp.pk, group_id, tag["id"], tag["name"]) for tag in group["tag"]],
            )

    def pages(self, userids: list[str]) -> Iterator[list[dict[str, Any]]]:
        for first in range(0, len(userids), 100):
            body = {"userid_list": userids[first : first + 100], "limit": 100, "cursor": ""}
            while True:
                answer = self.call("POST", "externalcontact/batch/get_by_user", body)
                yield answer["external_contact_list"]
                body["cursor"] = answer.get("next_cursor", "")
                if not body["cursor"]:
                    break

    def merge(self, cursor: Any, pages: list[list[dict[str, Any]]]) -> None:
        lines = []
        for row in (row for page in pages for row in page):
            contact, follow = row["external_contact"], row["follow_info"]
            names = ("external_userid", "name", "avatar", "type", "gender")
            values = [*(contact[name] for name in names), contact.get("unionid", ""), follow["userid"]]
            values += [follow["remark"], follow["description"], follow["createtime"], ",".join(follow["tag_id"])]
            values += [follow["add_way"], follow.get("state", ""), follow["oper_userid"]]
            lines.append("\t".join(map(str, values)) + "\n")
        cursor.execute("BEGIN")
        cursor.execute(INCOMING)
        cursor.copy_expert("COPY bare FROM STDIN", io.StringIO("".join(lines)))
        cursor.execute(MERGE, {"corp": self.corp.pk})
        cursor.execute("COMMIT")


def bare(corp: Corp, url: str) -> float:
    """Follows per second."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        began = timezone.now()
        loop = Bare(corp, url)
        userids = loop.staff(cursor)
        loop.tags(cursor)
        gathered: list[list[dict[str, Any]]] = []
        for page in loop.pages(userids):
            gathered.append(page)
            if len(gathered) == PAGES_AT_ONCE:
                loop.merge(cursor, gathered)
                gathered = []
        loop.merge(cursor, gathered)
        seconds = (timezone.now() - began).total_seconds()
    return rows(corp)[1] / seconds
