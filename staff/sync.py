"""Departments and staff, from WeCom. Self-built apps get no ``change_contact`` callbacks: only this keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from staff.crew import Crew
from staff.models import Staff
from staff.patience import patiently
from wecom import payloads
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun
from wecom.models.sync_run import EXAMPLES, Example

KIND = "staff"
Counts = dict[str, Any]  # added, changed, gone, unchanged and examples: as SyncRun.advance takes them

DEPARTMENTS = """
INSERT INTO staff_department AS d (corp_id, wecom_id, parent_wecom_id, name, "order", path)
SELECT %(corp)s, wecom_id, parent_wecom_id, left(name, 200), "order", path
FROM jsonb_to_recordset(%(rows)s)
    AS r(wecom_id bigint, parent_wecom_id bigint, name text, "order" bigint, path bigint[])
ORDER BY wecom_id
ON CONFLICT (corp_id, wecom_id) DO UPDATE SET
    parent_wecom_id = excluded.parent_wecom_id, name = excluded.name, "order" = excluded."order", path = excluded.path
WHERE (d.parent_wecom_id, d.name, d."order", d.path)
    IS DISTINCT FROM (excluded.parent_wecom_id, excluded.name, excluded."order", excluded.path)
RETURNING d.wecom_id::text, d.xmax = 0
"""

DEPARTMENTS_GONE = """
DELETE FROM staff_department WHERE corp_id = %(corp)s AND NOT wecom_id = ANY(%(present)s) RETURNING wecom_id::text
"""

# What WeCom does not tell this app (a member seen only by id) keeps the value that we have.
STAFF = """
INSERT INTO staff_staff AS s (corp_id, userid, name, alias, position, department_ids, main_department, active,
                              serves_customers, synced_at)
SELECT %(corp)s, userid, left(name, 200), left(alias, 200), left(position, 200), department_ids, main_department,
       active, serves_customers, now()
FROM jsonb_to_recordset(%(rows)s)
    AS r(userid text, name text, alias text, position text, department_ids bigint[], main_department bigint,
         active boolean, serves_customers boolean)
ORDER BY userid
ON CONFLICT (corp_id, userid) DO UPDATE SET
    name = COALESCE(NULLIF(excluded.name, ''), s.name), alias = excluded.alias, position = excluded.position,
    department_ids = excluded.department_ids, main_department = excluded.main_department, active = excluded.active,
    serves_customers = excluded.serves_customers, synced_at = excluded.synced_at
WHERE (s.name, s.alias, s.position, s.department_ids, s.main_department, s.active, s.serves_customers)
    IS DISTINCT FROM (COALESCE(NULLIF(excluded.name, ''), s.name), excluded.alias, excluded.position,
                      excluded.department_ids, excluded.main_department, excluded.active, excluded.serves_customers)
RETURNING s.userid, s.xmax = 0
"""

STAFF_GONE = """
UPDATE staff_staff SET active = false, serves_customers = false, synced_at = now()
WHERE corp_id = %(corp)s AND active AND NOT userid = ANY(%(present)s)
RETURNING userid
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A row of ``staff_staff`` to be. ``userid`` is lower-cased: WeCom compares without case."""

    userid: str
    name: str
    alias: str = ""
    position: str = ""
    department_ids: tuple[int, ...] = ()
    main_department: int | None = None
    active: bool = True
    serves_customers: bool = False

    @classmethod
    def of(cls, user: payloads.User, serving: set[str]) -> Member:
        userid = user.userid.lower()[:64]
        return cls(
            userid=userid,
            name=user.name,
            alias=user.alias,
            position=user.position,
            department_ids=tuple(dict.fromkeys(user.department)),
            main_department=user.main_department or (user.department[0] if user.department else None),
            active=user.status in (0, 1, 4),  # 0: not told; 2 disabled, 5 left
            serves_customers=userid in serving,
        )


def run(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    """Departments with their paths, then everybody in the app's visible range. Those gone become inactive."""
    departments = patiently(run, client.contacts.departments)
    run.advance(phase="departments", total=len(departments), **merge_departments(corp, departments))
    serving = _serving(patiently(run, client.customers.follow_users))
    run.advance(phase="staff", total=len(departments))
    with Crew(run) as crew:
        users = dict(_everybody(run, client, crew, [department.id for department in departments]))
        beyond = sorted(serving - users.keys())  # in range by name, not through a department
        for userid, user in crew.map(lambda userid: crew.ask(_found, client, userid), beyond):
            if user is not None:
                users[userid] = user
    run.advance(**merge_staff(corp, [Member.of(user, serving) for user in users.values()], complete=True))


