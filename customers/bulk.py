"""Many follows at once, from WeCom's pages into our rows (design §5, "Bulk writes").

The rows go by COPY into a temporary table; the rest is a handful of statements, whatever the number of rows. A row
that already says what WeCom says is not written again.

Every writer of a customer's follows or tags locks the customer's row first (here the upsert of the customers does
it), and leaves in ``synced_at`` when it *asked* WeCom. What was asked earlier than that is old news and is left out:
a page read before a callback never undoes what the callback brought.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from customers import digests
from wecom import clock
from wecom.models import Corp
from wecom.models.sync_run import EXAMPLES as KEPT
from wecom.models.sync_run import Example
from wecom.payloads import ExternalContact, FollowInfo, FollowUser

Told = tuple[ExternalContact, FollowInfo | FollowUser]
SEPARATOR = "\x1f"  # between the elements of a list: no id and no phone number holds it
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
UNSAFE = re.compile(r"[\\\t\n\r]")

# Every join of ours goes by a key. A planner whose statistics are stale (a first import, a corp just deleted) may take
# a table for empty and read it whole, once per row.
TABLES = """
SET LOCAL enable_seqscan = off;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
    external_userid text, name text, avatar text, type bigint, gender bigint, unionid text, position text,
    corp_name text, userid text, remark text, description text, createtime bigint, tag_ids text,
    remark_corp_name text, remark_mobiles text, add_way bigint, state text, oper_userid text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS resolved (
    follow_id bigint, customer_id bigint, staff_id bigint, begins boolean, added boolean, changed boolean,
    tag_ids text, fields text[]
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS renewed (customer_id bigint) ON COMMIT DELETE ROWS;
DELETE FROM incoming;
DELETE FROM resolved;
DELETE FROM renewed;
"""

# A customer does not lose name, avatar or unionid: an answer without them just does not tell.
CUSTOMERS = """
WITH written AS (
    INSERT INTO customers_customer AS c
        (corp_id, external_userid, name, avatar, type, gender, unionid, position, corp_name, synced_at)
    SELECT DISTINCT ON (external_userid) %(corp)s, external_userid, name, avatar, LEAST(GREATEST(type, 0), 32767),
           LEAST(GREATEST(gender, 0), 32767), unionid, position, corp_name, %(asked_at)s
    FROM incoming
    ORDER BY external_userid
    ON CONFLICT (corp_id, external_userid) DO UPDATE SET
        name = COALESCE(NULLIF(excluded.name, ''), c.name), avatar = COALESCE(NULLIF(excluded.avatar, ''), c.avatar),
        type = excluded.type, gender = excluded.gender, unionid = COALESCE(NULLIF(excluded.unionid, ''), c.unionid),
        position = excluded.position, corp_name = excluded.corp_name, synced_at = excluded.synced_at
    WHERE c.synced_at <= excluded.synced_at AND (
        %(touch)s OR (c.name, c.avatar, c.type, c.gender, c.unionid, c.position, c.corp_name) IS DISTINCT FROM (
            COALESCE(NULLIF(excluded.name, ''), c.name), COALESCE(NULLIF(excluded.avatar, ''), c.avatar),
            excluded.type, excluded.gender, COALESCE(NULLIF(excluded.unionid, ''), c.unionid), excluded.position,
            excluded.corp_name))
    RETURNING c.id, c.xmax = 0 AS added
)
INSERT INTO renewed SELECT id FROM written WHERE NOT added AND NOT %(touch)s
"""

# WeCom lists a customer who has deleted the staff like any other: a lost follow comes back to life only with a later
# beginning. A dropped or half-added one is not listed: being listed means friends.
FOLLOWS = """
WITH told AS (
    SELECT DISTINCT ON (c.id, s.id) c.id AS customer_id, s.id AS staff_id, i.remark, i.description,
           i.remark_corp_name, string_to_array(i.remark_mobiles, E'\\x1f') AS remark_mobiles, i.tag_ids,
           LEAST(GREATEST(i.add_way, 0), 2147483647) AS add_way, i.oper_userid, i.state AS told_state,
           CASE WHEN i.createtime > 0 THEN to_timestamp(LEAST(i.createtime, 253402300799))
                ELSE COALESCE(o.since, %(now)s) END AS since,
           o.id AS old_id, o.status AS old_status, o.since AS old_since, o.state AS old_state, o.remark AS old_remark,
           o.ended_at AS old_ended_at, o.ended_by AS old_ended_by, o.owes_channel_tags AS old_owes,
           o.description AS old_description, o.add_way AS old_add_way, o.remark_mobiles::text[] AS old_mobiles,
           o.remark_corp_name AS old_corp_name
    FROM incoming i
    JOIN customers_customer c
        ON c.corp_id = %(corp)s AND c.external_userid = i.external_userid AND c.synced_at <= %(asked_at)s
    JOIN staff_staff s ON s.corp_id = %(corp)s AND s.userid = i.userid
    LEFT JOIN customers_follow o ON o.customer_id = c.id AND o.staff_id = s.id
    ORDER BY c.id, s.id
), begun AS (
    SELECT *, old_id IS NULL OR old_status IN ('half', 'dropped') OR since > old_since
              AS begins
    FROM told
), judged AS (
    SELECT *, CASE WHEN begins THEN 'live' ELSE old_status END AS status,
           CASE WHEN NOT begins THEN old_ended_at END AS ended_at,
           CASE WHEN begins THEN '' ELSE old_ended_by END AS ended_by,
           CASE WHEN told_state = '' AND (NOT begins OR old_status = 'half') THEN old_state ELSE told_state END
               AS state
    FROM begun
), written AS (
    INSERT INTO customers_follow AS f
        (corp_id, customer_id, staff_id, status, remark, description, remark_corp_name, remark_mobiles, add_way,
         state, oper_userid, since, ended_at, ended_by, owes_channel_tags)
    SELECT %(corp)s, customer_id, staff_id, status, remark, description, remark_corp_name, remark_mobiles, add_way,
           state, oper_userid, since, ended_at, ended_by,
           CASE WHEN NOT begins THEN old_owes ELSE state <> '' AND EXISTS (
               SELECT 1 FROM customers_contactway w JOIN customers_contactway_tags wt ON wt.contactway_id = w.id
               WHERE w.corp_id = %(corp)s AND w.state = judged.state AND w.deleted_at IS NULL) END
    FROM judged
    ORDER BY customer_id, staff_id
    ON CONFLICT (customer_id, staff_id) DO UPDATE SET
        status = excluded.status, remark = excluded.remark, description = excluded.description,
        remark_corp_name = excluded.remark_corp_name, remark_mobiles = excluded.remark_mobiles,
        add_way = excluded.add_way, state = excluded.state, oper_userid = excluded.oper_userid,
        since = excluded.since, ended_at = excluded.ended_at, ended_by = excluded.ended_by,
        owes_channel_tags = excluded.owes_channel_tags
    WHERE (f.status, f.remark, f.description, f.remark_corp_name, f.remark_mobiles, f.add_way, f.state,
           f.oper_userid, f.since, f.ended_at, f.ended_by, f.owes_channel_tags)
        IS DISTINCT FROM (excluded.status, excluded.remark, excluded.description, excluded.remark_corp_name,
            excluded.remark_mobiles, excluded.add_way, excluded.state, excluded.oper_userid, excluded.since,
            excluded.ended_at, excluded.ended_by, excluded.owes_channel_tags)
    RETURNING f.id, f.customer_id, f.staff_id
), lines AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT %(corp)s, customer_id, staff_id, 'added', since,
           jsonb_build_object('state', state, 'add_way', add_way),
           'added:' || staff_id || ':' || extract(epoch FROM since)::bigint
    FROM judged WHERE begins
    UNION ALL
    SELECT %(corp)s, customer_id, staff_id, 'remarked', %(now)s, jsonb_build_object('remark', remark), ''
    FROM judged WHERE NOT begins AND remark <> old_remark
    ON CONFLICT DO NOTHING
)
INSERT INTO resolved (follow_id, customer_id, staff_id, begins, added, changed, tag_ids, fields)
SELECT COALESCE(w.id, j.old_id), customer_id, staff_id, j.begins, j.old_id IS NULL, w.id IS NOT NULL, j.tag_ids,
       CASE WHEN j.old_id IS NOT NULL AND w.id IS NOT NULL THEN array_remove(ARRAY[
           CASE WHEN j.begins THEN 'status' END,
           CASE WHEN j.remark <> j.old_remark THEN 'remark' END,
           CASE WHEN j.description <> j.old_description THEN 'description' END,
           CASE WHEN j.remark_corp_name <> j.old_corp_name THEN 'company' END,
           CASE WHEN j.remark_mobiles <> j.old_mobiles THEN 'mobiles' END,
           CASE WHEN (j.add_way, j.state) <> (j.old_add_way, j.old_state) THEN 'source' END], NULL) ELSE '{}' END
