"""Apps: each corp has one or several, each with its own credentials, callback URL and visible range."""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from wecom.sandbox.store import Db, dumps

FLAGS = ("customer_api", "payment_api", "early")
KINDS = ("self-built", "contact-sync")
LISTS = ("departments", "userids", "trusted_ips")


@dataclass(frozen=True)
class App:
    """A self-built app. `customer_api`: it is in 客户联系's list of apps, otherwise 48002 and no customer events;
    `payment_api`: it is in 对外收款's, otherwise 48002 for payments. Of kind "contact-sync" it is the corp's
    contact-sync helper 通讯录同步助手: the only one that lists ids (doc 96067) and hears of changed members. `early`:
    from before the restrictions of 2022 (contract §5), so that it sees members' mobiles and mails."""

    corpid: str
    agentid: int
    secret: str
    token: str
    aes_key: str
    name: str = ""
    callback_url: str = ""
    customer_api: bool = True
    payment_api: bool = True
    kind: str = "self-built"
    early: bool = False
    departments: list[int] = field(default_factory=list)  # the visible range; both empty: everybody
    userids: list[str] = field(default_factory=list)
    trusted_ips: list[str] = field(default_factory=list)  # empty: any; otherwise 60020
    redirect_domain: str = ""  # of web login; empty: any

    @property
    def limited(self) -> bool:
        """Does it see only a part of the corp?"""
        return bool(self.departments or self.userids)

    def public(self) -> dict[str, Any]:
        """As the control API shows and takes it."""
        shown = asdict(self)
        shown["visible_range"] = {"departments": shown.pop("departments"), "userids": shown.pop("userids")}
        return shown


@lru_cache(maxsize=512)
def _app(columns: tuple[str, ...], row: tuple[Any, ...]) -> App:
    """Every call needs its app, and apps hardly ever change. The result is shared: nobody may change its lists."""
    values = dict(zip(columns, row, strict=True))
    del values["position"]
    lists = {name: json.loads(values[name]) for name in LISTS}
    return App(**{**values, **lists, **{name: bool(values[name]) for name in FLAGS}})


def of_corp(db: Db, corpid: str) -> tuple[App, ...]:
    """The first one first."""
    rows = db.execute("SELECT * FROM app WHERE corpid = ? ORDER BY position, agentid", (corpid,))
    columns = tuple(column[0] for column in rows.description)
    return tuple(_app(columns, tuple(row)) for row in rows)


def save(db: Db, corpid: str, apps: Iterable[App]) -> None:
    """Replaces the corp's apps. Tokens and objects of an app that is gone stay, of no use to anybody."""
    db.execute("DELETE FROM app WHERE corpid = ?", (corpid,))
    for position, app in enumerate(apps):
        db.execute(
            "INSERT INTO app (corpid, agentid, position, name, secret, token, aes_key, callback_url, customer_api,"
            " payment_api, kind, early, departments, userids, trusted_ips, redirect_domain) VALUES (:corpid, :agentid,"
            " :position, :name, :secret, :token, :aes_key, :callback_url, :customer_api, :payment_api, :kind, :early,"
            " :departments, :userids, :trusted_ips, :redirect_domain)",
            {**asdict(app), **{name: dumps(getattr(app, name)) for name in LISTS}, "position": position},
        )
    spread(db, corpid)


def spread(db: Db, corpid: str, userid: str = "") -> None:
    """Writes down whom each app of the corp sees; with `userid` only for that member."""
    db.execute("DELETE FROM app_member WHERE corpid = ?1 AND (?2 = '' OR userid = ?2)", (corpid, userid))
    for app in of_corp(db, corpid):
        db.execute(
            "WITH RECURSIVE below(id) AS (SELECT value FROM json_each(:departments)"
            " UNION SELECT d.id FROM department d JOIN below b ON d.parentid = b.id WHERE d.corpid = :corpid)"
            " INSERT INTO app_member SELECT :corpid, :agentid, s.userid FROM staff s"
            " WHERE s.corpid = :corpid AND s.visible AND (:userid = '' OR s.userid = :userid) AND (NOT :limited"
            " OR s.userid IN (SELECT value FROM json_each(:userids))"
            " OR EXISTS (SELECT 1 FROM json_each(s.departments) j JOIN below b ON b.id = j.value))",
            {**_range(app), "corpid": corpid, "agentid": app.agentid, "userid": userid},
        )


def _range(app: App) -> dict[str, Any]:
    return {"departments": dumps(app.departments), "userids": dumps(app.userids), "limited": app.limited}


def sees(db: Db, app: App, userid: str) -> bool:
    """Is the member in the app's visible range?"""
    row = db.execute(
        "SELECT 1 FROM app_member WHERE corpid = ? AND agentid = ? AND userid = ?", (app.corpid, app.agentid, userid)
    ).fetchone()
    return row is not None


def departments_seen(db: Db, app: App) -> set[int]:
    """The departments in the app's visible range and those below them."""
    rows = db.execute(
        "WITH RECURSIVE below(id) AS (SELECT value FROM json_each(:departments)"
        " UNION SELECT d.id FROM department d JOIN below b ON d.parentid = b.id WHERE d.corpid = :corpid)"
        " SELECT id FROM department WHERE corpid = :corpid AND (NOT :limited OR id IN (SELECT id FROM below))",
        {**_range(app), "corpid": app.corpid},
    )
    return {row["id"] for row in rows}


def decodes_to_key(aes_key: str) -> bool:
    """An EncodingAESKey is 43 characters that decode, strictly, to 32 bytes."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except ValueError:
        return False
    return len(key) == 32 and base64.b64encode(key).decode() == aes_key + "="
