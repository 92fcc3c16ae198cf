"""Corps: their apps, departments, staff, and the knobs that a test may turn."""

import json
import sqlite3
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

from wecom.sandbox import apps
from wecom.sandbox.apps import App
from wecom.sandbox.store import Db, dumps

QUOTA_POLICIES = ("month", "week", "day")


@dataclass(frozen=True)
class Knobs:
    """How strict and how slow this corp's WeCom is. All are optional in ``POST corps``."""

    dispatch_seconds: float = 0.0  # 41063 for this long after add_msg_template (virtual clock)
    latency: float = 0.0  # real seconds that every API call takes: makes parallel calls overlap
    concurrency: int = 200  # 45033 above this many calls at once
    minute_limit: int = 10_000  # 45009, doc 90312
    hour_limit: int = 150_000
    ip_minute_limit: int = 20_000  # of one source address, all corps together
    ip_hour_limit: int = 600_000
    limits: dict[str, dict[str, int]] = field(default_factory=dict)  # other numbers for one endpoint: limits.Rule
    wrong_secrets: int = 20  # that many an hour from one address; then 45009 for an hour
    callback_timeout: float = 5.0  # real seconds
    callback_retry: float = 1.0  # real seconds before the first of three retries; the others wait longer
    bound_unionid: bool = True  # the corp bound a WeChat developer account
    group_capacity: int = 200  # members at which a join way lets nobody in any more
    group_cap: int = 2000  # groups that one member may own: 90503
    customer_cap: int = 20_000  # customers whom one member may have before transfers to him fail: 40099, status 4
    contact_way_cap: int = 500_000  # contact ways and join ways together: 41045
    temp_chats: bool = True  # the corp's industry may have temporary chats; otherwise 41200
    temp_way_cap: int = 100_000  # temporary contact ways made in a day of the corp's time zone: 45009
    tag_cap: int = 10_000  # corp tags and strategy tags together: 40126
    open_profile: bool = False  # its category is told when a customer opens an acquisition link
    acquisition_link_cap: int = 10_000  # 41095; WeCom's own number is not documented
    moments: bool = True  # the corp has moments; otherwise 41211
    moment_jobs: int = 10  # 41078 above this many at once
    account_cap: int = 10_000  # message/send reaches 200 times as many people a day (45009)
    drift: bool = False  # extra fields, integers as strings, missing optional fields, answers without errcode
    short_pages: bool = False  # pages shorter than `limit` that are not the last


@dataclass(frozen=True)
class Corp:
    """`apps` has at least one; the first is the one that ``POST corps`` describes."""

    corpid: str
    name: str
    quota_policy: str
    knobs: Knobs
    apps: tuple[App, ...]

    @property
    def agentid(self) -> int:
        """The first app's."""
        return self.apps[0].agentid

    @property
    def hears(self) -> bool:
        """Does anybody receive its events?"""
        return any(app.callback_url for app in self.apps)

    def app(self, agentid: int) -> App | None:
        return next((app for app in self.apps if app.agentid == agentid), None)

    def public(self) -> dict[str, Any]:
        first = {name: value for name, value in self.apps[0].public().items() if name != "name"}
        return {
            **first,
            "name": self.name,
            "quota_policy": self.quota_policy,
            **asdict(self.knobs),
            "apps": [app.public() for app in self.apps],
        }


def _corp(db: Db, row: sqlite3.Row) -> Corp:
    return Corp(
        corpid=row["corpid"],
        name=row["name"],
        quota_policy=row["quota_policy"],
        knobs=_knobs(row["settings"]),
        apps=apps.of_corp(db, row["corpid"]),
    )


@lru_cache(maxsize=512)
def _knobs(settings: str) -> Knobs:
    """What an older or newer sandbox stored and this one does not know is left out."""
    stored = json.loads(settings)
    known = {knob.name for knob in fields(Knobs)}
    return Knobs(**{name: value for name, value in stored.items() if name in known})


def find(db: Db, corpid: str) -> Corp | None:
    row = db.execute("SELECT * FROM corp WHERE corpid = ?", (corpid,)).fetchone()
    return _corp(db, row) if row else None


def every(db: Db) -> list[Corp]:
    return [_corp(db, row) for row in db.execute("SELECT * FROM corp ORDER BY rowid").fetchall()]


def save(db: Db, corp: Corp) -> None:
    """With its apps."""
    db.execute(
        "INSERT INTO corp (corpid, name, quota_policy, settings) VALUES (?, ?, ?, ?) ON CONFLICT (corpid)"
        " DO UPDATE SET name = excluded.name, quota_policy = excluded.quota_policy, settings = excluded.settings",
        (corp.corpid, corp.name, corp.quota_policy, dumps(asdict(corp.knobs))),
    )
    apps.save(db, corp.corpid, corp.apps)


def save_department(db: Db, corpid: str, number: int, name: str, parent: int, position: int = 0) -> None:
    db.execute(
        "INSERT INTO department VALUES (?, ?, ?, ?, ?) ON CONFLICT (corpid, id) DO UPDATE SET"
        " name = excluded.name, parentid = excluded.parentid, position = excluded.position",
        (corpid, number, name, parent, position),
    )
    apps.spread(db, corpid)


def save_staff(db: Db, corpid: str, userid: str, name: str, departments: list[int], **more: Any) -> None:
    """`more`: gender ("0", "1", "2"), title, status, external, visible."""
    db.execute(
        "INSERT INTO staff (corpid, userid, name, departments, gender, title, status, external, visible)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (corpid, userid) DO UPDATE SET name = excluded.name,"
        " departments = excluded.departments, gender = excluded.gender, title = excluded.title,"
        " status = excluded.status, external = excluded.external, visible = excluded.visible",
        (
            corpid,
            userid,
            name,
            dumps(departments),
            more.get("gender", "0"),
            more.get("title", ""),
            more.get("status", 1),
            int(more.get("external", True)),
            int(more.get("visible", True)),
        ),
    )
    apps.spread(db, corpid, userid)


def staff(db: Db, corpid: str, userid: str) -> sqlite3.Row | None:
    """The active member, whether an app sees him or not."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM staff WHERE corpid = ? AND userid = ? AND status = 1", (corpid, userid)
    ).fetchone()
    return row


def size(db: Db, corpid: str) -> int:
    """How many active members there are."""
    row = db.execute("SELECT count(*) FROM staff WHERE corpid = ? AND status = 1", (corpid,)).fetchone()
    return int(row[0])


def takes_customers(db: Db, corpid: str, userid: str) -> bool:
    """Is he an active member with the 客户联系 right, whichever app sees him?"""
    row = staff(db, corpid, userid)
    return bool(row and row["visible"] and row["external"])


def seen(db: Db, app: App, userid: str) -> sqlite3.Row | None:
    """The active member if the app may see him."""
    row = staff(db, app.corpid, userid)
    return row if row and apps.sees(db, app, userid) else None


def serving(db: Db, app: App, userid: str) -> sqlite3.Row | None:
    """The member if the app may see him and he has the 客户联系 right."""
    row = seen(db, app, userid)
    return row if row and row["external"] else None
