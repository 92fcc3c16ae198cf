"""Corps: credentials, departments, staff, and the knobs that a test may turn."""

import base64
import json
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any

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
    callback_timeout: float = 5.0  # real seconds
    callback_retry: float = 1.0  # real seconds before the first of three retries; the others wait longer
    bound_unionid: bool = True  # the corp bound a WeChat developer account
    customer_api: bool = True  # the app is in 客户联系's list; otherwise 48002
    trusted_ips: list[str] = field(default_factory=list)  # empty: any; otherwise 60020
    drift: bool = False  # extra fields, integers as strings, missing optional fields


@dataclass(frozen=True)
class Corp:
    corpid: str
    name: str
    agentid: int
    secret: str
    token: str
    aes_key: str
    callback_url: str
    quota_policy: str
    knobs: Knobs

    def public(self) -> dict[str, Any]:
        shown = asdict(self)
        shown.update(shown.pop("knobs"))
        return shown


def _corp(row: sqlite3.Row) -> Corp:
    return Corp(
        corpid=row["corpid"],
        name=row["name"],
        agentid=row["agentid"],
        secret=row["secret"],
        token=row["token"],
        aes_key=row["aes_key"],
        callback_url=row["callback_url"],
        quota_policy=row["quota_policy"],
        knobs=Knobs(**json.loads(row["settings"])),
    )


def find(db: Db, corpid: str) -> Corp | None:
    row = db.execute("SELECT * FROM corp WHERE corpid = ?", (corpid,)).fetchone()
    return _corp(row) if row else None


def every(db: Db) -> list[Corp]:
    return [_corp(row) for row in db.execute("SELECT * FROM corp ORDER BY rowid")]


def save(db: Db, corp: Corp) -> None:
    db.execute(
        "INSERT INTO corp VALUES (:corpid, :name, :agentid, :secret, :token, :aes_key, :callback_url, :quota_policy,"
        " :settings) ON CONFLICT (corpid) DO UPDATE SET name = excluded.name, agentid = excluded.agentid,"
        " secret = excluded.secret, token = excluded.token, aes_key = excluded.aes_key,"
        " callback_url = excluded.callback_url, quota_policy = excluded.quota_policy, settings = excluded.settings",
        {**asdict(corp), "settings": dumps(asdict(corp.knobs))},
    )


def decodes_to_key(aes_key: str) -> bool:
    """An EncodingAESKey is 43 characters that decode, strictly, to 32 bytes."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except ValueError:
        return False
    return len(key) == 32 and base64.b64encode(key).decode() == aes_key + "="


def save_department(db: Db, corpid: str, number: int, name: str, parent: int, position: int = 0) -> None:
    db.execute(
        "INSERT INTO department VALUES (?, ?, ?, ?, ?) ON CONFLICT (corpid, id) DO UPDATE SET"
        " name = excluded.name, parentid = excluded.parentid, position = excluded.position",
        (corpid, number, name, parent, position),
    )


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


def staff(db: Db, corpid: str, userid: str) -> sqlite3.Row | None:
    """The active member, visible or not."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM staff WHERE corpid = ? AND userid = ? AND status = 1", (corpid, userid)
    ).fetchone()
    return row


def serving(db: Db, corpid: str, userid: str) -> sqlite3.Row | None:
    """The member if the app may see him and he has the 客户联系 right."""
    row = staff(db, corpid, userid)
    return row if row and row["visible"] and row["external"] else None