def refresh(corp: Corp, userid: str, client: WeComClient) -> bool:
    """One member, as WeCom shows him now; False if it does not show him. Raises WeComError."""
    user = _found(client, userid)
    if user is not None:
        serving = _serving(client.customers.follow_users())
        merge_staff(corp, [Member.of(user, serving)], complete=False)
    return user is not None


def _everybody(
    run: SyncRun, client: WeComClient, crew: Crew, departments: list[int]
) -> Iterator[tuple[str, payloads.User]]:
    for _department, users in crew.map(lambda number: crew.ask(client.contacts.users, number), departments):
        yield from ((user.userid.lower(), user) for user in users)
        run.advance(done=1)


def _serving(userids: Iterable[str]) -> set[str]:
    return {userid.lower() for userid in userids}


def merge_departments(corp: Corp, departments: Iterable[payloads.Department]) -> Counts:
    """Write the whole tree; departments that it lacks are deleted. Returns counts."""
    rows = list({department.id: department for department in departments}.values())
    parents = {row.id: row.parentid for row in rows}
    values = [
        {
            "wecom_id": row.id,
            "parent_wecom_id": row.parentid,
            "name": row.name,
            "order": row.order,
            "path": path_of(row.id, parents),
        }
        for row in rows
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DEPARTMENTS, {"corp": corp.pk, "rows": json.dumps(values)})
        counts = counted(cursor.fetchall(), len(rows), what="department")
        cursor.execute(DEPARTMENTS_GONE, {"corp": corp.pk, "present": list(parents)})
        return with_gone(counts, [wecom_id for (wecom_id,) in cursor.fetchall()], what="department")


def path_of(department: int, parents: dict[int, int]) -> list[int]:
    """Ids from the highest visible ancestor down to the department itself. A loop, which WeCom never has, is cut."""
    path = [department]
    while (parent := parents.get(path[-1])) in parents and parent not in path:
        path.append(parent)
    return path[::-1]


def merge_staff(corp: Corp, members: list[Member], *, complete: bool) -> Counts:
    """Write members; with ``complete``, everybody else of the corp becomes inactive. Returns counts."""
    rows = json.dumps([asdict(member) for member in members])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAFF, {"corp": corp.pk, "rows": rows})
        counts = counted(cursor.fetchall(), len(members))
        if complete:
            cursor.execute(STAFF_GONE, {"corp": corp.pk, "present": [member.userid for member in members]})
            counts = with_gone(counts, [userid for (userid,) in cursor.fetchall()])
    return counts


def ensure(corp: Corp, userids: Iterable[str], client: WeComClient) -> None:
    """Fetch those of the userids that have no row yet: a callback may name somebody hired after the last sync."""
    wanted = {userid.lower() for userid in userids}
    known = Staff.objects.of(corp).filter(userid__in=wanted).values_list("userid", flat=True)
    missing = wanted.difference(known)
    if not missing:
        return
    serving = _serving(client.customers.follow_users())
    users = [user for userid in sorted(missing) if (user := _found(client, userid))]
    merge_staff(corp, [Member.of(user, serving) for user in users], complete=False)


def _found(client: WeComClient, userid: str) -> payloads.User | None:
    """The member, or None for one who left or is outside the app's range (60111, 60011, 60021)."""
    try:
        return client.contacts.user(userid)
    except WeComError as error:
        if error.kind is ErrorKind.GONE or error.errcode in (60011, 60021):
            return None
        raise


def counted(written: list[tuple[str, bool]], total: int, **what: str) -> Counts:
    """From ``RETURNING id, xmax = 0``: true for a row that was inserted, false for one that was changed."""
    added = [wecom_id for wecom_id, inserted in written if inserted]
    changed = [wecom_id for wecom_id, inserted in written if not inserted]
    examples = {"added": named(added, **what), "changed": named(changed, **what)}
    return {"added": len(added), "changed": len(changed), "unchanged": total - len(written), "examples": examples}


def with_gone(counts: Counts, gone: Sequence[str], **what: str) -> Counts:
    return {**counts, "gone": len(gone), "examples": {**counts["examples"], "gone": named(gone, **what)}}


def named(wecom_ids: Sequence[str], **what: str) -> list[Example]:
    """As many as a report has room for."""
    return [{"id": wecom_id, **what} for wecom_id in wecom_ids[:EXAMPLES]]
