"""Customers per second from sync pages into the rows, against COPY and the plainest merge into the same tables.

Both begin with the bytes of ``batch/get_by_user`` answers and write customers, follows, tags, timeline and digests.
The bare side knows no resumption, no newer callbacks, no half-added or lost follows and no cleaning of hostile text.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils.timezone import now

from bench.measure import Result, compare
from customers import sync
from staff.models import Staff
from tags.models import Tag, TagGroup
from wecom.models import Corp
from wecom.payloads import CustomerRow

CORPID = "wwbench0000000002"
PAGES, PAGE, STAFF, TAGS = 100, 100, 20, 40
EMPTY = "TRUNCATE customers_customer, customers_follow, customers_followtag, customers_digest, customers_event CASCADE"

INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS bare (
    external_userid text, name text, avatar text, type int, gender int, unionid text, userid text, remark text,
    createtime bigint, tag_ids text, add_way int, state text, oper_userid text
) ON COMMIT DELETE ROWS
"""
MERGE = """
WITH customer AS (
    INSERT INTO customers_customer AS c
        (corp_id, external_userid, name, avatar, type, gender, unionid, position, corp_name, synced_at)
    SELECT %(corp)s, external_userid, name, avatar, type, gender, unionid, '', '', now() FROM bare
    ON CONFLICT (corp_id, external_userid) DO UPDATE SET name = excluded.name, avatar = excluded.avatar
    WHERE (c.name, c.avatar) IS DISTINCT FROM (excluded.name, excluded.avatar)
    RETURNING id, external_userid
), follow AS (
    INSERT INTO customers_follow AS f (corp_id, customer_id, staff_id, status, remark, description, remark_corp_name,
        remark_mobiles, add_way, state, oper_userid, since, ended_by, owes_channel_tags)
    SELECT %(corp)s, customer.id, s.id, 'live', remark, '', '', '{}', add_way, state, oper_userid,
           to_timestamp(createtime), '', false
    FROM bare JOIN customer USING (external_userid)
    JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = bare.userid
    ON CONFLICT (customer_id, staff_id) DO UPDATE SET remark = excluded.remark
    WHERE f.remark IS DISTINCT FROM excluded.remark
    RETURNING id, customer_id, staff_id, since
), tagged AS (
    SELECT follow.id AS follow_id, follow.customer_id, t.id AS tag_id
    FROM follow JOIN customer ON customer.id = follow.customer_id JOIN bare USING (external_userid)
    CROSS JOIN LATERAL unnest(string_to_array(bare.tag_ids, ',')) AS w(wecom_id)
    JOIN tags_tag t ON t.corp_id = %(corp)s AND t.wecom_id = w.wecom_id
), placed AS (
    INSERT INTO customers_followtag (follow_id, tag_id) SELECT follow_id, tag_id FROM tagged ON CONFLICT DO NOTHING
), line AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT %(corp)s, customer_id, staff_id, 'added', since, '{}', 'added:' || staff_id FROM follow
    ON CONFLICT DO NOTHING
)
INSERT INTO customers_digest (customer_id, corp_id, tag_ids, staff_ids, added_at, first_at, lost)
SELECT customer_id, %(corp)s, COALESCE((SELECT array_agg(tag_id) FROM tagged t
           WHERE t.customer_id = follow.customer_id), '{}'), array_agg(staff_id), min(since), min(since), false
FROM follow GROUP BY customer_id
ON CONFLICT (customer_id) DO NOTHING
"""


def run() -> Result:
    corp = Corp(corpid=CORPID, name="Bench", agentid=1, api_base_url="http://127.0.0.1:9")
    corp.secret, corp.callback_token, corp.aes_key = "bench-secret", "token", "k" * 43
    corp.save()
    Staff.objects.bulk_create(
        Staff(corp=corp, userid=f"clerk{n}", name=f"Clerk {n}", serves_customers=True) for n in range(STAFF)
    )
    group = TagGroup.objects.create(corp=corp, wecom_id="etgroup", name="Bench")
    Tag.objects.bulk_create(Tag(corp=corp, group=group, wecom_id=f"et{n}", name=f"Tag {n}") for n in range(TAGS))
    pages = [page(number) for number in range(PAGES)]
    return compare(
        "customer upsert: product ÷ bare COPY and merge",
        "customers",
        product=lambda: rate(pages, lambda body: product(corp, body)),
        bare=lambda: rate(pages, lambda body: bare(corp, body)),
        target=0.7,
    )


def page(number: int) -> bytes:
    """An answer of ``batch/get_by_user`` (doc 92994) as it comes over the wire."""
    rows = [customer(number * PAGE + n) for n in range(PAGE)]
    return json.dumps({"errcode": 0, "errmsg": "ok", "external_contact_list": rows}, ensure_ascii=False).encode()


def customer(n: int) -> dict[str, Any]:
    return {
        "external_contact": {
            "external_userid": f"wm{n:030d}",
            "name": f"顾客{n}",
            "type": 1,
            "avatar": f"https://wx.qlogo.cn/mmhead/{n:040d}/0",
            "gender": n % 3,
            "unionid": f"o{n:027d}",
        },
        "follow_info": {
            "userid": f"clerk{n % STAFF}",
            "remark": f"顾客{n} 老客",
            "description": "",
            "createtime": 1_700_000_000 + n,
            "tag_id": [f"et{(n * step) % TAGS}" for step in (1, 7, 11)],
            "remark_mobiles": [],
            "oper_userid": f"clerk{n % STAFF}",
            "add_way": 1,
            "state": "",
        },
    }


def rate(pages: list[bytes], write: Callable[[bytes], None]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    began = time.perf_counter()
    for body in pages:
        write(body)
    return PAGES * PAGE / (time.perf_counter() - began)


def product(corp: Corp, body: bytes) -> None:
    rows = [CustomerRow.from_wecom(row) for row in json.loads(body)["external_contact_list"]]
    sync.merge_page(corp, rows, now())


def bare(corp: Corp, body: bytes) -> None:
    lines = []
    for row in json.loads(body)["external_contact_list"]:
        contact, follow = row["external_contact"], row["follow_info"]
        names = ("external_userid", "name", "avatar", "type", "gender", "unionid")
        values = [*(contact[name] for name in names), follow["userid"], follow["remark"], follow["createtime"]]
        values += [",".join(follow["tag_id"]), follow["add_way"], follow["state"], follow["oper_userid"]]
        lines.append("\t".join(map(str, values)) + "\n")
    raw = connection.connection
    with raw.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(INCOMING)
        cursor.copy_expert("COPY bare FROM STDIN", io.StringIO("".join(lines)))
        cursor.execute(MERGE, {"corp": corp.pk})
        cursor.execute("COMMIT")