FROM judged j FULL JOIN written w USING (customer_id, staff_id)  -- nothing but a hash or merge join can do this
"""

# Tags that came with a new friendship are part of its beginning; only later changes are news for the timeline.
# Differences are taken with EXCEPT and not with NOT EXISTS: the planner knows nothing about the sizes of these sets,
# and EXCEPT has no quadratic plan that it could choose.
FOLLOW_TAGS = """
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT r.follow_id, t.id AS tag_id
    FROM resolved r CROSS JOIN LATERAL unnest(string_to_array(r.tag_ids, E'\\x1f')) AS w(wecom_id)
    JOIN tags_tag t ON t.corp_id = %(corp)s AND t.wecom_id = w.wecom_id AND t.deleted_at IS NULL
), held AS MATERIALIZED (
    SELECT follow_id, tag_id FROM customers_followtag WHERE follow_id = ANY (ARRAY(SELECT follow_id FROM resolved))
), removed AS (
    DELETE FROM customers_followtag ft USING (SELECT * FROM held EXCEPT SELECT * FROM wanted) AS gone
    WHERE ft.follow_id = gone.follow_id AND ft.tag_id = gone.tag_id
    RETURNING ft.follow_id, ft.tag_id
), placed AS (
    INSERT INTO customers_followtag (follow_id, tag_id)
    SELECT * FROM wanted EXCEPT SELECT * FROM held
    ON CONFLICT DO NOTHING
    RETURNING follow_id, tag_id
), moved AS (
    SELECT follow_id, tag_id, true AS placed FROM placed UNION ALL SELECT follow_id, tag_id, false FROM removed
), lines AS (
    INSERT INTO customers_event (corp_id, customer_id, staff_id, kind, at, detail, key)
    SELECT %(corp)s, r.customer_id, r.staff_id, 'tagged', %(now)s, jsonb_build_object(
               'added', COALESCE(jsonb_agg(t.name ORDER BY t.name) FILTER (WHERE m.placed), '[]'),
               'removed', COALESCE(jsonb_agg(t.name ORDER BY t.name) FILTER (WHERE NOT m.placed), '[]')), ''
    FROM moved m JOIN resolved r USING (follow_id) JOIN tags_tag t ON t.id = m.tag_id AND t.deleted_at IS NULL
    WHERE NOT r.begins
    GROUP BY r.follow_id, r.customer_id, r.staff_id
)
UPDATE resolved SET changed = true, fields = fields || '{tags}'
FROM (SELECT DISTINCT follow_id FROM moved) m WHERE m.follow_id = resolved.follow_id AND NOT added
"""

PROFILES = """
UPDATE resolved SET changed = true, fields = fields || '{profile}'
FROM renewed WHERE renewed.customer_id = resolved.customer_id AND NOT added
"""

SUMMARY = """
SELECT COALESCE(array_agg(DISTINCT customer_id) FILTER (WHERE changed), '{}'),
       count(*) FILTER (WHERE added), count(*) FILTER (WHERE changed AND NOT added),
       count(*) FILTER (WHERE NOT changed), (SELECT count(*) FROM incoming) > count(*)
FROM resolved
"""

EXAMPLES = f"""
SELECT CASE WHEN r.added THEN 'added' ELSE 'changed' END, c.external_userid, s.userid, r.fields
FROM ((SELECT * FROM resolved WHERE added LIMIT {KEPT}) UNION ALL
      (SELECT * FROM resolved WHERE changed AND NOT added LIMIT {KEPT})) r
JOIN customers_customer c ON c.id = r.customer_id JOIN staff_staff s ON s.id = r.staff_id
ORDER BY c.id, s.id
"""  # noqa: S608  put together from a constant

OUTDATED = """
SELECT DISTINCT c.external_userid FROM incoming i
JOIN customers_customer c
    ON c.corp_id = %(corp)s AND c.external_userid = i.external_userid AND c.synced_at > %(asked_at)s
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, counted in follows.

    ``outdated`` are external_userids of customers whom somebody else wrote after ``asked_at``: they were left alone,
    and whoever wants to be sure asks WeCom for them again.
    """

    added: int
    changed: int
    unchanged: int
    outdated: list[str]
    examples: dict[str, list[Example]]

    @property
    def counts(self) -> dict[str, Any]:
        """As ``SyncRun.advance`` takes them."""
        counts = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}
        return {**counts, "examples": self.examples}


def merge(
    corp: Corp,
    rows: Iterable[Told],
    *,
    asked_at: datetime,
    touch: bool = False,
) -> Merged:
    """Write what WeCom told about follows: customers, follows, their tags, digests and timeline, in one transaction.

    ``asked_at``  real time at which WeCom was asked
    ``touch``     note the time even where nothing changed, so that an older answer cannot undo this one

    Staff and tags without a row are left out: fetch them before (``staff.sync.ensure``, ``tags.sync.fetch_unknown``).
    """
    values: dict[str, Any] = {
        "corp": corp.pk,
        "asked_at": asked_at,
        "touch": touch,
        "now": clock.now(),
    }
    outdated: list[str] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.copy_expert("COPY incoming FROM STDIN", io.StringIO("".join(copy_lines(rows))))
        for statement in (CUSTOMERS, FOLLOWS, FOLLOW_TAGS, PROFILES):
            cursor.execute(statement, values)
        cursor.execute(SUMMARY)
        customer_ids, added, changed, unchanged, some_left_out = cursor.fetchone()
        digests.refresh(customer_ids)
        examples = _examples(cursor) if added or changed else {}
        if some_left_out:
            cursor.execute(OUTDATED, values)
            outdated = [external_userid for (external_userid,) in cursor.fetchall()]
    return Merged(added, changed, unchanged, outdated, examples)


def _examples(cursor: CursorWrapper) -> dict[str, list[Example]]:
    """Some of what was written, by ids of WeCom's; changed ones with what was different."""
    cursor.execute(EXAMPLES)
    found: dict[str, list[Example]] = {}
    for sort, external_userid, userid, fields in cursor.fetchall():
        what = {"fields": fields} if sort == "changed" else {}
        found.setdefault(sort, []).append({"id": external_userid, "staff": userid, **what})
    return found


def copy_lines(rows: Iterable[Told]) -> Iterator[str]:
    """The rows in COPY's text format, in the order of ``incoming``'s columns. Ids are cut at what columns hold."""
    for contact, follow in rows:
        texts = (
            contact.external_userid[:64],
            contact.name,
            contact.avatar,
            str(contact.type),
            str(contact.gender),
            contact.unionid[:64],
            contact.position,
            contact.corp_name,
            follow.userid.lower()[:64],
            follow.remark,
            follow.description,
            str(follow.createtime),
            SEPARATOR.join(follow.tag_id),
            follow.remark_corp_name,
            SEPARATOR.join([mobile[:40] for mobile in follow.remark_mobiles if mobile]),
            str(follow.add_way),
            follow.state[:64],
            follow.oper_userid[:64],
        )
        if UNSAFE.search(SEPARATOR.join(texts)):  # one look per row: most have nothing to escape
            yield "\t".join([text.translate(ESCAPES) for text in texts]) + "\n"
        else:
            yield "\t".join(texts) + "\n"
